package fanout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/topic"
)

// Log is what a hub reads; *eventlog.Log is one.
type Log interface {
	State(ctx context.Context) (eventlog.State, error)
	Read(ctx context.Context, epoch string, queries []eventlog.Query) []eventlog.Page
	ReportLoss(ctx context.Context, epoch string, lane int, lost eventlog.ID) error
	Notices(ctx context.Context, lanes int, notify func(lane int)) error
}

const (
	// DefaultPollInterval is how often all lanes are read without a notice: what a
	// lost notice costs at most.
	DefaultPollInterval = time.Second
	// DefaultRingBytes bounds the ring of one view: a second or so of a fast feed.
	DefaultRingBytes = 4 << 20
	// DefaultTotalRingBytes is shared by the rings of all views: a ring that grows
	// grows no further than its share. One that gets nothing keeps what it has.
	DefaultTotalRingBytes = 256 << 20
	// MinRingBytes is what a view has left if there are very many: a few slots.
	MinRingBytes = 64 << 10
	// MaxViews bounds the views of a hub; with MinRingBytes each it bounds the
	// memory, too.
	MaxViews = 10_000

	// checkEvery is how many polls pass between two looks at the log's epoch.
	checkEvery = 5
	// maxReplays bounds how many subscribers read the log at a time, so that a herd
	// of returning ones leaves connections to the tail.
	maxReplays = 16
	// trailLength is how many of the entries last read of a lane are remembered, to
	// find the way back when a lane has lost its end.
	trailLength = 128
	// retryMin and retryMax bound the wait after a failed read.
	retryMin = 50 * time.Millisecond
	retryMax = 2 * time.Second
	// maxRoutes bounds the memory of which views a topic goes to.
	maxRoutes = 1 << 16
)

var (
	// ErrNotReady says that the hub has not read the log yet, or lost it.
	ErrNotReady = errors.New("the event log cannot be reached")
	// ErrTooManyViews says that there are MaxViews distinct subscriptions.
	ErrTooManyViews = errors.New("too many distinct subscriptions")
	// ErrLanesChanged ends the subscriptions of a log that was made anew with
	// another number of lanes. Subscribing again, with the cursor, is right.
	ErrLanesChanged = errors.New("the event log was made anew with other lanes")
)

// Config adjusts a hub; zero values mean the defaults.
type Config struct {
	PollInterval   time.Duration
	RingBytes      int
	TotalRingBytes int
	Logger         *slog.Logger
	Metrics        *Metrics
}

// Hub tails one log. Make it with NewHub and run it.
type Hub struct {
	log Log
	cfg Config

	dirty   []atomic.Bool // by lane: may have grown; of MaxLanes
	recheck atomic.Bool   // the log may have been made anew
	wake    chan struct{} // there is something to do

	at      atomic.Pointer[tail]
	ready   atomic.Bool
	pace    pacer         // the tail's
	replays chan struct{} // holds a place for each subscriber that reads the log

	mu     sync.Mutex // guards what follows; held while entries are matched
	views  map[string]*view
	routes map[string][]*view // by topic, what match would say

	trail [][]eventlog.ID // by lane: the last entries read, oldest first

	relisten context.CancelFunc // makes listen look at the number of lanes again
}

// tail is how far the hub has read and published. It never changes.
type tail struct {
	epoch     eventlog.Epoch
	positions []eventlog.ID // by lane
}

// NewHub returns a hub over log.
func NewHub(log Log, cfg Config) *Hub {
	if cfg.PollInterval <= 0 {
		cfg.PollInterval = DefaultPollInterval
	}
	if cfg.RingBytes <= 0 {
		cfg.RingBytes = DefaultRingBytes
	}
	if cfg.TotalRingBytes <= 0 {
		cfg.TotalRingBytes = DefaultTotalRingBytes
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics(nil)
	}
	return &Hub{
		log: log, cfg: cfg,
		dirty:   make([]atomic.Bool, eventlog.MaxLanes),
		wake:    make(chan struct{}, 1),
		pace:    tailPacer(),
		replays: make(chan struct{}, maxReplays),
		views:   map[string]*view{},
		routes:  map[string][]*view{},
	}
}

