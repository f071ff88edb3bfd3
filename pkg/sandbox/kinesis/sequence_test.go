package kinesis

import (
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func (n number) big() *big.Int {
	out := new(big.Int)
	for _, w := range []uint64{n.hi, n.mid, n.lo} {
		out.Or(out.Lsh(out, 64), new(big.Int).SetUint64(w))
	}
	return out
}

func drawNumber(t *rapid.T, name string) number {
	word := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, 1<<64 - 1}))
	return number{word.Draw(t, name+" hi"), word.Draw(t, name+" mid"), word.Draw(t, name+" lo")}
}

// TestNumberIsBigInt compares the arithmetic with math/big, modulo 2^192.
func TestNumberIsBigInt(t *testing.T) {
	t.Parallel()
	modulus := new(big.Int).Lsh(big.NewInt(1), 192)
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawNumber(t, "a"), drawNumber(t, "b")
		check := func(what string, got number, want *big.Int) {
			if want = want.Mod(want, modulus); got.big().Cmp(want) != 0 {
				t.Fatalf("%s of %s and %s: %s, want %s", what, a, b, got, want)
			}
		}
		check("sum", a.plus(b), new(big.Int).Add(a.big(), b.big()))
		check("difference", a.minus(b), new(big.Int).Sub(a.big(), b.big()))
		if a.compare(b) != a.big().Cmp(b.big()) {
			t.Fatalf("%s and %s compare as %d", a, b, a.compare(b))
		}
		d := rapid.Uint64Min(1).Draw(t, "d")
		q, rem := a.dividedBy(d)
		wantQ, wantRem := new(big.Int).QuoRem(a.big(), new(big.Int).SetUint64(d), new(big.Int))
		check("quotient", q, wantQ)
		if rem != wantRem.Uint64() {
			t.Fatalf("%s mod %d is %d", a, d, rem)
		}
		if a.String() != a.big().String() {
			t.Fatalf("prints as %s, want %s", a, a.big())
		}
		if back, ok := parseNumber(a.String()); !ok || back != a {
			t.Fatalf("%s reads as %s, %t", a, back, ok)
		}
		if back := numberFrom(a.append(nil)); back != a {
			t.Fatalf("%s comes back from bytes as %s", a, back)
		}
	})
}

func TestParseNumberRefuses(t *testing.T) {
	t.Parallel()
	tooBig := new(big.Int).Lsh(big.NewInt(1), 192).String()
	for _, s := range []string{"", "-1", "1a", " 1", "0x1", tooBig, tooBig + "0"} {
		if n, ok := parseNumber(s); ok {
			t.Errorf("%q reads as %s", s, n)
		}
	}
}

func TestSequenceNumberLayout(t *testing.T) {
	t.Parallel()
	q := sequence{version: 2, created: 0x123456789, shard: 0x1234567a, index: 0x0fedcba987654321, arrived: 0x987654321}
	const want = "2" + "123456789" + "a" + "0fedcba987654321" + "00" + "987654321" + "1234567a" + "2"
	if got := q.number().big().Text(16); got != want {
		t.Errorf("digits\n got %s\nwant %s", got, want)
	}
	back, shown, err := parseSequence(q.number().String())
	if err != nil || shown != q.number() {
		t.Fatalf("parse: %v, shown as %s", err, shown)
	}
	if diff := cmp.Diff(q, back, cmp.AllowUnexported(sequence{})); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

// TestStartingSequenceNumbers checks what was recorded from AWS (kinesalite test/createStream.js).
func TestStartingSequenceNumbers(t *testing.T) {
	t.Parallel()
	now := time.Unix(1772600767, 0)
	var mem memory
	a := newShard(0, hashRange{}, now, now.Add(-createdEarlier), &mem)
	b := newShard(1, hashRange{}, now, now.Add(-createdEarlier), &mem)
	if got := b.first.minus(a.first).String(); got != "22300745198530623141535718272648361505980432" {
		t.Errorf("neighbouring shards start %s apart", got)
	}
	if got := len(a.first.String()); got != 56 {
		t.Errorf("%d digits, want 56", got)
	}
	a.end(now)
	seq, _, err := parseSequence(a.ending.String())
	if err != nil || seq.index != maxIndex || seq.created != now.Unix()-2 {
		t.Errorf("ending number: %+v, %v", seq, err)
	}
}

// TestOldSequenceNumbers reads version 1, as the service gave it out in 2014.
func TestOldSequenceNumbers(t *testing.T) {
	t.Parallel()
	n, ok := new(big.Int).SetString("2"+"052f4e6b3"+"3"+"00"+"052f4e6b4"+"0123456789abcd"+"07"+"00000003"+"1", 16)
	if !ok {
		t.Fatal("bad test")
	}
	got, _, err := parseSequence(n.String())
	want := sequence{version: 1, created: 0x52f4e6b3, shard: 3, index: 7, arrived: 0x52f4e6b4}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(sequence{})); diff != "" || err != nil {
		t.Errorf("%v, parts (-want +got):\n%s", err, diff)
	}
}

func TestHashRangesPartitionTheKeys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(1, 64), rapid.IntRange(1, DefaultShardLimit)).Draw(t, "shards")
		ranges := splitSpace(n)
		if len(ranges) != n || ranges[0].first != (number{}) || ranges[n-1].last.next() != hashKeySpace() {
			t.Fatalf("%d ranges from %s to %s", len(ranges), ranges[0].first, ranges[n-1].last)
		}
		for i := 1; i < n; i++ {
			if ranges[i-1].last.next() != ranges[i].first || ranges[i].last.less(ranges[i].first) {
				t.Fatalf("range %d does not follow range %d", i, i-1)
			}
		}
	})
}

func TestHashOfPartitionKey(t *testing.T) {
	t.Parallel()
	// MD5 of "a" is 0cc175b9c0f1b6a831c399e269772661.
	want, ok := new(big.Int).SetString("0cc175b9c0f1b6a831c399e269772661", 16)
	if got := hashOf("a").big(); !ok || got.Cmp(want) != 0 {
		t.Errorf("got %x, want %x", got, want)
	}
}

func FuzzParseSequence(f *testing.F) {
	for _, s := range []string{"0", "5", "49590338271490256608559692538361571095921575989136588898", "21267647932558653966460912964485513216", "x", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, n, err := parseSequence(s)
		if err != nil || q.version != seqVersion {
			return
		}
		if n.bits(72, 8) == 0 && q.shard&15 == int64(n.bits(seqNibbleBit, 4)) && q.number() != n {
			t.Errorf("%s comes back as %s", n, q.number())
		}
	})
}
