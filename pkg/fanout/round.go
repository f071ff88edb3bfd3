package fanout

import (
	"sync/atomic"

	"github.com/spillway/spillway/pkg/eventlog"
)

// joinFor is for how many subscribers the events of a round are copied together: each of
// them then has one run to send in place of one for each entry, which is worth more than
// the copy.
const joinFor = 8

// round is what was published to a view since its subscribers were last woken. Those who
// were level get the same batch, made once.
type round struct {
	from, to uint64 // indexes of its slots
	before   int    // bytes before the last slot
	moves    []move // where the lanes are after it
	batch    Batch
}

// move is the position in a lane after a round.
type move struct {
	lane int
	id   eventlog.ID
}

// Memo keeps what the first who got a batch has made of it, for the others who get the
// same one. It may be used concurrently.
type Memo struct{ atomic.Value }

// settle makes a round of the slots that were published since the last one. There is none
// if one of them is a gap. It is for who publishes.
func (v *view) settle() {
	v.mu.Lock()
	defer v.mu.Unlock()
	from, to := max(v.settled, v.first), v.end()
	v.settled, v.round = to, nil
	if from == to {
		return
	}
	slots := v.slots[from-v.first:]
	if v.subscribers >= joinFor {
		join(slots)
	}
	r := &round{from: from, to: to, batch: Batch{Memo: &Memo{}}}
	for i := range slots {
		s := &slots[i]
		if s.gap != nil || s.over != nil {
			return
		}
		r.before = r.batch.Size
		r.batch.add(s)
		r.moved(s.lane, s.id)
	}
	v.round = r
}

func (r *round) moved(lane int, id eventlog.ID) {
	for i := range r.moves {
		if r.moves[i].lane == lane {
			r.moves[i].id = id
			return
		}
	}
	r.moves = append(r.moves, move{lane, id})
}

// join lays the events of slots out in one piece of memory, in their order.
func join(slots []slot) {
	size, runs := 0, 0
	for i := range slots {
		size += slots[i].size
		runs += len(slots[i].events)
	}
	if runs < 2 {
		return
	}
	all := make([]byte, 0, size)
	for i := range slots {
		s := &slots[i]
		if s.size == 0 {
			continue
		}
		from := len(all)
		for _, run := range s.events {
			all = append(all, run...)
		}
		s.events = [][]byte{all[from:]} // up to the end of all, so that the next one is seen to adjoin
	}
}

// adjoins tells whether next begins in memory where run ends, so that run may be
// extended.
func adjoins(run, next []byte) bool {
	rest := run[len(run):cap(run)]
	return len(rest) > 0 && len(next) > 0 && &rest[0] == &next[0]
}

// add adds the events of a slot.
func (b *Batch) add(s *slot) {
	for _, run := range s.events {
		if n := len(b.Events); n > 0 && adjoins(b.Events[n-1], run) {
			b.Events[n-1] = b.Events[n-1][:len(b.Events[n-1])+len(run)]
			continue
		}
		b.Events = append(b.Events, run)
	}
	b.Size += s.size
	b.Count += s.count
	b.Mark = s.mark
}
