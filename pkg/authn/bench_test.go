package authn

import (
	"fmt"
	"testing"
)

// BenchmarkVerify is what a call costs: with a token that was not seen before, with one
// that was, and with one that is not valid. Figures for one core: go test -bench . -cpu 1.
func BenchmarkVerify(b *testing.B) {
	p := newPool(b)
	b.Run("token=new", func(b *testing.B) {
		v := p.verifier(b)
		token := p.token(b, nil)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("token=known", func(b *testing.B) {
		v := p.verifier(b)
		tokens := make([]string, 1000)
		for i := range tokens {
			tokens[i] = p.claim(b, "jti", fmt.Sprint(i))
			if _, err := v.Verify(b.Context(), tokens[i]); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, ok := v.Known(tokens[i%len(tokens)]); !ok {
				b.Fatal("not known")
			}
		}
	})
	b.Run("token=forged", func(b *testing.B) {
		v := p.verifier(b)
		token := p.token(b, nil)
		token = token[:len(token)-8] + "AAAAAAAA"
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Verify(b.Context(), token); err == nil {
				b.Fatal("passes")
			}
		}
	})
}
