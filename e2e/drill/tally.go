package main

import (
	"errors"
	"fmt"
	"math/bits"
)

// tally is what one subscriber got of the events 0, 1, 2... It belongs to the
// goroutine that reads.
type tally struct {
	seen [][wordsPerPage]uint64 // a bit for each number
	last [keys]int              // by key: one more than the highest number

	received   int // all that came
	duplicated int // that had come before
	disordered int // after a later one of their key
	foreign    int // that nobody appended
	gaps       int // told
}

// wordsPerPage is how much of the bits is allocated at a time.
const wordsPerPage = 64

const (
	pageBits = wordsPerPage * 64
	// maxNumber bounds the memory of a tally: 12 hours at 10,000 events a second are
	// less.
	maxNumber = 1 << 29
)

// add counts the event with a number.
func (t *tally) add(n int) {
	t.received++
	if n < 0 || n >= maxNumber {
		t.foreign++
		return
	}
	for n >= len(t.seen)*pageBits {
		t.seen = append(t.seen, [wordsPerPage]uint64{})
	}
	word, bit := &t.seen[n/pageBits][n%pageBits/64], uint64(1)<<(n%64)
	key := n % keys
	switch {
	case *word&bit != 0:
		t.duplicated++
	case n < t.last[key]:
		t.disordered++
	}
	*word |= bit
	t.last[key] = max(t.last[key], n+1)
}

// lost returns how many of the first total events have not come. What came beyond
// them counts for nothing here.
func (t *tally) lost(total int) int {
	have := 0
	for i := range t.seen {
		for j, word := range t.seen[i] {
			if beyond := i*pageBits + (j+1)*64 - total; beyond > 0 {
				word &= ^uint64(0) >> min(64, beyond)
			}
			have += bits.OnesCount64(word)
		}
	}
	return total - have
}

// beyond returns how many keys have events that come after the first total ones.
func (t *tally) beyond(total int) int {
	count := 0
	for _, last := range t.last {
		if last > total {
			count++
		}
	}
	return count
}

// sum is what many subscribers got.
type sum struct {
	subscribers, received, lost, duplicated, disordered, foreign, gaps int
}

// add counts a subscriber of total events.
func (s *sum) add(t *tally, total int) {
	s.subscribers++
	s.received += t.received
	s.lost += t.lost(total)
	s.duplicated += t.duplicated
	s.disordered += t.disordered
	s.foreign += t.foreign + t.beyond(total)
	s.gaps += t.gaps
}

// check returns what is wrong.
func (s *sum) check() error {
	var errs []error
	for _, c := range []struct {
		what  string
		count int
	}{
		{"events lost", s.lost}, {"events duplicated", s.duplicated}, {"events out of order", s.disordered},
		{"events that nobody appended", s.foreign}, {"gaps told", s.gaps},
	} {
		if c.count != 0 {
			errs = append(errs, fmt.Errorf("%d %s, want 0", c.count, c.what))
		}
	}
	return errors.Join(errs...)
}

func (s *sum) String() string {
	return fmt.Sprintf("%d subscribers received %d events: %d lost, %d duplicated, %d out of order, %d foreign, %d gaps",
		s.subscribers, s.received, s.lost, s.duplicated, s.disordered, s.foreign, s.gaps)
}
