package fanout

import (
	"context"
	"errors"
	"testing"

	"github.com/spillway/spillway/pkg/eventlog"
)

// impatient is a log whose reads fail once their caller has gone.
type impatient struct{ *memLog }

func (l impatient) Read(ctx context.Context, epoch string, queries []eventlog.Query) []eventlog.Page {
	pages := l.memLog.Read(ctx, epoch, queries)
	for i := range pages {
		if ctx.Err() != nil {
			pages[i] = eventlog.Page{Err: ctx.Err()}
		}
	}
	return pages
}

// TestGoneWhileReading: a subscriber that leaves while the log is read for it makes no
// lane sick, which would shut out others for a moment.
func TestGoneWhileReading(t *testing.T) {
	l := newMemLog(1)
	l.append("a")
	h := NewHub(impatient{l}, Config{Sealer: testSealer})
	step(t, h)
	s := subscribe(t, h, Start{Earliest: true}, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Next(ctx, 100); !errors.Is(err, context.Canceled) {
		t.Errorf("Next = %v, want that it was cancelled", err)
	}
	if h.anySick() || !h.Ready() {
		t.Error("the hub takes the lane for sick")
	}
	expect(t, "who stays", drain(t, subscribe(t, h, Start{Earliest: true}, "a")), "a/0")
}
