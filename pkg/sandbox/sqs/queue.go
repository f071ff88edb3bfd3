package sqs

import (
	"container/heap"
	"crypto/md5" //nolint:gosec // SQS's checksum of a body is MD5
	"encoding/hex"
	"time"

	"github.com/google/uuid"
)

// queue is a queue and its messages. Guarded by Service.mu.
type queue struct {
	name       string
	created    time.Time
	modified   time.Time
	attributes map[string]string // what was set; readers fill in the defaults

	waiting  messages            // all messages, the one that is visible first on top
	received map[string]*message // by the receipt handle of the last receipt
	visible  chan struct{}       // closed and replaced when a message comes or becomes visible sooner; readers wait for it
}

// message is one message, from its sending to its deletion or expiry.
type message struct {
	id      string
	body    string
	sent    time.Time
	first   time.Time // when it was first received
	count   int       // how often it was received
	handle  string    // of the last receipt, "" if there was none
	visible time.Time // when it can be received
	at      int       // index in the heap
}

func (m *message) bytes() int64 { return int64(len(m.body)) + messageOverhead }

func (m *message) inFlight(now time.Time) bool { return m.handle != "" && m.visible.After(now) }

func newQueue(name string, attributes map[string]string, now time.Time) *queue {
	return &queue{
		name: name, created: now, modified: now, attributes: attributes,
		received: make(map[string]*message), visible: make(chan struct{}),
	}
}

// put adds a message.
func (q *queue) put(body string, delay time.Duration, now time.Time) *message {
	m := &message{id: uuid.NewString(), body: body, sent: now, visible: now.Add(delay)}
	heap.Push(&q.waiting, m)
	q.changed()
	return m
}

// changed wakes those who wait for a message.
func (q *queue) changed() {
	close(q.visible)
	q.visible = make(chan struct{})
}

// take receives at most n visible messages and hides them.
func (q *queue) take(n int, hidden time.Duration, now time.Time) []*message {
	var out []*message
	for len(out) < n && len(q.waiting) > 0 && !q.waiting[0].visible.After(now) {
		m, _ := heap.Pop(&q.waiting).(*message)
		if m.count++; m.count == 1 {
			m.first = now
		}
		delete(q.received, m.handle)
		m.handle, m.visible = uuid.NewString(), now.Add(hidden)
		q.received[m.handle] = m
		out = append(out, m)
	}
	for _, m := range out { // only now: what is hidden for no time must not be taken twice
		heap.Push(&q.waiting, m)
	}
	return out
}

// next is when the first message becomes visible, if there is one.
func (q *queue) next() (time.Time, bool) {
	if len(q.waiting) == 0 {
		return time.Time{}, false
	}
	return q.waiting[0].visible, true
}

// remove deletes a message and returns the bytes that it had.
func (q *queue) remove(m *message) int64 {
	heap.Remove(&q.waiting, m.at)
	delete(q.received, m.handle)
	return m.bytes()
}

// expire deletes what is older than the queue keeps, and returns the bytes that it had.
func (q *queue) expire(now time.Time) (freed int64) {
	before := now.Add(-q.duration(attrRetention))
	kept := q.waiting[:0]
	for _, m := range q.waiting {
		if m.sent.After(before) {
			kept = append(kept, m)
			continue
		}
		delete(q.received, m.handle)
		freed += m.bytes()
	}
	clear(q.waiting[len(kept):])
	q.waiting = kept
	if freed > 0 {
		for i, m := range kept {
			m.at = i
		}
		heap.Init(&q.waiting)
	}
	return freed
}

// clear deletes all messages and returns the bytes that they had.
func (q *queue) clear() (freed int64) {
	for _, m := range q.waiting {
		freed += m.bytes()
	}
	q.waiting = nil
	clear(q.received)
	return freed
}

// counts are the numbers of messages that are visible, in flight and delayed.
func (q *queue) counts(now time.Time) (visible, inFlight, delayed int) {
	for _, m := range q.waiting {
		switch {
		case m.inFlight(now):
			inFlight++
		case m.visible.After(now):
			delayed++
		default:
			visible++
		}
	}
	return visible, inFlight, delayed
}

func checksum(body string) string {
	sum := md5.Sum([]byte(body)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// messages is a heap by the time of becoming visible; see container/heap.
type messages []*message

// Len is a part of heap.Interface.
func (m messages) Len() int { return len(m) }

// Less is a part of heap.Interface.
func (m messages) Less(i, j int) bool { return m[i].visible.Before(m[j].visible) }

// Swap is a part of heap.Interface.
func (m messages) Swap(i, j int) {
	m[i], m[j] = m[j], m[i]
	m[i].at, m[j].at = i, j
}

// Push is a part of heap.Interface.
func (m *messages) Push(x any) {
	item, _ := x.(*message)
	item.at = len(*m)
	*m = append(*m, item)
}

// Pop is a part of heap.Interface.
func (m *messages) Pop() any {
	old := *m
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*m = old[:len(old)-1]
	return last
}
