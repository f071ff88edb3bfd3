// Package event encodes events once, as the bytes that a subscriber receives.
//
// An [Event] is encoded with [Append] as one element of the `events` field of the
// protobuf message spillway.v1.EventBatch, tag and length included: encoded
// events may be concatenated, stored, cut at their borders and sent, and any
// concatenation is an EventBatch. [Next] walks over such bytes and reads the few
// fields that routing needs, without decoding or copying; [Raw.Fields] reads the others
// for who looks into an event.
//
// The package knows neither Redis nor gRPC. Its functions are safe to call
// concurrently on distinct or unchanging bytes.
package event

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of spillway.v1; a test holds them against the generated code.
const (
	fieldEvents = 1 // EventBatch

	fieldID           = 1 // Event
	fieldTopic        = 2
	fieldPartitionKey = 3
	fieldArrival      = 4
	fieldData         = 5

	fieldSeconds = 1 // google.protobuf.Timestamp
	fieldNanos   = 2
)

// ErrMalformed is what Next returns for bytes that are no encoded event.
var ErrMalformed = errors.New("malformed event")

// Event is one user record with its topic.
type Event struct {
	Shard          string // Kinesis's shard id, such as shardId-000000000000
	SequenceNumber string // Kinesis's sequence number, decimal
	SubSequence    int    // index in an aggregated record, else 0
	Topic          string
	PartitionKey   string
	Arrival        time.Time // when Kinesis accepted the record
	Data           []byte
}

// ID returns the event's identity, unique in its stream:
// `<shard>:<sequence number>:<sub-sequence number>`, the shard without the
// `shardId-` prefix and leading zeros that Kinesis lets a client leave out, too.
func (e *Event) ID() string { return string(e.appendID(nil)) }

func (e *Event) appendID(dst []byte) []byte {
	shard := strings.TrimPrefix(e.Shard, "shardId-")
	if trimmed := strings.TrimLeft(shard, "0"); trimmed != "" || shard == "" {
		shard = trimmed
	} else {
		shard = "0"
	}
	dst = append(append(dst, shard...), ':')
	dst = append(append(dst, e.SequenceNumber...), ':')
	return strconv.AppendInt(dst, int64(e.SubSequence), 10)
}

// Append appends the encoding of e to dst and returns the extended slice.
func Append(dst []byte, e *Event) []byte {
	var scratch [128]byte // more than an id of Kinesis's has, so that it is no garbage
	id := e.appendID(scratch[:0])
	secs, nanos := e.Arrival.Unix(), e.Arrival.Nanosecond()
	arrival := sizeVarint(fieldSeconds, uint64(secs)) + sizeVarint(fieldNanos, uint64(nanos))
	size := sizeBytes(fieldID, len(id)) + sizeBytes(fieldTopic, len(e.Topic)) + sizeBytes(fieldPartitionKey, len(e.PartitionKey)) +
		protowire.SizeTag(fieldArrival) + protowire.SizeBytes(arrival) + sizeBytes(fieldData, len(e.Data))

	dst = appendLength(dst, fieldEvents, size)
	dst = append(appendLength(dst, fieldID, len(id)), id...)
	dst = appendString(dst, fieldTopic, e.Topic)
	dst = appendString(dst, fieldPartitionKey, e.PartitionKey)
	dst = appendLength(dst, fieldArrival, arrival)
	dst = appendVarint(dst, fieldSeconds, uint64(secs))
	dst = appendVarint(dst, fieldNanos, uint64(nanos))
	if len(e.Data) > 0 {
		dst = append(appendLength(dst, fieldData, len(e.Data)), e.Data...)
	}
	return dst
}

// Raw is one encoded event: slices of the bytes that Next was given.
type Raw struct {
	Bytes []byte // the whole element, tag and length included
	Topic []byte
}

// Next reads the first of the encoded events in b and returns what follows it.
// It returns ErrMalformed if b does not begin with an encoded event that has a
// topic; the caller then cannot know where the next one begins.
func Next(b []byte) (raw Raw, rest []byte, err error) {
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 || num != fieldEvents || typ != protowire.BytesType {
		return Raw{}, nil, ErrMalformed
	}
	msg, m := protowire.ConsumeBytes(b[n:])
	if m < 0 {
		return Raw{}, nil, ErrMalformed
	}
	topic, ok := bytesField(msg, fieldTopic)
	if !ok {
		return Raw{}, nil, ErrMalformed
	}
	return Raw{Bytes: b[:n+m], Topic: topic}, b[n+m:], nil
}

