package client

import (
	"context"
	"errors"
	"time"
)

const (
	// firstResponseTimeout bounds the time from the call, with its connection and
	// handshake, to the first response.
	firstResponseTimeout = 30 * time.Second
	// missedHeartbeats is how many heartbeat intervals may pass in silence.
	missedHeartbeats = 3

	// The heartbeat interval that is believed: the server's default where it names
	// none, and bounds against a server's mistake.
	defaultHeartbeat = 30 * time.Second
	minHeartbeat     = time.Second
	maxHeartbeat     = 5 * time.Minute
)

// errSilent is the cause of a cancellation by the watchdog.
var errSilent = errors.New("the gateway has gone silent, without even a heartbeat")

// watchdog cancels a call on which nothing arrives. It is awake only while the
// stream waits for the gateway, not while the application handles an event.
type watchdog struct {
	timer    *time.Timer
	patience time.Duration
}

// newWatchdog returns a watchdog that is awake.
func newWatchdog(cancel context.CancelCauseFunc) *watchdog {
	timer := time.AfterFunc(firstResponseTimeout, func() { cancel(errSilent) })
	return &watchdog{timer, firstResponseTimeout}
}

// expect sets the patience to what the heartbeat interval in force allows.
func (w *watchdog) expect(heartbeat time.Duration) {
	if heartbeat <= 0 {
		heartbeat = defaultHeartbeat
	}
	w.patience = missedHeartbeats * min(max(heartbeat, minHeartbeat), maxHeartbeat)
}

func (w *watchdog) wake()  { w.timer.Reset(w.patience) }
func (w *watchdog) sleep() { w.timer.Stop() }
