package gateway

import (
	"fmt"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
	"google.golang.org/grpc/codes"
)

// meters count what each client, or each address, has open and how fast it comes. One
// that has nothing open is remembered for its rates, as long as there are not too many
// of them.
type meters struct {
	bounds bounds
	now    func() time.Time

	mu   sync.Mutex // guards what follows, and every meter
	busy map[string]*meter
	idle *lru.Cache[string, *meter]
}

// meter is of one client or address.
type meter struct {
	streams, connections int
	opens, failures      *rate.Limiter // nil: unlimited

	cost    int                // of the filters in filters
	filters map[string]*shared // by what makes a view of its own; nil in all but a few
}

// shared is a filter of several streams, which is evaluated once for all of them.
type shared struct{ streams, cost int }

func newMeters(b bounds) *meters {
	idle, err := lru.New[string, *meter](maxIdleMeters)
	if err != nil {
		panic(err) // the size is wrong
	}
	return &meters{bounds: b, now: time.Now, busy: map[string]*meter{}, idle: idle}
}

// of returns the meter of a name. The caller holds m.mu.
func (m *meters) of(name string) *meter {
	if one, ok := m.busy[name]; ok {
		return one
	}
	if one, ok := m.idle.Get(name); ok {
		return one
	}
	one := &meter{opens: limiter(m.bounds.rate, float64(m.bounds.streams)), failures: limiter(m.bounds.failures, failureBurst*m.bounds.failures)}
	m.idle.Add(name, one)
	return one
}

func limiter(perSecond, burst float64) *rate.Limiter {
	if perSecond < 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(perSecond), max(int(burst), int(perSecond), 1))
}

// settle puts a meter where it belongs. The caller holds m.mu.
func (m *meters) settle(name string, one *meter) {
	if one.streams > 0 || one.connections > 0 {
		m.busy[name] = one
		m.idle.Remove(name)
		return
	}
	delete(m.busy, name)
	m.idle.Add(name, one)
}

// open counts a stream with a filter, if it has one, in; or tells which limit it
// exceeds.
func (m *meters) open(name string, f filtered) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	one, b := m.of(name), &m.bounds
	if b.streams >= 0 && one.streams >= b.streams {
		return b.tooMany("streams", one.streams)
	}
	if cost := one.cost + f.cost; b.cost >= 0 && f.cost > 0 && one.filters[f.view] == nil && cost > b.cost {
		return comeBack(codes.ResourceExhausted, fmt.Sprintf(
			"filter: %s's filters would cost %d together, at most %d are allowed: use simpler ones, or fewer", b.who, cost, b.cost), limitRetry)
	}
	if wait := m.reserve(one.opens); wait > 0 {
		return comeBack(codes.ResourceExhausted, fmt.Sprintf("%s opens more than %v streams per second: try again", b.who, b.rate), wait)
	}
	one.streams++
	one.use(f)
	m.settle(name, one)
	return nil
}

// filtered is what a stream has evaluated: a filter for a view. The cost is 0 if there is
// none.
type filtered struct {
	view string
	cost int
}

func (one *meter) use(f filtered) {
	if f.cost == 0 {
		return
	}
	if one.filters == nil {
		one.filters = map[string]*shared{}
	}
	if one.filters[f.view] == nil {
		one.filters[f.view] = &shared{cost: f.cost}
		one.cost += f.cost
	}
	one.filters[f.view].streams++
}

func (one *meter) unuse(f filtered) {
	s := one.filters[f.view]
	if f.cost == 0 || s == nil {
		return
	}
	if s.streams--; s.streams == 0 {
		delete(one.filters, f.view)
		one.cost -= s.cost
	}
}

// reserve takes one of a rate, or returns how long to wait.
func (m *meters) reserve(l *rate.Limiter) time.Duration {
	if l == nil {
		return 0
	}
	now := m.now()
	r := l.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// close counts a stream out.
func (m *meters) close(name string, f filtered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	one := m.of(name)
	one.streams--
	one.unuse(f)
	m.settle(name, one)
}

// connect counts a connection in, or returns false if there are too many.
func (m *meters) connect(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	one := m.of(name)
	if m.bounds.connections >= 0 && one.connections >= m.bounds.connections {
		return false
	}
	one.connections++
	m.settle(name, one)
	return true
}

// disconnect counts a connection out.
func (m *meters) disconnect(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	one := m.of(name)
	one.connections--
	m.settle(name, one)
}

// failed notes a refused call.
func (m *meters) failed(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if one := m.of(name); one.failures != nil {
		one.failures.AllowN(m.now(), 1)
	}
}

// failing returns how long to wait after too many refused calls; 0 if there were not.
func (m *meters) failing(name string) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	one := m.of(name)
	if one.failures == nil || one.failures.TokensAt(m.now()) >= 1 {
		return 0
	}
	return time.Duration((1 - one.failures.TokensAt(m.now())) / m.bounds.failures * float64(time.Second))
}
