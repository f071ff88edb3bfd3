package eventsource

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
)

// delivery brings one batch to an end: processed, or given up and told to the destination.
type delivery struct {
	lane     *lane
	pauses   *backoff
	attempts int    // invocations of the present head that failed as a whole
	last     Answer // of the last invocation
	tooLarge bool   // the last event was too large to be one
}

// run works on a queue that begins as the batch and is split and cut by failures. It returns ctx's error if that ends
// first; what is not done then is delivered again by a later poller.
func (d *delivery) run(ctx context.Context, records []Record) error {
	queue := [][]Record{records}
	for len(queue) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if queue[0] = d.dropExpired(ctx, queue[0]); len(queue[0]) == 0 {
			queue, d.attempts = queue[1:], 0
			continue
		}
		rest, pause := d.attempt(ctx, queue[0])
		queue = append(rest, queue[1:]...)
		if !pause {
			d.pauses.reset()
			continue
		}
		if err := d.pauses.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// attempt invokes the function once with a batch. It returns what of the batch is still to be done, in pieces, and
// whether to pause before.
func (d *delivery) attempt(ctx context.Context, records []Record) (rest [][]Record, pause bool) {
	s := d.settings()
	answer, err := d.invoke(ctx, d.event(records, windowFlags{}))
	if d.tooLarge = errors.Is(err, ErrTooLarge); d.tooLarge {
		d.last = Answer{}
		s.ProcessedHook(ResultCallFailed)
		return d.failed(ctx, records)
	}
	if err != nil { // it was not begun, so nothing is counted
		return [][]Record{records}, true
	}
	d.last = answer
	processed, state := d.processed(answer, records)
	if processed == 0 {
		s.ProcessedHook(ResultCallFailed)
		return d.failed(ctx, records)
	}
	s.ProcessedHook(ResultOK)
	if d.lane.knobs.takeDuplicate() {
		return [][]Record{records}, false
	}
	d.attempts = 0
	d.lane.source.aggregated(records[:processed], state)
	if len(state) > maxStateBytes {
		if err := d.endWindow(ctx, windowFlags{early: true}); err != nil {
			return [][]Record{records[processed:]}, false // run sees that ctx has ended
		}
	}
	if processed == len(records) {
		return nil, false
	}
	return [][]Record{records[processed:]}, false
}

// invoke calls the function. It tells of calls that were not begun, but for those that ctx or the size prevented.
func (d *delivery) invoke(ctx context.Context, e event) (Answer, error) {
	s := d.settings()
	answer, err := d.lane.invoker.Invoke(ctx, s.FunctionARN, e.encode())
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrTooLarge) {
		s.ProcessedHook(ResultCallFailed)
		s.Logger.Warn("function could not be invoked", "function", s.FunctionARN, "shard", d.shardID(), "error", err)
	}
	return answer, err
}

// event is what the function gets of records; within a tumbling window it tells of that, too.
func (d *delivery) event(records []Record, flags windowFlags) event {
	e := d.settings().event(d.shardID(), records)
	if w := d.lane.source.openWindow(); w != nil {
		e.windowEvent = d.settings().windowEvent(d.shardID(), w, flags)
	}
	return e
}

// processed is how many records from the first on the function has done with, and the state that it returned if there is
// a tumbling window.
func (d *delivery) processed(answer Answer, records []Record) (n int, state json.RawMessage) {
	if answer.FunctionError != "" {
		return 0, nil
	}
	if d.settings().Tumbling > 0 {
		var there bool
		if state, there = stateOf(answer.Payload); !there {
			return 0, nil
		}
	}
	if d.settings().PartialBatch {
		return firstFailure(answer.Payload, records), state
	}
	return len(records), state
}

// endWindow tells the function that a tumbling window is over, or, early, that its state was too large, in which case the
// window goes on with a fresh one. It is tried until the function succeeds: nothing else is processed before (Lambda
// developer guide). It returns ctx's error if that ends first.
func (d *delivery) endWindow(ctx context.Context, flags windowFlags) error {
	s := d.settings()
	for {
		answer, err := d.invoke(ctx, d.event(nil, flags))
		if errors.Is(err, ErrTooLarge) {
			s.Logger.Error("state of a tumbling window was lost: it fits no event", "mapping", s.MappingID, "shard", d.shardID())
			break
		}
		if _, there := stateOf(answer.Payload); err == nil && answer.FunctionError == "" && there {
			s.ProcessedHook(ResultOK)
			break
		}
		if err == nil {
			s.ProcessedHook(ResultCallFailed)
		}
		if err := d.pauses.wait(ctx); err != nil {
			return err
		}
	}
	d.pauses.reset()
	if flags.early {
		d.lane.source.aggregated(nil, json.RawMessage(freshState))
	} else {
		d.lane.source.closeWindow()
	}
	return nil
}

// failed decides on a batch of which nothing was processed. Splitting it does not use up retries.
func (d *delivery) failed(ctx context.Context, records []Record) (rest [][]Record, pause bool) {
	s := d.settings()
	if s.Bisect && len(records) > 1 {
		d.attempts = 0
		half := (len(records) + 1) / 2
		return [][]Record{records[:half:half], records[half:]}, true
	}
	d.attempts++
	if s.MaxRetries < 0 || d.attempts <= s.MaxRetries {
		return [][]Record{records}, true
	}
	d.giveUp(ctx, retriesExhausted, records)
	d.attempts = 0
	return nil, false
}

// dropExpired gives up the records that are too old and returns the others.
func (d *delivery) dropExpired(ctx context.Context, records []Record) []Record {
	s := d.settings()
	age := d.lane.source.keeps() // a record that its stream has no longer is not retried
	if s.MaxAge > 0 && (age <= 0 || s.MaxAge < age) {
		age = s.MaxAge
	}
	if age <= 0 {
		return records
	}
	oldest := s.Clock.Now().Add(-age)
	n := 0
	for n < len(records) && records[n].Arrival.Before(oldest) {
		n++
	}
	if n > 0 {
		d.giveUp(ctx, ageExceeded, records[:n])
	}
	return records[n:]
}

// giveUp tells the destination, if there is one, and lets the checkpoint pass the records.
func (d *delivery) giveUp(ctx context.Context, why condition, records []Record) {
	s := d.settings()
	s.Logger.Warn("records given up", "condition", string(why), "mapping", s.MappingID, "shard", d.shardID(), "records", len(records))
	if s.OnFailure != "" {
		d.tell(context.WithoutCancel(ctx), d.message(why, records))
	}
	d.lane.source.done(records)
}

// sendAttempts is how often a message is offered to the destination.
const sendAttempts = 3

// sendTimeout bounds one offer.
const sendTimeout = 10 * time.Second

func (d *delivery) tell(ctx context.Context, m Message) {
	s := d.settings()
	pauses := newBackoff(s, d.lane.name()+"/destination")
	for i := range sendAttempts {
		sendCtx, cancel := context.WithTimeout(ctx, sendTimeout)
		err := d.lane.sink.Send(sendCtx, s.OnFailure, m)
		cancel()
		if err == nil {
			return
		}
		s.Logger.Error("on-failure destination did not take a message", "destination", s.OnFailure, "attempt", i+1, "error", err)
		if i+1 < sendAttempts {
			_ = pauses.wait(ctx) // ctx is never cancelled
		}
	}
}

func (d *delivery) requestID() string {
	if d.last.RequestID != "" {
		return d.last.RequestID
	}
	return uuid.NewString()
}

func (d *delivery) settings() *Settings { return d.lane.settings() }

func (d *delivery) shardID() string { return d.lane.source.shardID }
