package main

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/spillway/spillway/pkg/eventlog"
)

// Field numbers of spillway.v1.
const (
	fieldSubscribed = 2 // SubscribeResponse
	fieldEvents     = 3
	fieldGap        = 5
	fieldDrain      = 6

	fieldEvent = 1 // EventBatch
)

var errResponse = errors.New("a response cannot be read")

// counts is what subscribers have got.
type counts struct {
	Events, Bytes, Messages int64
	Lost, Repeated, Gaps    int64 // of events: by their numbers
}

func (c *counts) add(other counts) {
	c.Events += other.Events
	c.Bytes += other.Bytes
	c.Messages += other.Messages
	c.Lost += other.Lost
	c.Repeated += other.Repeated
	c.Gaps += other.Gaps
}

// check returns what is wrong with what was delivered.
func (c *counts) check() error {
	if c.Lost+c.Repeated+c.Gaps > 0 {
		return fmt.Errorf("%d events lost, %d repeated, %d gaps, want none", c.Lost, c.Repeated, c.Gaps)
	}
	return nil
}

// tally reads the responses of one subscriber.
type tally struct {
	counts
	// ordered says that all events are the subscriber's: their numbers have no holes.
	ordered bool
	next    [eventlog.DefaultLanes]uint64 // by series: one more than the last number
	begun   [eventlog.DefaultLanes]bool
	live    bool
}

// response reads a SubscribeResponse, and calls each with the time in every event.
func (t *tally) response(msg []byte, each func(nanos int64)) error {
	t.Messages++
	t.Bytes += int64(len(msg))
	for len(msg) > 0 {
		num, typ, n := protowire.ConsumeTag(msg)
		if n < 0 {
			return errResponse
		}
		m := protowire.ConsumeFieldValue(num, typ, msg[n:])
		if m < 0 {
			return errResponse
		}
		switch num {
		case fieldSubscribed:
			t.live = true
		case fieldEvents:
			batch, _ := protowire.ConsumeBytes(msg[n:])
			if err := t.batch(batch, each); err != nil {
				return err
			}
		case fieldGap:
			t.Gaps++
		case fieldDrain:
			return errors.New("the server asks to come back later")
		}
		msg = msg[n+m:]
	}
	return nil
}

func (t *tally) batch(b []byte, each func(nanos int64)) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 || num != fieldEvent || typ != protowire.BytesType {
			return errResponse
		}
		event, m := protowire.ConsumeBytes(b[n:])
		if m < 0 {
			return errResponse
		}
		s, ok := readStamp(event)
		if !ok || s.series >= len(t.next) {
			return errResponse
		}
		t.count(s)
		each(s.nanos)
		b = b[n+m:]
	}
	return nil
}

// count counts an event. The first of a series may have any number: others were before
// the subscription.
func (t *tally) count(s stamp) {
	t.Events++
	if !t.ordered {
		return
	}
	switch want := t.next[s.series]; {
	case !t.begun[s.series]:
		t.begun[s.series] = true
	case s.number > want:
		t.Lost += int64(s.number - want)
	case s.number < want:
		t.Repeated++
		return
	}
	t.next[s.series] = s.number + 1
}
