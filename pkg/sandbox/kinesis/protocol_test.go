package kinesis_test

import (
	"net/http"
	"strings"
	"testing"
)

// The rows of this file are recorded from AWS by kinesalite 3.3.3 (test/connection.js).
func TestProtocolOtherThanJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const denied = "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n</AccessDeniedException>\n"
	method := func(m string) func(*http.Request) { return func(r *http.Request) { r.Method = m } }
	contentType := func(ct, target string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Content-Type", ct)
			if target == "" {
				r.Header.Del("X-Amz-Target")
			}
		}
	}
	for _, c := range []struct {
		name, body  string
		change      func(*http.Request)
		status      int
		contentType string
		want        string
	}{
		{"GET", "", method(http.MethodGet), 403, "", denied},
		{"PUT", "{}", method(http.MethodPut), 403, "", denied},
		{"content type of DynamoDB, no target", "{}", contentType("application/x-amz-json-1.0", ""), 403, "", denied},
		{"content type of DynamoDB", "{}", contentType("application/x-amz-json-1.0", "x"), 404, "", "<UnknownOperationException/>\n"},
		{"application/json", "{}", contentType("application/json", "x"), 404, "application/json",
			`{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}`},
		{"application/json, not json", "hello", contentType("application/json; charset=utf-8", "x"), 400, "application/json",
			`{"Output":{"__type":"com.amazon.coral.service#SerializationException"},"Version":"1.0"}`},
		{"no content type, empty body", "", contentType("", "x"), 400, "application/x-amz-cbor-1.1",
			"\xbf\x66__type\x76SerializationException\xff"},
		{"no content type, empty body, no target", "", contentType("", ""), 400, "application/x-amz-cbor-1.1",
			"\xbf\x66__type\x78\x19UnknownOperationException\xff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := w.send(t, "ListStreams", c.body, c.change)
			if a.status != c.status || a.header.Get("Content-Type") != c.contentType || a.body != c.want {
				t.Errorf("got %d %q\n%q\nwant %d %q\n%q", a.status, a.header.Get("Content-Type"), a.body, c.status, c.contentType, c.want)
			}
		})
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	preflight := w.send(t, "ListStreams", "", func(r *http.Request) {
		r.Method = http.MethodOptions
		r.Header.Set("Origin", "whatever")
		r.Header.Set("Access-Control-Request-Headers", "a, b, c")
		r.Header.Set("Access-Control-Request-Method", "d")
	})
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "a, b, c",
		"Access-Control-Allow-Methods": "d", "Access-Control-Max-Age": "172800", "X-Amz-Id-2": "",
	} {
		if got := preflight.header.Get(name); got != want {
			t.Errorf("preflight: %s is %q, want %q", name, got, want)
		}
	}
	if preflight.status != 200 || preflight.body != "" {
		t.Errorf("preflight: %d %q", preflight.status, preflight.body)
	}
	plain := w.send(t, "ListStreams", "{}", header("Origin", "whatever"))
	if plain.header.Get("Access-Control-Allow-Origin") != "*" || plain.header.Get("Access-Control-Expose-Headers") == "" || plain.status != 200 {
		t.Errorf("plain request: %d %v", plain.status, plain.header)
	}
}

func TestBodyTooLarge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.send(t, "ListStreams", strings.Repeat(" ", 16<<20+1), nil)
	if a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d, want 413", a.status)
	}
}

func TestSilentOperationsAnswerNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.send(t, "CreateStream", `{"StreamName":"s","ShardCount":1,"Unknown":{"a":[1]}}`, nil)
	if a.status != 200 || a.body != "" || a.header.Get("Content-Type") != "application/x-amz-json-1.1" {
		t.Errorf("got %d %q %v", a.status, a.body, a.header)
	}
}

// The members of answers, as LocalStack's Kinesis snapshots have them from AWS.
func TestAnswerShapes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	put := w.send(t, "PutRecords", `{"StreamName":"s","Records":[{"Data":"PCY+","PartitionKey":"<&>"}]}`, nil)
	seq := put.body[strings.Index(put.body, `"SequenceNumber":"`)+18:][:56]
	if want := `{"FailedRecordCount":0,"Records":[{"SequenceNumber":"` + seq + `","ShardId":"shardId-000000000000"}]}`; put.body != want {
		t.Errorf("PutRecords\n got %s\nwant %s", put.body, want)
	}
	iter := w.send(t, "GetShardIterator", `{"StreamName":"s","ShardId":"shardId-000000000000","ShardIteratorType":"TRIM_HORIZON"}`, nil)
	got := w.send(t, "GetRecords", `{"ShardIterator":"`+iter.field("ShardIterator")+`"}`, nil)
	want := `{"Records":[{"SequenceNumber":"` + seq + `","ApproximateArrivalTimestamp":1772600767.890,"Data":"PCY+","PartitionKey":"<&>"}],` +
		`"NextShardIterator":"` + got.field("NextShardIterator") + `","MillisBehindLatest":0}`
	if got.body != want {
		t.Errorf("GetRecords\n got %s\nwant %s", got.body, want)
	}
}
