package fanout

import (
	"context"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spillway/spillway/pkg/eventlog"
)

// tail is how far the hub has read and published. It never changes.
type tail struct {
	epoch     eventlog.Epoch
	positions []eventlog.ID // by lane
}

// Run tails the log until ctx ends, through whatever befalls the log meanwhile.
func (h *Hub) Run(ctx context.Context) error {
	for wait := retryMin; h.at.Load() == nil; wait = min(2*wait, retryMax) {
		if err := h.check(ctx); err != nil {
			h.checkFailed(ctx, err)
			pause(ctx, wait/2+rand.N(wait))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.listen(ctx) })
	g.Go(func() error { return h.tail(ctx) })
	g.Go(func() error { return h.inspect(ctx) })
	g.Go(func() error { return h.nurse(ctx) })
	g.Go(func() error { return h.witness(ctx) })
	return g.Wait()
}

// listen receives the notices of the lanes that the log has now.
func (h *Hub) listen(ctx context.Context) error {
	for ctx.Err() == nil {
		lanes := len(h.at.Load().positions)
		epoch, cancel := context.WithCancel(ctx)
		stop := context.AfterFunc(ctx, cancel)
		h.mu.Lock()
		h.relisten = cancel
		h.mu.Unlock()
		if lanes == len(h.at.Load().positions) {
			_ = h.log.Notices(epoch, lanes, h.notify) // ends with the context only
		}
		stop()
		cancel()
	}
	return ctx.Err()
}

// notify marks a lane as grown; it never blocks.
func (h *Hub) notify(lane int) {
	h.cfg.Metrics.notices.Inc()
	h.dirty[lane].Store(true)
	if h.needed(lane) {
		h.stir()
	}
}

// stir makes the tail look for something to do.
func (h *Hub) stir() { nudge(h.wake) }

// nudge wakes who reads c, now or when it comes to it.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// tail reads what notices and polls ask for, one round at a time.
func (h *Hub) tail(ctx context.Context) error {
	poll := time.NewTicker(h.cfg.PollInterval)
	defer poll.Stop()
	var last time.Time // of a round
	for {
		polled := false
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.wake:
			h.linger(ctx, last)
		case <-poll.C:
			polled = true
		}
		last = time.Now()
		h.round(ctx, polled)
	}
}

// linger waits until the last round is long enough ago, unless a page was full then: who
// is behind has collected enough.
func (h *Hub) linger(ctx context.Context, last time.Time) {
	if left := h.cfg.Linger - time.Since(last); left > 0 && !h.behind {
		pause(ctx, left)
	}
	h.behind = false
}

// round reads the needed lanes that have grown, or all of them, once. Lanes that cannot be
// read are left to the nurse, so that they hold up no others.
func (h *Hub) round(ctx context.Context, all bool) {
	at := h.at.Load()
	queries := h.queries(at, all)
	if len(queries) == 0 {
		return
	}
	h.audience.due()
	pages := h.log.Read(ctx, at.epoch.ID, queries)
	h.pace.done(pages)
	queries, pages = h.fallSick(ctx, queries, pages)
	if err := h.publish(ctx, at.epoch.ID, queries, pages, all); err != nil {
		h.checkFailed(ctx, err)
		h.isolate(queries...)
	}
}

// queries takes the lanes to read.
func (h *Hub) queries(at *tail, all bool) []eventlog.Query {
	var qs []eventlog.Query
	for lane, pos := range at.positions {
		if h.sick[lane].Load() || !h.needed(lane) {
			continue
		}
		if h.dirty[lane].Swap(false) || all {
			qs = append(qs, eventlog.Query{Lane: lane, After: pos})
		}
	}
	for i := range qs {
		qs[i].Count = h.pace.count(len(qs))
	}
	return qs
}

// again has lanes read once more.
func (h *Hub) again(queries []eventlog.Query) {
	for _, q := range queries {
		h.dirty[q.Lane].Store(true)
	}
	h.stir()
}
