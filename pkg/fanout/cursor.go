package fanout

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/spillway/spillway/pkg/eventlog"
)

// A cursor is a position in every lane that a subscription reads. It travels in
// two parts, so that the cursor of a response with a single event costs a few
// bytes, not some for every lane:
//
//	base = body | tag (16 bytes)
//	body = version (1) | epoch (8) | floor | place...
//	step = tag (8 bytes) | place...
//	place = lane - previous lane - 1 | milliseconds | number in the millisecond + 1
//
// Integers are unsigned varints, lanes ascend. Milliseconds are 0 for the beginning
// of time, else 1 + what they are more than the floor; in a step, what they are more
// than the base's. The number wraps around, so that the largest, which a start by
// time uses, is 0. A base holds all lanes of the subscription, a step those that
// moved since. The tags are a Sealer's: a base is of one client, a step of one base.
const (
	cursorVersion = 2
	epochBytes    = 8
	// maxCursorBytes bounds each part: more than MaxLanes places can take.
	maxCursorBytes = 1 + epochBytes + binary.MaxVarintLen64 + baseTagBytes + eventlog.MaxLanes*(2+2*binary.MaxVarintLen64)
)

// maxMS is a time, in milliseconds since 1970, that no entry will have: some 4,000
// years from now.
const maxMS = 1 << 47

var (
	errDamaged = errors.New("is damaged")
	errTime    = errors.New("has a time that cannot be")
)

// ErrCursor is wrapped by the errors of ParseCursor.
var ErrCursor = errors.New("cursor is not valid")

// Cursor is a decoded cursor.
type Cursor struct {
	Epoch string
	// Places has the position of each lane that the cursor knows.
	Places map[int]eventlog.ID

	mark Mark // what it was decoded from
}

// place is the position in a lane.
type place struct {
	lane int
	id   eventlog.ID
}

// base is an encoded base, shared by all the marks that refer to it.
type base struct {
	body   []byte
	digest digest // of body: what a step is bound to
	places []place
	sealer *Sealer
	wire   []byte // in place of the rest: what a client sent
}

// Mark is an encoded cursor: a base, and a step from it.
type Mark struct {
	base *base
	step []byte
}

// RawMark returns a mark of the given bytes, such as a client sent them.
func RawMark(baseBytes, step []byte) Mark { return Mark{&base{wire: baseBytes}, step} }

// IsZero tells whether m is no cursor at all.
func (m Mark) IsZero() bool { return m.base == nil }

// Base returns the base's bytes for a client; they must not be changed.
func (m Mark) Base(clientID string) []byte {
	if m.base.wire != nil {
		return m.base.wire
	}
	return m.base.sealer.sealBase(clientID, m.base.body)
}

// Step returns the step's bytes, empty if the base says it all; they must not be
// changed.
func (m Mark) Step() []byte { return m.step }

// SameBase tells whether who has the base of other needs only the step of m.
func (m Mark) SameBase(other Mark) bool { return m.base == other.base }

// smallStep is what a step takes at least: its tag and one place.
const smallStep = stepTagBytes + 6

// tracker encodes the successive positions of one reader. It begins another base
// once what steps from the last one take beyond the least that a step takes adds up to
// the size of a base: then a response costs at most about twice the bytes that any way of
// cutting would take. Who reads one lane hardly ever needs another, which each subscriber
// would have to be sent for itself.
type tracker struct {
	sealer *Sealer
	base   *base
	epoch  string
	spent  int
}

// mark encodes places, which ascend by lane.
func (t *tracker) mark(epoch string, places []place) Mark {
	if t.base != nil && t.epoch == epoch && t.spent <= len(t.base.body) {
		if step, ok := t.sealer.appendStep(t.base, places); ok {
			t.spent += max(0, len(step)-smallStep)
			return Mark{t.base, step}
		}
	}
	t.base, t.epoch, t.spent = t.sealer.newBase(epoch, places), epoch, 0
	return Mark{base: t.base}
}

