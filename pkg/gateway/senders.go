package gateway

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// stuckAfter is how long a sender may take to send one response before another is started
	// in its place: what one subscriber that does not read delays the others, once. It is
	// longer than the scheduler of a busy machine keeps a goroutine waiting most of the time.
	stuckAfter = 5 * time.Millisecond
	// watchInterval is how often it is looked for senders that are stuck.
	watchInterval = stuckAfter / 2
	// slowTime is for how long a stream that a sender had to wait for is left to its own
	// goroutine: who reads slowly does so again.
	slowTime = time.Second
	// maxSenders bounds those that are at work at a time, beside those that are stuck.
	maxSenders = 64
)

// senders are a few goroutines that send to the streams what is ready for them. A response
// costs a microsecond or less to hand to gRPC, and to wake a goroutine for it costs as much
// again: with a goroutine of each stream sending, a gateway at its limit delivered to a
// thousand 0.65 of what bare gRPC does that way, and with senders 0.71 to 1.15, run by run
// (docs/performance.md). It also lets the goroutine of a stream, which sends next to nothing
// then, keep the smallest stack.
//
// SendMsg waits for a subscriber that does not read. A sender to which that happens is
// replaced, and the stream is left to its own goroutine for a while: so subscribers that
// are slow cost a goroutine each, as they did before, and delay nobody. Many may become
// slow at once, behind each other in the queue: when all senders are stuck, each is replaced
// by two, so that a thousand streams hold up the others for a tenth of a second or so.
type senders struct {
	running sync.WaitGroup

	mu       sync.Mutex // guards what follows
	first    *pump      // of the queue, which is linked by pump.behind
	last     *pump
	waiting  sync.Cond // for the queue to be filled, or the end
	idle     int       // senders that wait
	all      map[*sendWorker]struct{}
	few      int  // senders that are there always
	most     int  // senders that may stay now
	watched  bool // watch will be called
	watchdog *time.Timer
	ended    bool
}

// sendWorker is one sender.
type sendWorker struct {
	at    *pump       // what it serves, nil if it waits; guarded by senders.mu
	stuck atomic.Bool // it was replaced; set with senders.mu held
}

// What a stream is to the senders.
const (
	notQueued  int32 = iota
	queued           // waits for a sender
	served           // a sender is at it
	queuedNext       // a sender is at it, and it is to be queued after that
)

func newSenders() *senders {
	q := &senders{all: map[*sendWorker]struct{}{}}
	q.waiting.L = &q.mu
	return q
}

// run sends until ctx ends. Streams must have ended by then.
func (q *senders) run(ctx context.Context) {
	q.mu.Lock()
	q.watchdog = time.AfterFunc(watchInterval, q.watch)
	q.watched = true
	q.few = runtime.GOMAXPROCS(0)
	q.most = q.few
	q.hire()
	q.mu.Unlock()
	<-ctx.Done()
	q.mu.Lock()
	q.ended = true
	q.watchdog.Stop()
	q.waiting.Broadcast()
	q.mu.Unlock()
	q.running.Wait()
}

// hire starts the senders that are missing. The caller holds q.mu.
func (q *senders) hire() {
	for len(q.all) < q.most {
		w := &sendWorker{}
		q.all[w] = struct{}{}
		q.running.Go(func() { q.work(w) })
	}
}

// push has a sender serve a stream. It is called from anywhere, and takes no time.
func (q *senders) push(p *pump) {
	for {
		switch at := p.queue.Load(); at {
		case notQueued:
			if p.queue.CompareAndSwap(at, queued) {
				q.enqueue(p)
				return
			}
		case served:
			if p.queue.CompareAndSwap(at, queuedNext) {
				return
			}
		default:
			return
		}
	}
}

func (q *senders) enqueue(p *pump) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.last == nil {
		q.first = p
	} else {
		q.last.behind = p
	}
	q.last = p
	if q.idle > 0 {
		q.waiting.Signal()
	}
	if !q.watched && q.watchdog != nil {
		q.watched = true
		q.watchdog.Reset(watchInterval)
	}
}

// dequeue returns the stream that has waited longest, once there is one; nil at the end,
// and to a sender that was replaced or is one too many.
func (q *senders) dequeue(w *sendWorker) *pump {
	q.mu.Lock()
	defer q.mu.Unlock()
	w.at = nil
	if q.first == nil {
		q.most = q.few
	}
	if w.stuck.Load() {
		return nil
	}
	if len(q.all) > q.most {
		delete(q.all, w)
		return nil
	}
	for q.first == nil && !q.ended {
		q.idle++
		q.waiting.Wait()
		q.idle--
	}
	if q.ended {
		return nil
	}
	p := q.first
	if q.first, p.behind = p.behind, nil; q.first == nil {
		q.last = nil
	}
	w.at = p
	return p
}

// watch replaces the senders that are stuck. It goes on for as long as there is something
// to do.
func (q *senders) watch() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return
	}
	q.watched = q.first != nil
	before := len(q.all)
	for w := range q.all {
		switch {
		case w.at == nil:
		case w.at.isStuck():
			w.stuck.Store(true)
			delete(q.all, w)
		default:
			q.watched = true
		}
	}
	switch {
	case len(q.all) == before || q.first == nil:
		q.most = q.few
	case len(q.all) == 0:
		q.most = max(q.few, min(2*before, maxSenders))
	default:
		q.most = max(q.few, before) // the others get on, for now
	}
	q.hire()
	if q.watched {
		q.watchdog.Reset(watchInterval)
	}
}

// isStuck tells whether a response has been on its way to the transport for too long.
func (p *pump) isStuck() bool {
	since := time.Duration(p.sending.Load())
	return since != 0 && p.server.now()-since >= stuckAfter
}

// work serves streams until the end, or until the sender is not needed any more.
func (q *senders) work(w *sendWorker) {
	for p := q.dequeue(w); p != nil; p = q.dequeue(w) {
		p.queue.Store(served)
		more := p.turn()
		if w.stuck.Load() {
			p.slowed()
		}
		if more || !p.queue.CompareAndSwap(served, notQueued) {
			p.queue.Store(queued)
			q.enqueue(p)
		}
	}
}
