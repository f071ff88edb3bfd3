package fanout

import (
	"context"
	"maps"
	"math/rand/v2"

	"github.com/spillway/spillway/pkg/eventlog"
)

// loss is an entry that was read and that its lane does not have any more. Who had
// not come to it cannot know, so the log is told, and tells all its readers.
type loss struct {
	epoch string
	id    eventlog.ID
	told  int // how often the log has taken it
}

// maxTold is how often a loss is told that nothing comes of: the log knows better, for
// example that the entry was trimmed. With checkEvery polls between, it is a minute.
const maxTold = 12

// reportLoss has the log told that an entry is gone; the newest one is enough. The
// caller holds h.mu.
func (h *Hub) reportLoss(epoch string, lane int, id eventlog.ID) {
	if epoch != h.at.Load().epoch.ID {
		return // the log was made anew, which tells everybody
	}
	if was, ok := h.lost[lane]; ok && was.id.Compare(id) >= 0 {
		return
	}
	h.lost[lane] = loss{epoch: epoch, id: id}
	h.cfg.Metrics.losses.Inc()
	nudge(h.losses)
}

// witness tells the log of losses.
func (h *Hub) witness(ctx context.Context) error {
	for wait := retryMin; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.losses:
		}
		h.mu.Lock()
		lost := maps.Clone(h.lost)
		h.mu.Unlock()
		if h.testify(ctx, lost) {
			wait = retryMin
			continue
		}
		pause(ctx, wait/2+rand.N(wait))
		wait = min(2*wait, retryMax)
		nudge(h.losses)
	}
}

// testify tells the log of lost, and whether it has taken it. A loss is remembered
// until the hub has read that it is told: until then that can be lost, too.
func (h *Hub) testify(ctx context.Context, lost map[int]loss) bool {
	all := true
	for lane, l := range lost {
		if l.epoch != h.at.Load().epoch.ID {
			continue // the log is made anew, which tells everybody
		}
		if err := h.log.ReportLoss(ctx, l.epoch, lane, l.id); err != nil {
			h.cfg.Metrics.readErrors.Inc()
			all = false
			continue
		}
		h.mu.Lock()
		if h.lost[lane] == l {
			if l.told++; l.told < maxTold {
				h.lost[lane] = l
			} else {
				delete(h.lost, lane)
			}
		}
		h.mu.Unlock()
	}
	return all
}
