package fanout

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/topic"
)

// inspect looks at the log's state now and then, and when somebody has a reason. It
// has a goroutine of its own, so that a node that is away holds up no lane of
// another.
func (h *Hub) inspect(ctx context.Context) error {
	every := time.NewTicker(checkEvery * h.cfg.PollInterval)
	defer every.Stop()
	for wait := retryMin; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.recheck:
		case <-every.C:
		}
		if err := h.check(ctx); err != nil {
			h.checkFailed(ctx, err)
			pause(ctx, wait/2+rand.N(wait))
			wait = min(2*wait, retryMax)
			nudge(h.recheck)
			continue
		}
		wait = retryMin
		h.ready.Store(true)
		h.skip(ctx, h.lanes())
	}
}

// checkFailed notes that the log's state could not be read, and tells of the first
// of a row of failures.
func (h *Hub) checkFailed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	h.cfg.Metrics.readErrors.Inc()
	if h.ready.Swap(false) || h.at.Load() == nil {
		h.cfg.Logger.Error("event log not readable", "error", err)
	}
}

// check reads the log's state: at the start to begin at its heads, later to find
// out that it was made anew or went back. Lanes that cannot be looked at are left out
// later: reading them tells.
func (h *Hub) check(ctx context.Context) error {
	before := h.at.Load() // of before the state, so that what it lacks is lost
	state, err := h.log.State(ctx)
	if err != nil {
		return err
	}
	var heads []eventlog.ID
	if before == nil {
		if heads, err = headsOf(state); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch old := h.at.Load(); {
	case before == nil:
		h.begin(&tail{epoch: state.Epoch, positions: heads})
		h.ready.Store(true)
	case old.epoch.ID != before.epoch.ID: // somebody else has found out
	case old.epoch.ID != state.Epoch.ID:
		h.renew(old, state.Epoch)
	default:
		h.goBack(old, before, state)
	}
	if len(h.lost) > 0 {
		nudge(h.losses)
	}
	h.measure(state)
	return nil
}

// begin moves to another epoch. The caller holds h.mu.
func (h *Hub) begin(at *tail) {
	h.trail = make([][]eventlog.ID, len(at.positions))
	h.back = make([]eventlog.ID, len(at.positions))
	for lane, pos := range at.positions {
		h.trail[lane] = append(h.trail[lane], pos)
	}
	clear(h.lost)
	h.at.Store(at)
}

// renew moves to an epoch that was found. All that is in it is new. The caller holds
// h.mu.
func (h *Hub) renew(old *tail, epoch eventlog.Epoch) {
	h.cfg.Logger.Warn("event log was made anew", "epoch", epoch.ID, "was", old.epoch.ID)
	next := &tail{epoch: epoch, positions: make([]eventlog.ID, epoch.Lanes)}
	h.begin(next)
	for lane := range h.sick {
		h.sick[lane].Store(false) // reading tells anew
	}
	h.countSick()
	if epoch.Lanes != old.epoch.Lanes {
		for key, v := range h.views {
			delete(h.views, key)
			h.need(v.lanes, -1)
			v.fail(ErrLanesChanged)
		}
		h.cost, h.index = 0, topic.Index[*view]{}
		h.viewsChanged()
		if h.relisten != nil {
			h.relisten()
		}
		return
	}
	for _, v := range h.views {
		h.put(next, v, slot{lane: -1, epoch: epoch.ID, gap: &Gap{Reason: GapReset}, reset: true})
		v.renew(epoch.ID)
		v.broadcast()
	}
	for i := range h.dirty {
		h.dirty[i].Store(true)
	}
	h.stir()
}

// goBack moves lanes back whose head is before what had been read of them: a replica
// that had not got the last entries has taken over. The caller holds h.mu.
func (h *Hub) goBack(old, before *tail, state eventlog.State) {
	// The retention and the budget may be others now.
	next := &tail{state.Epoch, slices.Clone(old.positions)}
	for lane, pos := range before.positions {
		ls := state.Lanes[lane]
		if ls.Err != nil || !pos.Exact() || ls.Head.Compare(pos) >= 0 || old.positions[lane] != pos {
			continue
		}
		h.reportLoss(old.epoch.ID, lane, pos)
		h.moveBack(next, lane, h.known(lane, ls.Head), eventlog.ID{})
		h.again([]eventlog.Query{{Lane: lane}})
	}
	h.at.Store(next)
	h.broadcast()
}

// moveBack moves at back in a lane that has lost its position, and tells the views.
// before is the entry that showed it, if one did. The caller holds h.mu.
func (h *Hub) moveBack(at *tail, lane int, to, before eventlog.ID) {
	h.cfg.Logger.Warn("lane went back", "lane", lane, "read", at.positions[lane].String(), "to", to.String())
	at.positions[lane] = to
	h.back[lane] = to
	trail := h.trail[lane]
	h.trail[lane] = trail[:len(trail)-countAfter(trail, to)]
	for _, v := range h.viewsOf(lane) {
		h.put(at, v, slot{lane: lane, id: to, before: before, gap: &Gap{Reason: GapReset, From: knownTime(to), To: knownTime(before), Lanes: []int{lane}}, reset: true, back: true})
	}
}

// countAfter returns how many of ids, which ascend, are after pos.
func countAfter(ids []eventlog.ID, pos eventlog.ID) int {
	n := 0
	for _, id := range slices.Backward(ids) {
		if id.Compare(pos) <= 0 {
			break
		}
		n++
	}
	return n
}

// common returns a position of a lane from which a subscriber reads again that has read
// up to pos, which is lost, while the lane has an entry at: where the hub has gone back
// to, if it has seen the same. The caller holds h.mu.
func (h *Hub) common(lane int, pos, at eventlog.ID) eventlog.ID {
	if lane < len(h.back) {
		to := h.back[lane]
		if to != (eventlog.ID{}) && to.Compare(pos) < 0 && to.Compare(at) <= 0 && pos.MS-to.MS <= uint64(sameLoss.Milliseconds()) {
			return to
		}
	}
	return h.known(lane, at)
}

// known returns a position from which a lane is read again whose head, or another
// entry that it has, is at: the newest entry read that is not after it. That one may be
// lost, too, which shows when it is read on from there. What follows it may come twice.
// The caller holds h.mu.
func (h *Hub) known(lane int, at eventlog.ID) eventlog.ID {
	if lane < len(h.trail) { // else of another epoch meanwhile, which has fewer lanes
		for _, id := range slices.Backward(h.trail[lane]) {
			if id.Compare(at) <= 0 {
				return id
			}
		}
	}
	if at.MS <= uint64(backtrack.Milliseconds()) {
		return eventlog.ID{}
	}
	return eventlog.At(at.Time().Add(-backtrack))
}
