package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// lambdaPayload is what AWS documents, with what it sends besides for tumbling windows.
const lambdaPayload = `{
    "Records": [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": "1",
                "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
                "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
                "approximateArrivalTimestamp": 1545084650.987
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-role",
            "awsRegion": "us-east-2",
            "eventSourceARN": "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream"
        }
    ],
    "window": {"start": "2020-12-09T07:04:00Z", "end": "2020-12-09T07:06:00Z"},
    "state": {"1": 282, "2": [715, null]},
    "shardId": "shardId-000000000006",
    "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/other",
    "isFinalInvokeForWindow": false,
    "isWindowTerminatedEarly": false
}`

// shardsOf is what a payload holds by encoding/json and the types of aws-lambda-go.
func shardsOf(payload []byte) ([]shard, error) {
	var ev events.KinesisEvent
	if err := json.Unmarshal(payload, &ev); err != nil {
		return nil, err
	}
	var shards []shard
	at := map[string]int{}
	for i, rec := range ev.Records {
		id, _, ok := strings.Cut(rec.EventID, ":")
		if !ok || id == "" || !isSequenceNumber([]byte(rec.Kinesis.SequenceNumber)) {
			return nil, fmt.Errorf("records[%d] is not of a shard", i)
		}
		n, known := at[id]
		if !known {
			n = len(shards)
			at[id] = n
			shards = append(shards, shard{id: id, stream: streamName(rec.EventSourceArn)})
		}
		k := &rec.Kinesis
		shards[n].records = append(shards[n].records, KinesisRecord{k.SequenceNumber, k.PartitionKey, k.ApproximateArrivalTimestamp.Time, k.Data})
	}
	return shards, nil
}

// sameShards compares shards; no data is empty data, and times that come as a float of
// seconds are not exact.
func sameShards(want, got []shard) string {
	return cmp.Diff(want, got, cmp.AllowUnexported(shard{}), cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(time.Microsecond))
}

func TestInvocation(t *testing.T) {
	t.Parallel()
	const id = `"eventID":"s:1"`
	tests := []struct{ name, payload string }{
		{"as documented", lambdaPayload},
		{"no records", `{"Records":[]}`},
		{"no Records", ` {} `},
		{"null", `null`},
		{"null Records", `{"Records":null}`},
		{"members in another order", `{"x":[{"Records":1}],"Records":[{"eventSourceARN":"a:stream/b","eventID":"s:1","kinesis":{"data":"YQ==","sequenceNumber":"1"}}]}`},
		{"escapes", `{"Rec\u006frds":[{"eventI\u0044":"s\u003a1","kinesis":{"sequenceNumber":"\u0031","partitionKey":"\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00\ud83d","data":"\u0059Q=\n="}}]}`},
		{"beyond ASCII", `{"Records":[{` + id + `,"kinesis":{"sequenceNumber":"1","partitionKey":"ä€😀"}}]}`},
		{"not UTF-8", `{"Records":[{` + id + `,"kinesis":{"sequenceNumber":"1","partitionKey":"` + "a\xff\xfeb" + `"}}]}`},
		{"null members", `{"Records":[{` + id + `,"eventSourceARN":null,"kinesis":{"sequenceNumber":"1","partitionKey":null,"data":null,"approximateArrivalTimestamp":null}}]}`},
		{"the last member counts", `{"Records":[{` + id + `,"kinesis":{"sequenceNumber":"1"},"kinesis":{"sequenceNumber":"2","partitionKey":"a","partitionKey":"b"}}]}`},
		{"times", `{"Records":[{` + id + `,"kinesis":{"sequenceNumber":"1","approximateArrivalTimestamp":1.5e9}},{` + id + `,"kinesis":{"sequenceNumber":"2","approximateArrivalTimestamp":-0.25}},` +
			`{` + id + `,"kinesis":{"sequenceNumber":"3","approximateArrivalTimestamp":1700000000}}]}`},
		{"several shards", `{"Records":[{"eventID":"a:1","eventSourceARN":":stream/x","kinesis":{"sequenceNumber":"1"}},{"eventID":"b:1","kinesis":{"sequenceNumber":"2"}},{"eventID":"a:3","kinesis":{"sequenceNumber":"3"}}]}`},
	}
	var used invocation
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want, err := shardsOf([]byte(tt.payload))
			if err != nil {
				t.Fatal(err)
			}
			if err := used.read([]byte(tt.payload)); err != nil {
				t.Fatal(err)
			}
			if diff := sameShards(want, used.shards); diff != "" {
				t.Error(diff)
			}
			used.release()
		})
	}
}

func TestInvocationRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, payload, want string }{
		{"nothing", ``, "read invocation at byte 0: is not JSON"},
		{"not JSON", `{"Records":[}`, "is not JSON"},
		{"ends early", lambdaPayload[:500], "is not JSON"},
		{"goes on", lambdaPayload + "x", "is not JSON"},
		{"no object", `[]`, "the payload is not an object"},
		{"no array", `{"Records":{}}`, "read invocation at byte 11: Records is not an array"},
		{"no record", `{"Records":[1]}`, "records[0]: a record is not an object"},
		{"no kinesis", `{"Records":[{"kinesis":""}]}`, "records[0]: kinesis is not an object"},
		{"no string", `{"Records":[{"eventID":7}]}`, "records[0]: eventID is not a string"},
		{"no time", `{"Records":[{"kinesis":{"approximateArrivalTimestamp":"1"}}]}`, "approximateArrivalTimestamp is not a number"},
		{"no time that there is", `{"Records":[{"kinesis":{"approximateArrivalTimestamp":1e999}}]}`, "value out of range"},
		{"no base64", `{"Records":[{"kinesis":{"data":"a"}}]}`, "data: illegal base64 data at input byte 0"},
		{"a line break", "{\"Records\":[{\"kinesis\":{\"data\":\"YWJj\n\"}}]}", "is not JSON"},
		{"twice", `{"Records":[],"Records":[]}`, "Records comes twice"},
		{"of no shard", `{"Records":[null]}`, `records[0].eventID "": want SHARD:SEQUENCE_NUMBER`},
		{"what is not read", `{"x":[01],"Records":[]}`, "is not JSON"},
		{"an empty name", `{"Records":[{"":1,}]}`, "is not JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := new(invocation).read([]byte(tt.payload)); err == nil || !strings.HasSuffix(err.Error(), tt.want) {
				t.Errorf("got %v, want ...%s", err, tt.want)
			}
		})
	}
}

// TestArrivalOfText: what AWS writes is exact; else a time is as exact as a float.
func TestArrivalOfText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		number string
		want   time.Time
	}{
		{"1545084650.987", time.UnixMilli(1545084650987)},
		{"1545084650", time.Unix(1545084650, 0)},
		{"0.000000001", time.Unix(0, 1)},
		{"9999999999.999999999", time.Unix(9999999999, 999999999)},
		{"null", time.Unix(0, 0)},
		{"-1.5", time.Unix(-2, 5e8)},
		{"1.5e9", time.Unix(1500000000, 0)},
		{"1.0000000000", time.Unix(1, 0)},
		{"12345678901", time.Unix(12345678901, 0)},
	}
	for _, tt := range tests {
		d := invocation{in: []byte(tt.number)}
		if err := d.arrival(); err != nil || !d.rec.arrival.Equal(tt.want) || d.pos != len(tt.number) {
			t.Errorf("%s: got %v up to %d, %v, want %v", tt.number, d.rec.arrival, d.pos, err, tt.want)
		}
	}
}

// TestInvocationKeepsNothing: what was read stays when the payload, and then the memory,
// is used again.
func TestInvocationKeepsNothing(t *testing.T) {
	t.Parallel()
	in := []byte(lambdaPayload)
	var d invocation
	if err := d.read(in); err != nil {
		t.Fatal(err)
	}
	rec := d.shards[0].records[0]
	clear(in)
	d.release()
	if err := d.read([]byte(strings.ReplaceAll(lambdaPayload, "4", "5"))); err != nil {
		t.Fatal(err)
	}
	if rec.PartitionKey != "1" || rec.SequenceNumber != "49590338271490256608559692538361571095921575989136588898" {
		t.Errorf("the record has become %+v", rec)
	}
}

