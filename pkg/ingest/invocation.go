package ingest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What is read of an invocation's payload
// (https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html). All else in it is
// read over, such as the members of a tumbling window.
const (
	memberRecords  = "Records"
	memberEventID  = "eventID"
	memberARN      = "eventSourceARN"
	memberKinesis  = "kinesis"
	memberSequence = "sequenceNumber"
	memberKey      = "partitionKey"
	memberArrival  = "approximateArrivalTimestamp"
	memberData     = "data"
)

const (
	// textChunk is how much text of records is allocated at once.
	textChunk = 64 << 10
	// maxKept bounds a buffer that is kept for the next invocation: what the payload of
	// one, of 6 MB, becomes.
	maxKept = 8 << 20
)

// invocation reads what Lambda brings: the records of an invocation, by shard. It takes
// what encoding/json and the types of aws-lambda-go take, and comes to the same, but the
// names of members count as they are written by AWS only, and the records come once. It
// leaves the payload as it is, and nothing of it points there. Its memory is used again.
type invocation struct {
	in     []byte // the payload
	pos    int
	count  int // of records read
	shards []shard
	at     map[string]int // index in shards
	last   int            // the shard of the last record

	data []byte          // of the records
	text strings.Builder // the strings of records, of earlier invocations as well

	rec struct { // being read
		eventID, arn, sequence, key []byte
		arrival                     time.Time
		data                        []byte
	}
	seen bool // that there are Records
}

// errSyntax is what is wrong with a payload that is not JSON.
var errSyntax = errors.New("is not JSON")

// read reads a payload.
func (d *invocation) read(payload []byte) error {
	d.in, d.pos, d.count, d.last, d.seen = payload, skipSpace(payload, 0), 0, 0, false
	d.shards, d.data = d.shards[:0], d.data[:0]
	if d.at == nil {
		d.at = map[string]int{}
	}
	clear(d.at)
	if need := base64.StdEncoding.DecodedLen(len(payload)); cap(d.data) < need {
		d.data = make([]byte, 0, need) // so that it never moves
	}
	err := d.object("the payload", d.member)
	if err == nil && skipSpace(d.in, d.pos) < len(d.in) {
		err = errSyntax
	}
	if err != nil {
		return fmt.Errorf("read invocation at byte %d: %w", d.pos, err)
	}
	return nil
}

// release lets go of what a read has found.
func (d *invocation) release() {
	for i := range d.shards {
		clear(d.shards[i].records)
	}
	d.in = nil
	if cap(d.data) > maxKept {
		d.data = nil
	}
}

func (d *invocation) member(name []byte) error {
	if string(name) != memberRecords {
		return d.skip()
	}
	if d.seen {
		return fmt.Errorf("%s comes twice", memberRecords)
	}
	d.seen = true
	return d.records()
}

func (d *invocation) records() error {
	if d.null() {
		return nil
	}
	if d.peek() != '[' {
		return d.unlike(memberRecords, "an array")
	}
	d.pos = skipSpace(d.in, d.pos+1)
	if d.peek() == ']' {
		d.pos++
		return nil
	}
	for {
		if err := d.record(); err != nil {
			return err
		}
		d.pos = skipSpace(d.in, d.pos)
		c := d.peek()
		d.pos++
		switch c {
		case ']':
			return nil
		case ',':
			d.pos = skipSpace(d.in, d.pos)
		default:
			return errSyntax
		}
	}
}

func (d *invocation) record() error {
	r := &d.rec
	r.eventID, r.arn, r.sequence, r.key, r.data, r.arrival = nil, nil, nil, nil, nil, time.Time{}
	if err := d.object("a record", d.recordMember); err != nil {
		return fmt.Errorf("records[%d]: %w", d.count, err)
	}
	if err := d.add(); err != nil {
		return err
	}
	d.count++
	return nil
}

func (d *invocation) recordMember(name []byte) error {
	switch string(name) {
	case memberEventID:
		return d.string(memberEventID, &d.rec.eventID)
	case memberARN:
		return d.string(memberARN, &d.rec.arn)
	case memberKinesis:
		return d.object(memberKinesis, d.kinesisMember)
	}
	return d.skip()
}