// Fields are what an encoded event says beside its topic: slices of its bytes. What is
// there more than once counts the last time, as everywhere in protobuf.
type Fields struct {
	ID           []byte
	PartitionKey []byte
	Data         []byte

	arrival []byte // a google.protobuf.Timestamp
}

// Fields reads the fields of r without copying. It returns ErrMalformed if they cannot
// be read whole.
func (r Raw) Fields() (Fields, error) {
	var f Fields
	_, _, n := protowire.ConsumeTag(r.Bytes)
	msg, m := protowire.ConsumeBytes(r.Bytes[max(n, 0):])
	if n < 0 || m < 0 {
		return f, ErrMalformed
	}
	for len(msg) > 0 {
		if num, val, ok := shortField(msg); ok {
			f.set(num, val)
			msg = msg[shortHead+len(val):]
			continue
		}
		num, typ, n := protowire.ConsumeTag(msg)
		if n < 0 {
			return f, ErrMalformed
		}
		msg = msg[n:]
		if typ == protowire.BytesType {
			val, m := protowire.ConsumeBytes(msg)
			f.set(num, val)
			n = m
		} else {
			n = protowire.ConsumeFieldValue(num, typ, msg)
		}
		if n < 0 {
			return f, ErrMalformed
		}
		msg = msg[n:]
	}
	return f, nil
}

// shortHead is how long tag and length of a short field are.
const shortHead = 2

// shortField reads the first field of msg if it is of bytes, and its tag and length take
// a byte each, as all but long data do. It takes a third off the time of Fields, which
// each event costs that a filter looks at.
func shortField(msg []byte) (num protowire.Number, val []byte, ok bool) {
	if len(msg) < shortHead {
		return 0, nil, false
	}
	tag, size := msg[0], msg[1]
	num = protowire.Number(tag >> 3)
	if tag&0x87 != byte(protowire.BytesType) || num == 0 || size >= 0x80 || int(size) > len(msg)-shortHead {
		return 0, nil, false
	}
	return num, msg[shortHead : shortHead+int(size)], true
}

func (f *Fields) set(num protowire.Number, val []byte) {
	switch num {
	case fieldID:
		f.ID = val
	case fieldPartitionKey:
		f.PartitionKey = val
	case fieldArrival:
		f.arrival = val
	case fieldData:
		f.Data = val
	}
}

// Arrival returns when Kinesis accepted the record; the Unix epoch if that is not told.
func (f Fields) Arrival() time.Time {
	var parts [fieldNanos + 1]uint64
	for b := f.arrival; len(b) > 0; {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			break
		}
		b = b[n:]
		if typ == protowire.VarintType && num <= fieldNanos {
			parts[num], n = protowire.ConsumeVarint(b)
		} else {
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			break
		}
		b = b[n:]
	}
	return time.Unix(int64(parts[fieldSeconds]), int64(int32(parts[fieldNanos]))).UTC()
}

// bytesField returns the first length-delimited field num of msg.
func bytesField(msg []byte, num protowire.Number) ([]byte, bool) {
	for len(msg) > 0 {
		got, typ, n := protowire.ConsumeTag(msg)
		if n < 0 {
			return nil, false
		}
		if got == num && typ == protowire.BytesType {
			val, m := protowire.ConsumeBytes(msg[n:])
			return val, m >= 0
		}
		m := protowire.ConsumeFieldValue(got, typ, msg[n:])
		if m < 0 {
			return nil, false
		}
		msg = msg[n+m:]
	}
	return nil, false
}

// sizeBytes, sizeVarint and their appending twins leave a zero value out, as
// proto3 does, so that our encoding is the canonical one.
func sizeBytes(num protowire.Number, n int) int {
	if n == 0 {
		return 0
	}
	return protowire.SizeTag(num) + protowire.SizeBytes(n)
}

func sizeVarint(num protowire.Number, v uint64) int {
	if v == 0 {
		return 0
	}
	return protowire.SizeTag(num) + protowire.SizeVarint(v)
}

func appendString(dst []byte, num protowire.Number, s string) []byte {
	if s == "" {
		return dst
	}
	return append(appendLength(dst, num, len(s)), s...)
}

func appendVarint(dst []byte, num protowire.Number, v uint64) []byte {
	if v == 0 {
		return dst
	}
	return binary.AppendUvarint(append(dst, byte(num<<3)|byte(protowire.VarintType)), v)
}

// appendLength appends the tag and the length of what has one. All numbers are below 16,
// and so a tag is one byte.
func appendLength(dst []byte, num protowire.Number, n int) []byte {
	return binary.AppendUvarint(append(dst, byte(num<<3)|byte(protowire.BytesType)), uint64(n))
}