func (s *Sealer) newBase(epoch string, places []place) *base {
	buf := make([]byte, 0, 1+epochBytes+8+7*len(places))
	buf = append(buf, cursorVersion)
	buf, err := hex.AppendDecode(buf, []byte(epoch))
	if err != nil || len(buf) != 1+epochBytes {
		panic("fanout: epoch " + epoch + " is not of the log's form")
	}
	floor := uint64(0)
	for _, p := range places {
		if p.id.MS > 0 && (floor == 0 || p.id.MS < floor) {
			floor = p.id.MS
		}
	}
	buf = binary.AppendUvarint(buf, floor)
	prev := -1
	for _, p := range places {
		ms := uint64(0)
		if p.id.MS > 0 {
			ms = p.id.MS - floor + 1
		}
		buf = appendPlace(buf, p.lane-prev-1, ms, p.id.Seq)
		prev = p.lane
	}
	return &base{body: buf, digest: digestOf(buf), places: slices.Clone(places), sealer: s}
}

// appendStep encodes what moved since b; ok is false if places are not of the same
// lanes or went back.
func (s *Sealer) appendStep(b *base, places []place) (step []byte, ok bool) {
	if len(places) != len(b.places) {
		return nil, false
	}
	prev := -1
	for i, p := range places {
		was := b.places[i]
		if p == was {
			continue
		}
		if p.lane != was.lane || p.id.Compare(was.id) < 0 {
			return nil, false
		}
		if step == nil {
			step = make([]byte, stepTagBytes, stepTagBytes+16)
		}
		step = appendPlace(step, p.lane-prev-1, p.id.MS-was.id.MS, p.id.Seq)
		prev = p.lane
	}
	if step != nil {
		s.sealStep(b.digest, step)
	}
	return step, true
}

func appendPlace(buf []byte, skip int, ms, seq uint64) []byte {
	buf = binary.AppendUvarint(buf, uint64(skip))
	buf = binary.AppendUvarint(buf, ms)
	return binary.AppendUvarint(buf, seq+1)
}

// ParseCursor decodes what a Mark of the same client encoded. Its errors wrap
// ErrCursor.
func (s *Sealer) ParseCursor(clientID string, baseBytes, step []byte) (Cursor, error) {
	body, err := s.openBase(clientID, baseBytes)
	if err != nil {
		return Cursor{}, fmt.Errorf("%w: base: %w", ErrCursor, err)
	}
	c, err := parseBody(body)
	if err != nil {
		return Cursor{}, fmt.Errorf("%w: base: %w", ErrCursor, err)
	}
	c.mark = RawMark(slices.Clone(baseBytes), slices.Clone(step))
	if len(step) == 0 {
		return c, nil
	}
	places, err := s.openStep(digestOf(body), step)
	if err == nil {
		err = c.apply(places)
	}
	if err != nil {
		return Cursor{}, fmt.Errorf("%w: step: %w", ErrCursor, err)
	}
	return c, nil
}

// parseBody decodes the body of a base.
func parseBody(body []byte) (Cursor, error) {
	c := Cursor{Epoch: hex.EncodeToString(body[1 : 1+epochBytes]), Places: map[int]eventlog.ID{}}
	floor, n := binary.Uvarint(body[1+epochBytes:])
	if n <= 0 {
		return Cursor{}, errDamaged
	}
	err := eachPlace(body[1+epochBytes+n:], func(lane int, ms, seq uint64) error {
		if ms > maxMS || floor > maxMS {
			return errTime
		}
		if ms > 0 {
			ms += floor - 1
		}
		c.Places[lane] = eventlog.ID{MS: ms, Seq: seq}
		return nil
	})
	return c, err
}

// apply moves c on by the places of a step.
func (c *Cursor) apply(places []byte) error {
	return eachPlace(places, func(lane int, ms, seq uint64) error {
		was, ok := c.Places[lane]
		if !ok {
			return errors.New("has a lane that its base has not")
		}
		if ms > maxMS {
			return errTime
		}
		c.Places[lane] = eventlog.ID{MS: was.MS + ms, Seq: seq}
		return nil
	})
}

// eachPlace calls f for every place in b.
func eachPlace(b []byte, f func(lane int, ms, seq uint64) error) error {
	for lane := -1; len(b) > 0; {
		var v [3]uint64
		for i := range v {
			value, n := binary.Uvarint(b)
			if n <= 0 {
				return errDamaged
			}
			v[i], b = value, b[n:]
		}
		if v[0] >= eventlog.MaxLanes || lane+1+int(v[0]) >= eventlog.MaxLanes {
			return errors.New("has a lane that cannot be")
		}
		lane += 1 + int(v[0])
		if err := f(lane, v[1], v[2]-1); err != nil {
			return err
		}
	}
	return nil
}