func (d *invocation) kinesisMember(name []byte) error {
	switch string(name) {
	case memberSequence:
		return d.string(memberSequence, &d.rec.sequence)
	case memberKey:
		return d.string(memberKey, &d.rec.key)
	case memberArrival:
		return d.arrival()
	case memberData:
		return d.base64()
	}
	return d.skip()
}

// add adds the record that was read to its shard. It checks what Lambda itself puts
// into records: one invocation carries records of one shard, but nothing in the event's
// format says so, and a wrong answer would lose records.
func (d *invocation) add() error {
	r := &d.rec
	id, _, ok := bytes.Cut(r.eventID, []byte(":"))
	if !ok || len(id) == 0 {
		return fmt.Errorf("records[%d].eventID %q: want SHARD:SEQUENCE_NUMBER", d.count, clip(r.eventID))
	}
	if !isSequenceNumber(r.sequence) {
		return fmt.Errorf("records[%d].kinesis.sequenceNumber %q: want a decimal number of 1 to %d digits",
			d.count, clip(r.sequence), maxSequenceDigits)
	}
	s := d.shard(id)
	s.records = append(s.records, KinesisRecord{SequenceNumber: d.keep(r.sequence), PartitionKey: d.keep(r.key), Arrival: r.arrival, Data: r.data})
	return nil
}

// shard returns the shard that the record which was read is of.
func (d *invocation) shard(id []byte) *shard {
	if d.last < len(d.shards) && string(id) == d.shards[d.last].id {
		return &d.shards[d.last]
	}
	n, known := d.at[string(id)]
	if !known {
		n = len(d.shards)
		id := d.keep(id)
		d.at[id] = n
		if n == cap(d.shards) {
			d.shards = append(d.shards, shard{})
		} else {
			d.shards = d.shards[:n+1] // with the memory of an earlier invocation's
		}
		s := &d.shards[n]
		s.id, s.stream, s.records = id, streamName(d.keep(d.rec.arn)), s.records[:0]
	}
	d.last = n
	return &d.shards[n]
}

// keep copies text to where it is a string without an allocation of its own.
func (d *invocation) keep(text []byte) string {
	if d.text.Cap()-d.text.Len() < len(text) {
		d.text = strings.Builder{}
		d.text.Grow(max(textChunk, len(text)))
	}
	start := d.text.Len()
	d.text.Write(text)
	return d.text.String()[start:]
}

// object reads an object and has member read the value of each member. Null is one
// without members.
func (d *invocation) object(what string, member func(name []byte) error) error {
	if d.null() {
		return nil
	}
	if d.peek() != '{' {
		return d.unlike(what, "an object")
	}
	d.pos = skipSpace(d.in, d.pos+1)
	if d.peek() == '}' {
		d.pos++
		return nil
	}
	for {
		name, err := d.name()
		if err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
		d.pos = skipSpace(d.in, d.pos)
		c := d.peek()
		d.pos++
		switch c {
		case '}':
			return nil
		case ',':
			d.pos = skipSpace(d.in, d.pos)
		default:
			return errSyntax
		}
	}
}

// name reads the name of a member, and what is up to its value.
func (d *invocation) name() ([]byte, error) {
	if d.peek() != '"' {
		return nil, errSyntax
	}
	end, plain := scanString(d.in, d.pos)
	if end < 0 {
		return nil, errSyntax
	}
	value := scanColon(d.in, end)
	if value < 0 {
		return nil, errSyntax
	}
	name := text(d.in[d.pos:end], plain)
	d.pos = value
	return name, nil
}

// text returns what a string says. What AWS writes itself is plain.
func text(quoted []byte, plain bool) []byte {
	if plain {
		return quoted[1 : len(quoted)-1]
	}
	return []byte(unescape(quoted))
}