// Ready tells whether the last read of the log succeeded.
func (h *Hub) Ready() bool { return h.ready.Load() }

// Retention returns how long the log keeps events; zero while that is not known.
func (h *Hub) Retention() time.Duration {
	if t := h.at.Load(); t != nil {
		return t.epoch.Retention
	}
	return 0
}

// Run tails the log until ctx ends, through whatever befalls the log meanwhile.
func (h *Hub) Run(ctx context.Context) error {
	for wait := retryMin; h.at.Load() == nil; wait = min(2*wait, retryMax) {
		if err := h.check(ctx); err != nil {
			h.failed(ctx, err, wait)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.listen(ctx) })
	g.Go(func() error { return h.tail(ctx) })
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
	h.stir()
}

// stir makes the tail look for something to do.
func (h *Hub) stir() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// tail reads what notices and polls ask for, one round at a time.
func (h *Hub) tail(ctx context.Context) error {
	poll := time.NewTicker(h.cfg.PollInterval)
	defer poll.Stop()
	wait := retryMin
	for polls := 1; ; {
		polled := false
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.wake:
		case <-poll.C:
			polled = true
			polls++
		}
		if polled && polls%checkEvery == 0 {
			h.recheck.Store(true)
		}
		if err := h.round(ctx, polled); err != nil {
			h.recheck.Store(true) // as soon as the log is back
			h.failed(ctx, err, wait)
			wait = min(2*wait, retryMax)
			h.stir()
			continue
		}
		wait = retryMin
		h.ready.Store(true)
	}
}

// failed tells of an error and waits a while, with jitter.
func (h *Hub) failed(ctx context.Context, err error, wait time.Duration) {
	if ctx.Err() != nil {
		return
	}
	h.cfg.Metrics.readErrors.Inc()
	if h.ready.Swap(false) || h.at.Load() == nil {
		h.cfg.Logger.Error("event log not readable", "error", err)
	}
	pause(ctx, wait/2+rand.N(wait))
}

// round looks at the log's epoch if that is asked for, and reads the lanes that have
// grown, or all of them, once.
func (h *Hub) round(ctx context.Context, all bool) error {
	if h.recheck.Swap(false) {
		if err := h.check(ctx); err != nil {
			return err
		}
	}
	at := h.at.Load()
	queries := h.queries(at, all)
	if len(queries) == 0 {
		return nil
	}
	pages, err := entriesOf(h.log.Read(ctx, at.epoch.ID, queries))
	h.pace.done(pages, err)
	if err == nil {
		err = h.publish(ctx, queries, pages, all)
	}
	if err != nil {
		h.again(queries)
	}
	return err
}

