package fanout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/filter"
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
	// DefaultPollInterval is how often all needed lanes are read without a notice: what a
	// lost notice costs at most.
	DefaultPollInterval = time.Second
	// DefaultLinger is how long the tail waits, after it has published, before it publishes
	// more. A flush of a connection costs some 15 us, however many events it has: with a
	// thousand subscribers, one every few milliseconds is what two cores can do, and to
	// collect what comes meanwhile costs nobody more than that.
	DefaultLinger = 5 * time.Millisecond
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
	// of returning ones leaves connections to the tail. A Redis does one thing at a time: for
	// what they have asked of it, the tail waits, too.
	maxReplays = 4
	// trailLength is how many of the entries last read of a lane are remembered, to
	// find the way back when a lane has lost its end.
	trailLength = 128
	// backtrack is how far before the head of a lane that went back it is read again, if
	// the trail does not reach so far: more than clocks of Redis's nodes differ, and less
	// than a client remembers to drop repetitions of.
	backtrack = 2 * time.Second
	// sameLoss is how far a lost position may be after that to which the hub went back, and
	// still be of the same loss: more than a failover loses.
	sameLoss = 10 * time.Minute
	// retryMin and retryMax bound the wait after a failed read.
	retryMin = 50 * time.Millisecond
	retryMax = 2 * time.Second

	// MaxFilterCost bounds the sum of what the filters of all views cost by their estimates:
	// five to ten milliseconds for an event that every one of them is asked about.
	MaxFilterCost = 100_000
	// publishTime is for how long entries are matched at a time, but for the last of them:
	// then those who wait for what is matched, and who wait for the lock, come first.
	publishTime = 100 * time.Millisecond
)

var (
	// ErrNotReady says that the hub has not read the log yet, or lost it.
	ErrNotReady = errors.New("the event log cannot be reached")
	// ErrTooManyViews says that there are MaxViews distinct subscriptions.
	ErrTooManyViews = errors.New("too many distinct subscriptions")
	// ErrFilterCost says that another filter would exceed MaxFilterCost.
	ErrFilterCost = errors.New("the filters of all subscriptions cost too much")
	// ErrLanesChanged ends the subscriptions of a log that was made anew with
	// another number of lanes. Subscribing again, with the cursor, is right.
	ErrLanesChanged = errors.New("the event log was made anew with other lanes")
)

// Config adjusts a hub; zero values mean the defaults.
type Config struct {
	PollInterval time.Duration
	// Linger is how close to each other the tail publishes; what comes after a silence that
	// is longer is published at once. Negative means as fast as it can.
	Linger         time.Duration
	RingBytes      int
	TotalRingBytes int
	// Sealer authenticates the cursors; without one they are good for this hub only.
	Sealer  *Sealer
	Logger  *slog.Logger
	Metrics *Metrics
}

// Hub tails one log. Make it with NewHub and run it.
type Hub struct {
	log Log
	cfg Config

	dirty   []atomic.Bool  // by lane: may have grown; of MaxLanes
	sick    []atomic.Bool  // by lane: could not be read; of MaxLanes
	readers []atomic.Int64 // by lane: the views that may find something in it; of MaxLanes
	recheck chan struct{}  // the log may have been made anew
	wake    chan struct{}  // there is something to do
	nursing chan struct{}  // a lane has fallen sick
	losses  chan struct{}  // there is something in lost

	at      atomic.Pointer[tail]
	ready   atomic.Bool   // but for sick lanes
	pace    pacer         // the tail's
	behind  bool          // the tail: there was more to read in the last round
	replays chan struct{} // holds a place for each subscriber that reads the log
	matches chan struct{} // and for each that matches what it has read
	judges  sync.Pool     // of *judge, for subscribers that read the log
	patient time.Duration // publishTime

	audience   *audience
	replayPace pacer        // what each of those who replay begins with
	replaySize atomic.Int64 // but for this: bytes of an entry, as one of them read last

	mu      sync.Mutex // guards what follows; held while entries are matched
	views   map[string]*view
	touched []*view            // published to in this round
	cost    uint64             // of the filters of views
	index   topic.Index[*view] // by the patterns of views
	found   []*view            // of the event being matched
	event   uint64             // its number
	judge   *judge

	trail [][]eventlog.ID // by lane: the last entries read, oldest first
	back  []eventlog.ID   // by lane: where it was read again the last time that it went back
	lost  map[int]loss    // by lane: what the log is to be told of
	reach reach

	relisten context.CancelFunc // makes listen look at the number of lanes again
}

