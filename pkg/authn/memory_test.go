package authn

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/topic"
)

// byText compares identities as they are read.
func byText() cmp.Option {
	return cmp.Transformer("text", func(p topic.Pattern) string { return p.String() })
}

func TestRemembered(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	token := p.token(t, nil)
	if _, ok := v.Known(token); ok {
		t.Fatal("a token is known that was never verified")
	}
	first, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	// The issuer withdraws the key: the set is read anew, and a new token is refused.
	p.kid.Store("key-2")
	p.pass(keyFetchInterval)
	refused(t, v, p.header(t, "kid", "other"), "does not publish")
	refused(t, v, p.token(t, func(h, c map[string]any) { h["kid"], c["jti"] = "key-1", "id2" }), "does not publish")
	again, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	known, ok := v.Known(token)
	if diff := cmp.Diff(first, again, byText()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(first, known, byText()); !ok || diff != "" {
		t.Error(ok, diff)
	}
	for _, other := range []string{token + "A", token[:len(token)-1], "", strings.Repeat("a", maxTokenBytes+1)} {
		if _, ok := v.Known(other); ok {
			t.Errorf("%.20q is known", other)
		}
	}
}

// TestRememberedExpires: a remembered token ends when any would, with the same words.
func TestRememberedExpires(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	token := p.token(t, nil)
	id, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	p.pass(time.Hour + leeway - time.Second)
	if _, ok := v.Known(token); !ok {
		t.Error("not known within the leeway")
	}
	p.pass(time.Second)
	_, fresh := p.verifier(t).Verify(t.Context(), token)
	_, err = v.Verify(t.Context(), token)
	if err == nil || fresh == nil || err.Error() != fresh.Error() || err.Error() != expired(id.Expires).Error() {
		t.Errorf("remembered: %v, new: %v", err, fresh)
	}
	refused(t, v, token, "expired at 2026-01-02T04:04:05Z: get a new one")
	if got := v.memory.tokens.Len(); got != 0 {
		t.Errorf("%d expired tokens are remembered", got)
	}
}

// TestKnownForgets: Known does not take what has expired, either.
func TestKnownForgets(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	token := p.token(t, nil)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	p.pass(time.Hour + leeway)
	if _, ok := v.Known(token); ok || v.memory.tokens.Len() != 0 {
		t.Error("an expired token is known")
	}
}

// TestEarlyTokens: a token that is not valid yet is looked at anew each time.
func TestEarlyTokens(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	for _, claim := range []string{"nbf", "iat"} {
		token := p.claim(t, claim, p.clock().Add(time.Minute).Unix())
		refused(t, v, token, "not valid yet")
		p.pass(time.Minute - leeway)
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Errorf("%s has come: %v", claim, err)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	p := newPool(t)
	v, err := New(Config{Issuer: issuer, KeySetURL: p.URL, ResourceServers: []string{"spillway"}, Now: p.clock, Remember: 3})
	if err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for i := range 5 {
		tokens = append(tokens, p.claim(t, "jti", fmt.Sprint(i)))
		if _, err := v.Verify(t.Context(), tokens[i]); err != nil {
			t.Fatal(err)
		}
		v.Known(tokens[0]) // is in use
	}
	var known []bool
	for _, token := range tokens {
		_, ok := v.Known(token)
		known = append(known, ok)
	}
	if diff := cmp.Diff([]bool{true, false, false, true, true}, known); diff != "" {
		t.Error(diff)
	}
	if _, err := v.Verify(t.Context(), tokens[1]); err != nil {
		t.Errorf("a forgotten token: %v", err)
	}
}

// TestRefusedAreNotRemembered: a flood of made-up tokens displaces nobody.
func TestRefusedAreNotRemembered(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	for range 100 {
		_, _ = v.Verify(t.Context(), rand.Text())
	}
	if got := v.memory.tokens.Len(); got != 0 {
		t.Errorf("%d refused tokens are remembered", got)
	}
}