// queries takes the lanes to read.
func (h *Hub) queries(at *tail, all bool) []eventlog.Query {
	var qs []eventlog.Query
	for lane, pos := range at.positions {
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

// check reads the log's state: at the start to begin at its heads, later to find
// out that it was made anew or went back.
func (h *Hub) check(ctx context.Context) error {
	state, err := h.log.State(ctx)
	if err != nil {
		return err
	}
	heads, err := headsOf(state)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.at.Load()
	switch {
	case old == nil:
		h.begin(&tail{epoch: state.Epoch, positions: heads})
		h.ready.Store(true)
	case old.epoch.ID != state.Epoch.ID:
		h.renew(old, state.Epoch)
	default:
		h.goBack(old, heads)
	}
	return nil
}

// begin moves to another epoch. The caller holds h.mu.
func (h *Hub) begin(at *tail) {
	h.trail = make([][]eventlog.ID, len(at.positions))
	for lane, pos := range at.positions {
		h.trail[lane] = append(h.trail[lane], pos)
	}
	h.at.Store(at)
}

// renew moves to an epoch that was found. All that is in it is new. The caller holds
// h.mu.
func (h *Hub) renew(old *tail, epoch eventlog.Epoch) {
	h.cfg.Logger.Warn("event log was made anew", "epoch", epoch.ID, "was", old.epoch.ID)
	next := &tail{epoch: epoch, positions: make([]eventlog.ID, epoch.Lanes)}
	h.begin(next)
	if epoch.Lanes != old.epoch.Lanes {
		for key, v := range h.views {
			delete(h.views, key)
			v.fail(ErrLanesChanged)
		}
		clear(h.routes)
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

// goBack moves lanes back whose head is before what was read already: a replica that
// had not got the last entries has taken over. The caller holds h.mu.
func (h *Hub) goBack(old *tail, heads []eventlog.ID) {
	next := &tail{old.epoch, slices.Clone(old.positions)}
	for lane, pos := range old.positions {
		head := heads[lane]
		if !pos.Exact() || head.Compare(pos) >= 0 {
			continue
		}
		to := h.known(lane, head)
		h.cfg.Logger.Warn("lane went back", "lane", lane, "read", pos.String(), "head", head.String(), "to", to.String())
		next.positions[lane] = to
		for _, v := range h.viewsOf(lane) {
			h.put(next, v, slot{lane: lane, id: to, gap: &Gap{Reason: GapReset, From: knownTime(to), Lanes: []int{lane}}, reset: true})
			v.broadcast()
		}
		h.dirty[lane].Store(true)
	}
	h.at.Store(next)
	h.stir()
}

// known returns a position of a lane that is surely before anything lost and not
// after head: the newest entry read that is not after it. What follows it may come
// twice. The caller holds h.mu.
func (h *Hub) known(lane int, head eventlog.ID) eventlog.ID {
	if lane >= len(h.trail) {
		return eventlog.Oldest // of another epoch meanwhile, which has fewer lanes
	}
	for _, id := range slices.Backward(h.trail[lane]) {
		if id.Compare(head) <= 0 {
			return id
		}
	}
	return eventlog.Oldest
}

// Subscribe makes a subscription to the topics that patterns match, from start
// on. Close it. It is live when Subscribe returns: what is appended from then on
// will be delivered.
func (h *Hub) Subscribe(ctx context.Context, patterns []topic.Pattern, start Start) (*Subscription, error) {
	if len(patterns) == 0 {
		return nil, errors.New("subscribe: no patterns")
	}
	if !h.Ready() {
		return nil, ErrNotReady
	}
	v, at, next, err := h.join(topic.Canonical(patterns))
	if err != nil {
		return nil, err
	}
	s := &Subscription{hub: h, view: v, epoch: at.epoch.ID, next: next}
	if err := s.begin(ctx, start, at); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// heads reads the last entries of the lanes of at, which a cursor of a gateway that
// is ahead of this one may be at.
func (h *Hub) heads(ctx context.Context, at *tail) ([]eventlog.ID, error) {
	state, err := h.log.State(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotReady, err)
	}
	if state.Epoch.ID != at.epoch.ID {
		h.recheck.Store(true)
		h.stir()
		return nil, fmt.Errorf("%w: it was made anew", ErrNotReady)
	}
	return headsOf(state)
}

func headsOf(state eventlog.State) ([]eventlog.ID, error) {
	heads := make([]eventlog.ID, len(state.Lanes))
	for i, lane := range state.Lanes {
		if lane.Err != nil {
			return nil, lane.Err
		}
		heads[i] = lane.Head
	}
	return heads, nil
}

func entriesOf(pages []eventlog.Page) ([][]eventlog.Entry, error) {
	entries := make([][]eventlog.Entry, len(pages))
	for i, page := range pages {
		if page.Err != nil {
			return nil, page.Err
		}
		entries[i] = page.Entries
	}
	return entries, nil
}

// join takes a place at the end of the view of patterns.
func (h *Hub) join(patterns []topic.Pattern) (v *view, at *tail, next uint64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at = h.at.Load()
	key := viewKey(patterns)
	v, ok := h.views[key]
	if !ok {
		if len(h.views) >= MaxViews {
			return nil, nil, 0, ErrTooManyViews
		}
		v = newView(patterns, at)
		h.views[key] = v
		clear(h.routes)
		h.cfg.Metrics.views.Set(float64(len(h.views)))
	}
	v.subscribers++
	v.mu.Lock()
	defer v.mu.Unlock()
	return v, at, v.end(), nil
}

// leave gives back what join took.
func (h *Hub) leave(v *view) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v.subscribers--
	if v.subscribers > 0 || h.views[v.key] != v {
		return
	}
	delete(h.views, v.key)
	clear(h.routes)
	h.cfg.Metrics.views.Set(float64(len(h.views)))
}
