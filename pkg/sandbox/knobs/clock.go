package knobs

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// maxShift bounds how far a clock can be turned: beyond any retention.
const maxShift = 10 * 366 * 24 * time.Hour

// Clock is a clock that can be turned. Make it with NewClock.
type Clock struct {
	base func() time.Time

	shift atomic.Int64 // nanoseconds; read without the mutex, as often as requests come

	mu      sync.Mutex    // is held to change shift, and guards what follows
	changed chan struct{} // closed when the clock is turned
}

// NewClock makes a clock that goes as base does.
func NewClock(base func() time.Time) *Clock {
	return &Clock{base: base, changed: make(chan struct{})}
}

// Now is the time.
func (c *Clock) Now() time.Time { return c.base().Add(c.Shifted()) }

// Shifted tells how far the clock was turned.
func (c *Clock) Shifted() time.Duration { return time.Duration(c.shift.Load()) }

// Changed gives a channel that is closed when the clock is turned the next time.
func (c *Clock) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// Shift turns the clock by d, ten years away from the real time at most.
func (c *Clock) Shift(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turn(c.Shifted() + d)
}

// Set makes it t now; the clock goes on from there.
func (c *Clock) Set(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.turn(t.Sub(c.base()))
}

// Reset turns the clock back to where it was at the start.
func (c *Clock) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.turn(0) // is always allowed
}

// turn sets the shift. The caller holds mu.
func (c *Clock) turn(shift time.Duration) error {
	if shift.Abs() > maxShift {
		return fmt.Errorf("the clock can be turned by %s at most", maxShift)
	}
	c.shift.Store(int64(shift))
	close(c.changed)
	c.changed = make(chan struct{})
	return nil
}

// ClockRequest turns a clock: to a time, or by a duration.
type ClockRequest struct {
	Set   *time.Time `json:"set"`
	Shift *Duration  `json:"shift"`
}

// Turn does what the request says.
func (c *Clock) Turn(r ClockRequest) error {
	switch {
	case r.Set != nil && r.Shift == nil:
		return c.Set(*r.Set)
	case r.Shift != nil && r.Set == nil:
		return c.Shift(time.Duration(*r.Shift))
	default:
		return errors.New(`give either "set", a time, or "shift", a duration`)
	}
}
