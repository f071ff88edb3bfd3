package knobs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of faults.
const (
	maxFaults    = 100
	maxCount     = 1_000_000
	maxDelay     = 5 * time.Minute
	maxFaultText = 1024
)

// Drop says when the connection of a request is dropped.
type Drop string

// The moments to drop a connection.
const (
	DropNever  Drop = ""
	DropBefore Drop = "before" // and nothing is done
	DropAfter  Drop = "after"  // what was asked for is done, and the client does not hear of it
)

// Fault is what the next Count requests for an operation meet: a delay, then
// either an error or a lost connection, or nothing more.
type Fault struct {
	Operation string   `json:"operation"` // empty means any
	Count     int      `json:"count"`
	Delay     Duration `json:"delay,omitempty"`
	Status    int      `json:"status,omitempty"`
	Code      string   `json:"code,omitempty"`
	Message   string   `json:"message,omitempty"`
	Drop      Drop     `json:"drop,omitempty"`
}

// Check tells what is wrong with a fault; operations are those that there are.
func (f Fault) Check(operations []string) error {
	fails := f.Status != 0 || f.Code != "" || f.Message != ""
	switch {
	case f.Operation != "" && !slices.Contains(operations, f.Operation):
		return fmt.Errorf("there is no operation %.40q", f.Operation)
	case f.Count < 1 || f.Count > maxCount:
		return fmt.Errorf(`"count" must be 1 to %d`, maxCount)
	case f.Delay < 0 || time.Duration(f.Delay) > maxDelay:
		return fmt.Errorf(`"delay" must be 0 to %s`, maxDelay)
	case fails && (f.Code == "" || f.Status < http.StatusBadRequest || f.Status > 599):
		return errors.New(`an error has a "code", and a "status" of 400 to 599`)
	case len(f.Code)+len(f.Message) > maxFaultText:
		return fmt.Errorf("code and message have %d bytes at most", maxFaultText)
	case f.Drop != DropNever && f.Drop != DropBefore && f.Drop != DropAfter:
		return fmt.Errorf(`"drop" is %q or %q`, DropBefore, DropAfter)
	case f.Drop != DropNever && fails:
		return errors.New("give either an error or a drop")
	case !fails && f.Drop == DropNever && f.Delay == 0:
		return errors.New(`give "delay", an error or "drop"`)
	}
	return nil
}

// Wait waits for the fault's delay, or until ctx ends.
func (f Fault) Wait(ctx context.Context) error {
	if f.Delay <= 0 {
		return nil
	}
	timer := time.NewTimer(time.Duration(f.Delay))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Faults are the faults that are to come. The zero value has none.
type Faults struct {
	any atomic.Bool // whether there are any: requests take no mutex while there are none

	mu  sync.Mutex // is held to change any, and guards what follows
	all []Fault
}

// Add adds a fault after those that are there. It must have been checked.
func (f *Faults) Add(next Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.all) >= maxFaults {
		return fmt.Errorf("there are %d faults already, the most: reset some first", maxFaults)
	}
	f.all = append(f.all, next)
	f.any.Store(true)
	return nil
}

// Take gives the first fault for an operation, if there is one, and counts it.
func (f *Faults) Take(operation string) (Fault, bool) {
	if !f.any.Load() {
		return Fault{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.all {
		one := &f.all[i]
		if one.Operation != "" && one.Operation != operation {
			continue
		}
		taken := *one
		if one.Count--; one.Count == 0 {
			f.all = slices.Delete(f.all, i, i+1)
			f.any.Store(len(f.all) > 0)
		}
		return taken, true
	}
	return Fault{}, false
}

// Left gives the faults that are to come.
func (f *Faults) Left() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Fault{}, f.all...)
}

// Reset forgets all faults.
func (f *Faults) Reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = nil
	f.any.Store(false)
}
