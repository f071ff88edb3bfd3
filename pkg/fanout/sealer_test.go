package fanout

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/spillway/spillway/pkg/eventlog"
)

func sealer(t fataler, fill ...byte) *Sealer {
	t.Helper()
	keys := make([][]byte, len(fill))
	for i, b := range fill {
		keys[i] = bytes.Repeat([]byte{b}, CursorKeyBytes)
	}
	s, err := NewSealer(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// someMark returns a mark with a base and a step.
func someMark(s *Sealer) Mark {
	tr := tracker{sealer: s}
	tr.mark("00000000000000aa", []place{{0, eventlog.ID{MS: 5}}, {3, eventlog.ID{MS: 9}}})
	return tr.mark("00000000000000aa", []place{{0, eventlog.ID{MS: 6}}, {3, eventlog.ID{MS: 9}}})
}

func TestCursorOfAnother(t *testing.T) {
	old, now, both := sealer(t, 1), sealer(t, 2), sealer(t, 2, 1)
	m := someMark(old)
	base, step := m.Base("mine"), m.Step()
	tests := []struct {
		name   string
		sealer *Sealer
		client string
		good   bool
	}{
		{"as it was made", old, "mine", true},
		{"another client's", old, "other", false},
		{"nobody's", old, "", false},
		{"another key's", now, "mine", false},
		{"the key before", both, "mine", true},
		{"the key before, of another client", both, "min", false},
	}
	for _, tt := range tests {
		c, err := tt.sealer.ParseCursor(tt.client, base, step)
		if tt.good && (err != nil || c.Places[0] != eventlog.ID{MS: 6}) {
			t.Errorf("%s: %+v, %v", tt.name, c, err)
		}
		if !tt.good && !errors.Is(err, ErrCursor) {
			t.Errorf("%s: %v, want an error", tt.name, err)
		}
	}
	if _, err := old.ParseCursor("mine", m.Base("mine"), someMark(now).Step()); !errors.Is(err, ErrCursor) {
		t.Errorf("a step of another key: %v, want an error", err)
	}
}

// TestTamperedCursor: whatever is changed in a cursor, it is refused.
func TestTamperedCursor(t *testing.T) {
	s := sealer(t, 1)
	m := someMark(s)
	rapid.Check(t, func(t *rapid.T) {
		base, step := bytes.Clone(m.Base("mine")), bytes.Clone(m.Step())
		part := rapid.SampledFrom([]*[]byte{&base, &step}).Draw(t, "part")
		at := rapid.IntRange(0, len(*part)-1).Draw(t, "at")
		switch rapid.IntRange(0, 2).Draw(t, "change") {
		case 0:
			(*part)[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		case 1:
			*part = append((*part)[:at:at], append([]byte{rapid.Byte().Draw(t, "more")}, (*part)[at:]...)...)
		case 2:
			if *part = (*part)[:at]; len(step) == 0 {
				return // without a step a cursor is an older one, which is the client's own
			}
		}
		if _, err := s.ParseCursor("mine", base, step); !errors.Is(err, ErrCursor) {
			t.Fatalf("base %x, step %x: %v, want an error", base, step, err)
		}
	})
}

func TestSealerKeys(t *testing.T) {
	if _, err := NewSealer(make([]byte, CursorKeyBytes-1)); err == nil {
		t.Error("a short key is taken")
	}
	key := make([]byte, CursorKeyBytes)
	if _, err := NewSealer(key, key, key); err == nil {
		t.Error("three keys are taken")
	}
	m := someMark(sealer(t))
	if _, err := sealer(t).ParseCursor("mine", m.Base("mine"), nil); !errors.Is(err, ErrCursor) {
		t.Errorf("sealers without a key take each other's cursors: %v", err)
	}
}