// NewHub returns a hub over log.
func NewHub(log Log, cfg Config) *Hub {
	if cfg.PollInterval <= 0 {
		cfg.PollInterval = DefaultPollInterval
	}
	if cfg.Linger == 0 {
		cfg.Linger = DefaultLinger
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
	if cfg.Sealer == nil {
		cfg.Sealer, _ = NewSealer() // without keys there is nothing wrong with them
	}
	newJudge := func() *judge { return &judge{metrics: cfg.Metrics} }
	return &Hub{
		log: log, cfg: cfg,
		dirty:   make([]atomic.Bool, eventlog.MaxLanes),
		sick:    make([]atomic.Bool, eventlog.MaxLanes),
		readers: make([]atomic.Int64, eventlog.MaxLanes),
		recheck: make(chan struct{}, 1),
		wake:    make(chan struct{}, 1),
		nursing: make(chan struct{}, 1),
		losses:  make(chan struct{}, 1),
		lost:    map[int]loss{},
		pace:    tailPacer(),
		replays: make(chan struct{}, maxReplays),
		matches: make(chan struct{}, maxMatches()),
		judges:  sync.Pool{New: func() any { return newJudge() }},
		patient: publishTime,

		audience:   newAudience(runtime.GOMAXPROCS(0)),
		replayPace: replayPacer(),

		views: map[string]*view{},
		judge: newJudge(),
	}
}

// maxMatches is how many subscribers match at a time what they have read of the log: as
// many as half the processors are enough for. So what has to be done at once for those
// who are live stands behind a few of those who replay, not behind all of them.
func maxMatches() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// Ready tells whether the last reads of the log succeeded, for all lanes.
func (h *Hub) Ready() bool { return h.ready.Load() && !h.anySick() }

func (h *Hub) anySick() bool {
	at := h.at.Load()
	if at == nil {
		return false
	}
	for lane := range at.positions {
		if h.sick[lane].Load() {
			return true
		}
	}
	return false
}

// Retention returns how long the log keeps events; zero while that is not known.
func (h *Hub) Retention() time.Duration {
	if t := h.at.Load(); t != nil {
		return t.epoch.Retention
	}
	return 0
}

// Request says what to subscribe to.
type Request struct {
	Patterns []topic.Pattern // at least one
	Start    Start
	// MaxEventBytes is the largest event that is delivered, encoded; in place of larger
	// ones comes a gap. 0 means any size.
	MaxEventBytes int
	// Filter is the subscriber's: it is true for what is delivered. nil lets all through.
	Filter *filter.Filter
	// Rules are the operator's: if there are any, one of them lets through what is
	// delivered. The filter can narrow them only. No rules let all through.
	Rules []Rule
}

// Subscribe makes a subscription to the events that the patterns match and that the
// filter and the rules let through, from the start on. Close it. It is live when Subscribe returns: what is appended from then
// on will be delivered.
func (h *Hub) Subscribe(ctx context.Context, req Request) (*Subscription, error) {
	if len(req.Patterns) == 0 {
		return nil, errors.New("subscribe: no patterns")
	}
	if req.MaxEventBytes <= 0 {
		req.MaxEventBytes = math.MaxInt
	}
	if !h.ready.Load() {
		return nil, ErrNotReady
	}
	scope := scopeOf(req)
	if err := h.arrive(ctx, scope); err != nil {
		return nil, err
	}
	v, at, next, err := h.join(scope)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(v.lanes, func(lane int) bool { return !h.sick[lane].Load() }) {
		h.leave(v)
		return nil, ErrNotReady
	}
	s := &Subscription{hub: h, view: v, wake: make(chan struct{}, 1), epoch: at.epoch.ID, next: next, told: never, marks: tracker{sealer: h.cfg.Sealer}}
	if err := s.begin(ctx, req.Start, at); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// arrive goes to where the log is now in the lanes that nobody here has asked for yet. A
// log that was made anew meanwhile is looked at first: who joined as if it were not would
// be shown what was appended before.
func (h *Hub) arrive(ctx context.Context, s scope) error {
	if !h.skip(ctx, lanesOf(s.patterns, len(h.at.Load().positions))) {
		return nil
	}
	if err := h.check(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrNotReady, err)
	}
	h.skip(ctx, lanesOf(s.patterns, len(h.at.Load().positions)))
	return nil
}

// ParseCursor decodes a cursor that a client sent. Its errors wrap ErrCursor.
func (h *Hub) ParseCursor(clientID string, base, step []byte) (Cursor, error) {
	return h.cfg.Sealer.ParseCursor(clientID, base, step)
}

// state reads the lanes of at, whose heads may be ahead of it: a cursor of another
// gateway may be there.
func (h *Hub) state(ctx context.Context, at *tail) ([]eventlog.LaneState, error) {
	state, err := h.log.State(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotReady, err)
	}
	if state.Epoch.ID != at.epoch.ID {
		nudge(h.recheck)
		return nil, fmt.Errorf("%w: it was made anew", ErrNotReady)
	}
	return state.Lanes, nil
}

// headsOf returns the heads of all lanes.
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

// join takes a place at the end of the view of a scope.
func (h *Hub) join(s scope) (v *view, at *tail, next uint64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at = h.at.Load()
	v, ok := h.views[s.key()]
	if !ok {
		if v, err = h.open(s, at); err != nil {
			return nil, nil, 0, err
		}
	}
	v.subscribers++
	h.audience.all.Add(1)
	v.mu.Lock()
	defer v.mu.Unlock()
	return v, at, v.end(), nil
}

// open adds a view. The caller holds h.mu.
func (h *Hub) open(s scope, at *tail) (*view, error) {
	switch cost := s.cost(); {
	case len(h.views) >= MaxViews:
		return nil, ErrTooManyViews
	case cost > 0 && h.cost+cost > MaxFilterCost:
		return nil, ErrFilterCost
	default:
		h.cost += cost
	}
	v := newView(s, at, h.cfg.Sealer)
	h.views[v.key] = v
	h.need(v.lanes, 1)
	h.stir() // what the lanes have got meanwhile
	for _, p := range v.patterns {
		h.index.Add(p, v)
	}
	h.viewsChanged()
	return v, nil
}

// viewsChanged is called with h.mu held.
func (h *Hub) viewsChanged() {
	h.cfg.Metrics.views.Set(float64(len(h.views)))
	h.cfg.Metrics.filterCost.Set(float64(h.cost))
}

// leave gives back what join took.
func (h *Hub) leave(v *view) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v.subscribers--
	h.audience.all.Add(-1)
	if v.subscribers > 0 || h.views[v.key] != v {
		return
	}
	delete(h.views, v.key)
	h.need(v.lanes, -1)
	for _, p := range v.patterns {
		h.index.Remove(p, v)
	}
	h.cost -= v.cost()
	h.viewsChanged()
}
