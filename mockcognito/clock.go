package mockcognito

import (
	"fmt"
	"sync"
	"time"
)

// maxClockShift bounds how far the clock may be from the configured one.
const maxClockShift = 100 * 365 * 24 * time.Hour

// clock is the configured clock, turned by a knob.
type clock struct {
	base func() time.Time

	mu     sync.Mutex // guards what follows
	offset time.Duration
}

func (c *clock) now() time.Time { return c.base().Add(c.shift()) }

func (c *clock) shift() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// turn replaces the offset by what to makes of it.
func (c *clock) turn(to func(offset time.Duration) time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := to(c.offset)
	if next.Abs() > maxClockShift {
		return fmt.Errorf("mockcognito: the clock may be at most %s from the configured one", maxClockShift)
	}
	c.offset = next
	return nil
}

// SetClock makes it now at, for what is dated from here on; from there the clock goes on. Tokens that have been issued
// are not touched, and verifiers have clocks of their own. It fails for a time that is more than a hundred years from
// the configured clock's.
func (s *Server) SetClock(at time.Time) error {
	return s.clock.turn(func(time.Duration) time.Duration { return at.Sub(s.clock.base()) })
}

// ShiftClock puts the clock on by the given time, back if that is negative. Shifts add up, to at most a hundred years.
func (s *Server) ShiftClock(by time.Duration) error {
	if by.Abs() > 2*maxClockShift {
		return fmt.Errorf("mockcognito: the clock cannot be shifted by %s", by)
	}
	return s.clock.turn(func(offset time.Duration) time.Duration { return offset + by })
}

// ResetClock makes the clock the configured one again.
func (s *Server) ResetClock() { _ = s.clock.turn(func(time.Duration) time.Duration { return 0 }) }
