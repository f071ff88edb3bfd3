package main

import "sync"

// maxSkipNotes bounds how many skipped lines are told one by one; the summary
// counts them all.
const maxSkipNotes = 20

// skipNotes tells the first lines that are left out, and counts them all. Both the
// goroutine that reads and the one that puts use it.
type skipNotes struct {
	mu      sync.Mutex // guards skipped, and keeps the notes apart
	skipped int64
}

func (s *skipNotes) note(p *program, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.skipped++; {
	case s.skipped <= maxSkipNotes:
		p.note("skipped: %v", err)
	case s.skipped == maxSkipNotes+1:
		p.note("skipped: more, which only the summary counts")
	}
}

func (s *skipNotes) count() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.skipped
}