// peek returns the next byte, or 0 at the end.
func (d *invocation) peek() byte {
	if d.pos >= len(d.in) {
		return 0
	}
	return d.in[d.pos]
}

// null reads over null, if that is what comes.
func (d *invocation) null() bool {
	if d.peek() != 'n' {
		return false
	}
	end := scanLiteral(d.in, d.pos, "null")
	if end < 0 {
		return false
	}
	d.pos = end
	return true
}

// skip reads over a value.
func (d *invocation) skip() error {
	end := scanValue(d.in, d.pos, 0)
	if end < 0 {
		return errSyntax
	}
	d.pos = end
	return nil
}

// unlike says that a value is not what it should be.
func (d *invocation) unlike(what, want string) error {
	if scanValue(d.in, d.pos, 0) < 0 {
		return errSyntax
	}
	return fmt.Errorf("%s is not %s", what, want)
}

// string reads the value of a member, which null leaves as it is.
func (d *invocation) string(member string, value *[]byte) error {
	if d.null() {
		return nil
	}
	if d.peek() != '"' {
		return d.unlike(member, "a string")
	}
	end, plain := scanString(d.in, d.pos)
	if end < 0 {
		return errSyntax
	}
	*value = text(d.in[d.pos:end], plain)
	d.pos = end
	return nil
}

// base64 reads the data of a record.
func (d *invocation) base64() error {
	if d.plainBase64() {
		return nil
	}
	var text []byte
	if err := d.string(memberData, &text); err != nil {
		return err
	}
	return d.decode(text)
}

// plainBase64 reads data that is written as AWS does, and tells whether it is: most of a
// payload is data, and decoding finds by itself whatever else scanning a string would, but
// line breaks, which it skips.
func (d *invocation) plainBase64() bool {
	if d.peek() != '"' {
		return false
	}
	text, _, ok := bytes.Cut(d.in[d.pos+1:], []byte{'"'})
	if !ok || d.decode(text) != nil || base64.StdEncoding.EncodedLen(len(d.rec.data)) != len(text) {
		return false
	}
	d.pos += len(text) + len(`""`)
	return true
}

// decode takes over the data of a record.
func (d *invocation) decode(text []byte) error {
	data, err := base64.StdEncoding.AppendDecode(d.data, text)
	if err != nil {
		return fmt.Errorf("%s: %w", memberData, err)
	}
	d.rec.data = data[len(d.data):len(data):len(data)]
	d.data = data
	return nil
}

// arrival reads a time: seconds since 1970, with a fraction.
func (d *invocation) arrival() error {
	if d.null() {
		d.rec.arrival = time.Unix(0, 0)
		return nil
	}
	end := scanNumber(d.in, d.pos)
	if end < 0 {
		return d.unlike(memberArrival, "a number")
	}
	number := d.in[d.pos:end]
	var ok bool
	if d.rec.arrival, ok = decimalTime(number); !ok {
		seconds, err := strconv.ParseFloat(string(number), 64)
		if err != nil {
			return fmt.Errorf("%s: %w", memberArrival, err)
		}
		whole := int64(seconds)
		d.rec.arrival = time.Unix(whole, int64((seconds-float64(whole))*float64(time.Second)))
	}
	d.pos = end
	return nil
}

// decimalTime reads a time that is written as AWS does, which takes a fraction of what a
// float costs, and means what it says to the nanosecond.
func decimalTime(number []byte) (at time.Time, ok bool) {
	const maxWhole, maxFraction = len("1545084650"), len("987654321")
	whole, fraction, _ := bytes.Cut(number, []byte{'.'})
	if len(whole) > maxWhole || len(fraction) > maxFraction {
		return at, false
	}
	var seconds, nanos int64
	for _, c := range whole {
		if c -= '0'; c > 9 {
			return at, false
		}
		seconds = 10*seconds + int64(c)
	}
	unit := int64(time.Second)
	for _, c := range fraction {
		if c -= '0'; c > 9 {
			return at, false
		}
		unit /= 10
		nanos += unit * int64(c)
	}
	return time.Unix(seconds, nanos), true
}