// FuzzInvocation: whatever comes, encoding/json and the types of aws-lambda-go come to the
// same; but they refuse more, as they look at members which are not read here.
func FuzzInvocation(f *testing.F) {
	f.Add([]byte(lambdaPayload))
	f.Add([]byte(`{"Records":[{"eventID":"s:1","kinesis":{"sequenceNumber":"1","partitionKey":"\ud83d\n","data":"YQ==","approximateArrivalTimestamp":1e3}},{"eventID":"t:2","kinesis":{"sequenceNumber":"2"}}]}`))
	f.Add([]byte(`{"Records":[{"eventID":"s:1","kinesis":{"sequenceNumber":"0","data":"Y\/\n=="}},null],"window":{}}`))
	f.Add([]byte("{\"Records\":[{\"eventID\":\"s:1\",\"eventSourceARN\":\":stream/\xff\",\"kinesis\":{\"sequenceNumber\":\"1\",\"partitionKey\":\"\xc3\x28\"}}]}"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if unusual(payload) {
			return
		}
		before := bytes.Clone(payload)
		want, wantErr := shardsOf(payload)
		var d invocation
		err := d.read(payload)
		if !bytes.Equal(payload, before) {
			t.Fatal("the payload has changed")
		}
		var ofType *json.UnmarshalTypeError
		switch {
		case err == nil && errors.As(wantErr, &ofType): // of a member that is not read
		case (err == nil) != (wantErr == nil):
			t.Fatalf("%q: %v, encoding/json says %v", payload, err, wantErr)
		case err == nil:
			if diff := sameShards(want, d.shards); diff != "" {
				t.Fatalf("%q: %s", payload, diff)
			}
		}
	})
}

// unusual tells whether payload has a name that AWS does not write so, or one twice: there
// the two differ, and should.
func unusual(payload []byte) bool {
	type level struct {
		names map[string]bool // nil: an array
		value bool            // the next token is one
	}
	var levels []level
	dec := json.NewDecoder(bytes.NewReader(payload))
	for {
		token, err := dec.Token()
		if err != nil {
			return false
		}
		top := len(levels) - 1
		switch delim, _ := token.(json.Delim); {
		case delim == '}' || delim == ']':
			levels = levels[:top]
			continue
		case top >= 0 && levels[top].names != nil && !levels[top].value:
			name := strings.ToLower(strings.NewReplacer("ſ", "s", "\u212a", "k").Replace(token.(string)))
			exact := map[string]string{}
			for _, member := range []string{memberRecords, memberEventID, memberARN, memberKinesis, memberSequence, memberKey, memberArrival, memberData} {
				exact[strings.ToLower(member)] = member
			}
			if member, ok := exact[name]; ok && member != token || levels[top].names[name] {
				return true
			}
			levels[top].names[name], levels[top].value = true, true
			continue
		}
		if top >= 0 {
			levels[top].value = false
		}
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{names: map[string]bool{}})
		case json.Delim('['):
			levels = append(levels, level{})
		}
	}
}

// TestReadingMakesNoGarbage: what reading an invocation allocates does not grow with its
// records, but for the chunks of their text.
func TestReadingMakesNoGarbage(t *testing.T) {
	const n = 2000
	var records []events.KinesisEventRecord
	for i := range n {
		records = append(records, record(fmt.Sprintf("49590338271490256608559692538361571095921575989136%06d", i), fmt.Sprint("key ", i), `{"state":"ny"}`))
	}
	in := payload(t, records...)
	var d invocation
	allocs := testing.AllocsPerRun(10, func() {
		if err := d.read(in); err != nil {
			t.Fatal(err)
		}
		d.release()
	})
	if most := float64(1 + n*(56+len("key 1000"))/textChunk); allocs > most {
		t.Errorf("%v allocations for %d records, want at most %v", allocs, n, most)
	}
}

func BenchmarkInvocation(b *testing.B) {
	const n = 1000
	var records []events.KinesisEventRecord
	for i := range n {
		r := record(fmt.Sprintf("49590338271490256608559692538361571095921575989136%06d", i), fmt.Sprint("key ", i), strings.Repeat("x", 200))
		r.Kinesis.ApproximateArrivalTimestamp.Time = time.UnixMilli(1_700_000_000_123)
		records = append(records, r)
	}
	in := payload(b, records...)
	perRecord := func(b *testing.B, read func() error) {
		b.SetBytes(int64(len(in)))
		b.ReportAllocs()
		for b.Loop() {
			if err := read(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
	}
	b.Run("decoder=ours", func(b *testing.B) {
		var d invocation
		perRecord(b, func() error {
			defer d.release()
			return d.read(in)
		})
	})
	b.Run("decoder=encoding-json", func(b *testing.B) {
		perRecord(b, func() error {
			var ev events.KinesisEvent
			return json.Unmarshal(in, &ev)
		})
	})
}
