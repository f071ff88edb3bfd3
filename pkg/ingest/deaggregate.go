package ingest

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the aggregated-record format has an MD5 as its checksum
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	// aggregateMagic is what an aggregated record starts with.
	aggregateMagic = "\xF3\x89\x9A\xC2"

	// maxAggregateKeyBytes is the longest partition key of a user record: Kinesis
	// allows 256 characters of at most 4 bytes.
	maxAggregateKeyBytes = 4 * 256
	// maxExpandedBytes bounds what one aggregated record may grow to. User records
	// share keys by reference, so that 1 MiB could otherwise become gigabytes; this
	// much is reached only by 1 MiB of user records of less than 10 bytes.
	maxExpandedBytes = 32 << 20
	// userRecordOverhead is what a user record counts besides its key and data: the
	// event's id, topic and time.
	userRecordOverhead = 256
)

// Field numbers of the aggregated-record format.
const (
	fieldKeyTable     protowire.Number = 1 // AggregatedRecord
	fieldHashKeyTable protowire.Number = 2
	fieldRecords      protowire.Number = 3

	fieldKeyIndex     protowire.Number = 1 // Record
	fieldHashKeyIndex protowire.Number = 2
	fieldUserData     protowire.Number = 3
)

// userRecord is one record of an aggregated record. data points into it.
type userRecord struct {
	partitionKey string
	data         []byte
}

// deaggregator splits aggregated records. Its memory is used again for the next
// one.
type deaggregator struct {
	keys     []string
	hashKeys uint64
	records  []userRecord
	expanded int
}

// looksAggregated tells whether data starts like an aggregated record and is long
// enough to be one.
func looksAggregated(data []byte) bool {
	return len(data) > len(aggregateMagic)+md5.Size && string(data[:len(aggregateMagic)]) == aggregateMagic
}

// split returns the user records of data, valid until the next call, or false if
// data is no well-formed aggregated record within the limits.
func (d *deaggregator) split(data []byte) ([]userRecord, bool) {
	if !looksAggregated(data) {
		return nil, false
	}
	message := data[len(aggregateMagic) : len(data)-md5.Size]
	sum := md5.Sum(message) //nolint:gosec // a checksum, see the import
	if !bytes.Equal(sum[:], data[len(data)-md5.Size:]) {
		return nil, false
	}
	d.keys, d.hashKeys, d.records, d.expanded = d.keys[:0], 0, d.records[:0], 0
	// The tables may stand behind the records that point into them.
	ok := eachField(message, d.readTable) && eachField(message, d.readRecord)
	return d.records, ok
}

// field is one field of a protobuf message.
type field struct {
	number protowire.Number
	typ    protowire.Type
	bytes  []byte // of a length-delimited field
	varint uint64
}

// is tells whether f is field number, spelt as typ. A known number with another
// type is an unknown field, as for any protobuf reader.
func (f field) is(number protowire.Number, typ protowire.Type) bool {
	return f.number == number && f.typ == typ
}

// eachField calls read for every field of message until it returns false; it
// returns false then, and for a message that is no protobuf.
func eachField(message []byte, read func(field) bool) bool {
	for len(message) > 0 {
		f, n := consumeField(message)
		if n < 0 || !read(f) {
			return false
		}
		message = message[n:]
	}
	return true
}

func consumeField(b []byte) (f field, n int) {
	f.number, f.typ, n = protowire.ConsumeTag(b)
	if n < 0 {
		return f, n
	}
	var m int
	switch f.typ {
	case protowire.VarintType:
		f.varint, m = protowire.ConsumeVarint(b[n:])
	case protowire.BytesType:
		f.bytes, m = protowire.ConsumeBytes(b[n:])
	default:
		m = protowire.ConsumeFieldValue(f.number, f.typ, b[n:])
	}
	if m < 0 {
		return f, m
	}
	return f, n + m
}

func (d *deaggregator) readTable(f field) bool {
	switch {
	case f.is(fieldKeyTable, protowire.BytesType):
		if len(f.bytes) > maxAggregateKeyBytes {
			return false
		}
		// The format does not promise UTF-8, but an event's partition key must be:
		// a single bad one would make the whole batch unreadable to subscribers.
		d.keys = append(d.keys, strings.ToValidUTF8(string(f.bytes), "\uFFFD"))
	case f.is(fieldHashKeyTable, protowire.BytesType):
		d.hashKeys++
	}
	return true
}

func (d *deaggregator) readRecord(f field) bool {
	if !f.is(fieldRecords, protowire.BytesType) {
		return true
	}
	var data []byte
	var key, hashKey uint64
	var hasKey, hasHashKey, hasData bool
	ok := eachField(f.bytes, func(f field) bool {
		switch {
		case f.is(fieldKeyIndex, protowire.VarintType):
			key, hasKey = f.varint, true
		case f.is(fieldHashKeyIndex, protowire.VarintType):
			hashKey, hasHashKey = f.varint, true
		case f.is(fieldUserData, protowire.BytesType):
			data, hasData = f.bytes, true
		}
		return true
	})
	if !ok || !hasKey || !hasData || key >= uint64(len(d.keys)) || hasHashKey && hashKey >= d.hashKeys {
		return false
	}
	d.expanded += len(d.keys[key]) + len(data) + userRecordOverhead
	d.records = append(d.records, userRecord{d.keys[key], data})
	return d.expanded <= maxExpandedBytes
}
