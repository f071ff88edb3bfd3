package ingest

import (
	"bytes"
	"crypto/md5"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
)

// aggregate is the KPL's side: it wraps a protobuf message.
func aggregate(message []byte) []byte {
	sum := md5.Sum(message)
	return append(append([]byte(aggregateMagic), message...), sum[:]...)
}

func bytesField(number protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), value)
}

func varintField(number protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), value)
}

func message(fields ...[]byte) []byte { return bytes.Join(fields, nil) }

func userField(fields ...[]byte) []byte { return bytesField(fieldRecords, string(message(fields...))) }

// aggregated makes what the KPL makes of records.
func aggregated(records ...userRecord) []byte {
	var tables, body [][]byte
	index := map[string]uint64{}
	for _, r := range records {
		if _, ok := index[r.partitionKey]; !ok {
			index[r.partitionKey] = uint64(len(index))
			tables = append(tables, bytesField(fieldKeyTable, r.partitionKey))
		}
		body = append(body, userField(varintField(fieldKeyIndex, index[r.partitionKey]), bytesField(fieldUserData, string(r.data))))
	}
	return aggregate(message(append(tables, body...)...))
}

func TestSplit(t *testing.T) {
	t.Parallel()
	keyA, keyB := bytesField(fieldKeyTable, "a"), bytesField(fieldKeyTable, "b")
	hash := bytesField(fieldHashKeyTable, "12345")
	good := userField(varintField(fieldKeyIndex, 0), bytesField(fieldUserData, "x"))
	tests := []struct {
		name string
		data []byte
		want []userRecord
		ok   bool
	}{
		{"shared keys", aggregated(userRecord{"a", []byte("1")}, userRecord{"b", []byte("2")}, userRecord{"a", []byte("3")}),
			[]userRecord{{"a", []byte("1")}, {"b", []byte("2")}, {"a", []byte("3")}}, true},
		{"one record", aggregate(message(keyA, good)), []userRecord{{"a", []byte("x")}}, true},
		{"tables last", aggregate(message(good, keyA)), []userRecord{{"a", []byte("x")}}, true},
		{"hash keys and tags are read over", aggregate(message(keyA, keyB, hash, userField(varintField(fieldKeyIndex, 1),
			varintField(fieldHashKeyIndex, 0), bytesField(fieldUserData, "x"), bytesField(4, "\x0a\x01t")))),
			[]userRecord{{"b", []byte("x")}}, true},
		{"unknown fields are read over", aggregate(message(keyA, varintField(9, 1), good, bytesField(15, "new"))), []userRecord{{"a", []byte("x")}}, true},
		{"a known number of another type is unknown", aggregate(message(keyA, varintField(fieldKeyTable, 1), good)), []userRecord{{"a", []byte("x")}}, true},
		{"the last of a repeated scalar", aggregate(message(keyA, keyB, userField(varintField(fieldKeyIndex, 0), varintField(fieldKeyIndex, 1),
			bytesField(fieldUserData, "x"), bytesField(fieldUserData, "y")))), []userRecord{{"b", []byte("y")}}, true},
		{"empty data", aggregate(message(keyA, userField(varintField(fieldKeyIndex, 0), bytesField(fieldUserData, "")))), []userRecord{{"a", []byte{}}}, true},
		{"no user record", aggregate(keyA), nil, true},
		{"key that is not UTF-8", aggregate(message(bytesField(fieldKeyTable, "a\xffb"), good)), []userRecord{{"a\uFFFDb", []byte("x")}}, true},

		{"ordinary", []byte(`{"state":"ny","and":"long enough to hold an MD5"}`), nil, false},
		{"empty", nil, nil, false},
		{"magic only", []byte(aggregateMagic), nil, false},
		{"magic and a checksum", aggregate(nil), nil, false},
		{"wrong checksum", append(aggregate(message(keyA, good)), 0), nil, false},
		{"no protobuf", aggregate([]byte("\xff\xff\xff")), nil, false},
		{"cut protobuf", aggregate(message(keyA, good)[:5]), nil, false},
		{"user record is no protobuf", aggregate(message(keyA, bytesField(fieldRecords, "\xff"))), nil, false},
		{"no key index", aggregate(message(keyA, userField(bytesField(fieldUserData, "x")))), nil, false},
		{"no data", aggregate(message(keyA, userField(varintField(fieldKeyIndex, 0)))), nil, false},
		{"key index beyond the table", aggregate(message(good)), nil, false},
		{"huge key index", aggregate(message(keyA, userField(varintField(fieldKeyIndex, 1<<63), bytesField(fieldUserData, "x")))), nil, false},
		{"hash key index beyond the table", aggregate(message(keyA, userField(varintField(fieldKeyIndex, 0),
			varintField(fieldHashKeyIndex, 0), bytesField(fieldUserData, "x")))), nil, false},
		{"key too long", aggregate(message(bytesField(fieldKeyTable, strings.Repeat("k", maxAggregateKeyBytes+1)), good)), nil, false},
		{"expands too much", aggregate(message(keyA, bytes.Repeat(good, maxExpandedBytes/userRecordOverhead))), nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var d deaggregator
			d.split(aggregated(userRecord{"before", []byte("left over")}, userRecord{"more", nil}))
			got, ok := d.split(tt.data)
			if ok != tt.ok {
				t.Fatalf("split: %v, want %v", ok, tt.ok)
			}
			if !ok {
				return
			}
			if diff := cmp.Diff(tt.want, append([]userRecord(nil), got...), cmp.AllowUnexported(userRecord{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzSplit: no message panics; what is split stays within the limits and, encoded
// again, splits into the same.
func FuzzSplit(f *testing.F) {
	f.Add(aggregated(userRecord{"a", []byte("1")}, userRecord{"b", []byte("22")})[4:], true)
	f.Add(message(bytesField(fieldKeyTable, "a"), userField(varintField(fieldKeyIndex, 0), bytesField(fieldUserData, "x"), varintField(2, 3))), true)
	f.Add(message(bytesField(fieldKeyTable, "\xff"), userField(varintField(fieldKeyIndex, 0), bytesField(fieldUserData, ""))), true)
	f.Add([]byte(aggregateMagic+"0123456789abcdef0123456789"), false)
	// Tables behind the records, hash keys and tags, unknown fields, several of a
	// scalar, groups, an index outside of the table, an aggregate in an aggregate.
	good := userField(varintField(fieldKeyIndex, 0), bytesField(fieldUserData, "x"))
	key := bytesField(fieldKeyTable, "a")
	for _, seed := range [][]byte{
		message(good, key),
		message(key, bytesField(fieldHashKeyTable, "123"), userField(varintField(fieldKeyIndex, 0), varintField(fieldHashKeyIndex, 0),
			bytesField(fieldUserData, "x"), bytesField(4, "\x0a\x01t\x12\x01v"))),
		message(key, varintField(9, 1), good, bytesField(15, "new"), protowire.AppendFixed64(protowire.AppendTag(nil, 12, protowire.Fixed64Type), 7)),
		message(key, userField(varintField(fieldKeyIndex, 9), varintField(fieldKeyIndex, 0), bytesField(fieldUserData, "x"), bytesField(fieldUserData, "y"))),
		message(key, protowire.AppendTag(protowire.AppendTag(nil, 7, protowire.StartGroupType), 7, protowire.EndGroupType), good),
		message(key, userField(varintField(fieldKeyIndex, 1), bytesField(fieldUserData, "x"))),
		message(key, userField(varintField(fieldKeyIndex, 0), bytesField(fieldUserData, string(aggregated(userRecord{"b", []byte("inner")}))))),
		message(key, good)[:7],
	} {
		f.Add(seed, true)
		f.Add(aggregate(seed), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, wrap bool) {
		if wrap {
			data = aggregate(data)
		}
		var d, again deaggregator
		got, ok := d.split(data)
		if !ok || len(got) == 0 {
			return
		}
		for _, r := range got {
			if len(r.partitionKey) > 3*maxAggregateKeyBytes {
				t.Fatalf("key of %d bytes", len(r.partitionKey))
			}
		}
		encoded := aggregated(got...)
		if back, ok := again.split(encoded); ok {
			if diff := cmp.Diff(got, back, cmp.AllowUnexported(userRecord{})); diff != "" {
				t.Error(diff)
			}
		}
	})
}
