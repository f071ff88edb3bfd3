package main

import (
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/topic"
)

// shown is one thing that the SDK has shown to a subscriber: an event or a gap.
type shown struct {
	chain  int // -1 if none of the workload's
	number int
	id     uint64 // fingerprint of the event's id
	wrong  bool   // the data are not what was put
	stray  string // the topic, if there is no such chain
	stream int    // how many streams the subscriber has made before
	gap    *client.Gap
}

// history is what a subscriber was shown, in order, and what that is held against.
type history struct {
	name     string
	grants   []topic.Pattern // of its token
	patterns []topic.Pattern // asked for
	// since is when it was first live: it must get what was put after that. Zero means
	// all.
	since time.Time
	// careless means that it leaves in the midst of a response, so that its next stream
	// shows the events of that again.
	careless bool
	// durable means that it keeps what it has seen between streams: nothing is to be
	// shown to it again, whatever happened.
	durable bool
	items   []shown
	// repeated is how many events the SDK has dropped as repetitions.
	repeated int64
	ended    error // what ended it before its time
}

// journal is a history that is being written. It may be used concurrently.
type journal struct {
	mu   sync.Mutex // guards what follows
	hist history
	last []int // by chain: the highest number that was shown
	seen time.Time
}

func newJournal(h history, chains int) *journal {
	return &journal{hist: h, last: make([]int, chains)}
}

// add notes what was shown.
func (j *journal) add(s shown) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.hist.items = append(j.hist.items, s)
	if s.gap == nil && s.chain >= 0 {
		j.last[s.chain] = max(j.last[s.chain], s.number)
	}
	j.seen = time.Now()
}

func (j *journal) change(f func(*history)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f(&j.hist)
}

// read returns a copy of what there is; the items are shared and do not change.
func (j *journal) read() history {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.hist
}

// missing is how many of the chains that the subscriber should have it has not been
// shown to the end, and when it was shown something last.
func (j *journal) missing(workload *workload, ends []int) (chains int, seen time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, end := range ends {
		if j.hist.wants(workload.chains[i].Topic) && j.last[i] < end {
			chains++
		}
	}
	return chains, j.seen
}

// wants tells whether the subscriber asked for a topic and may read it.
func (h *history) wants(name string) bool { return h.asked(name) && h.granted(name) }

func (h *history) asked(name string) bool { return matches(h.patterns, name) }

func (h *history) granted(name string) bool { return matches(h.grants, name) }

func matches(patterns []topic.Pattern, name string) bool {
	for _, p := range patterns {
		if p.Match(name) {
			return true
		}
	}
	return false
}
