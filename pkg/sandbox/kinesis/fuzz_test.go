package kinesis_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// fuzzed is a service with a stream, which answers requests without a server.
func fuzzed(tb testing.TB) *kinesis.Service {
	tb.Helper()
	s := kinesis.New(kinesis.Config{Region: testRegion, AccountID: testAccount, StateDelay: -1, ShardLimit: 100, MaxBytes: 8 << 20})
	tb.Cleanup(s.Close)
	if err := s.CreateStream(tb.Context(), kinesis.CreateStreamInput{StreamName: "s", ShardCount: 1}); err != nil {
		tb.Fatal(err)
	}
	return s
}

// answered sends a request and fails the test if the service broke: but for the one sequence number that AWS breaks at, no
// input may make a 500.
func answered(t *testing.T, s *kinesis.Service, r *http.Request, body string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code >= 500 && !strings.Contains(body, "SequenceNumberForOrdering") {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	return w
}

// FuzzJSON sends bodies to every operation.
func FuzzJSON(f *testing.F) {
	for _, name := range []string{"testdata/model.json", "testdata/recorded.json"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		var list []request
		if err := json.Unmarshal(raw, &list); err != nil {
			f.Fatal(err)
		}
		for i, r := range list {
			if i%7 == 0 { // enough to begin with
				f.Add(r.Operation, r.Body)
			}
		}
	}
	f.Add("PutRecords", `{"StreamName":"s","Records":[{"Data":"AA==","PartitionKey":"k"}]}`)
	s := fuzzed(f)
	f.Fuzz(func(t *testing.T, operation, body string) {
		if operation == "SubscribeToShard" {
			return // answers for minutes
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		sign(r, "")
		r.Header.Set("X-Amz-Target", "Kinesis_20131202."+operation)
		w := answered(t, s, r, body)
		if raw := w.Body.Bytes(); len(raw) > 0 && !json.Valid(raw) {
			t.Errorf("no JSON: %q", raw)
		}
	})
}

// FuzzCBOR does the same with the other protocol.
func FuzzCBOR(f *testing.F) {
	for operation, in := range map[string]any{
		"PutRecord":        map[string]any{"StreamName": "s", "PartitionKey": "k", "Data": []byte("x")},
		"GetShardIterator": map[string]any{"StreamName": "s", "ShardId": "0", "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": cbor.Tag{Number: 1, Content: time.Now().UnixMilli()}},
		"ListStreams":      map[string]any{"Limit": 1.5},
		"CreateStream":     map[string]any{"StreamName": "t", "ShardCount": 1, "Tags": map[string]string{"a": "b"}},
	} {
		raw, err := cbor.Marshal(in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(operation, raw)
	}
	f.Add("ListStreams", []byte("\xbf\x65Limit\xf9\x7e\x00\xff"))                                 // not a number
	f.Add("ListStreams", []byte("\xbf\x65Limit\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00\xff")) // 2^64
	s := fuzzed(f)
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		if operation == "SubscribeToShard" {
			return // answers for minutes
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(string(body)))
		sign(r, "")
		r.Header.Set("Content-Type", "application/x-amz-cbor-1.1")
		r.Header.Set("X-Amz-Target", "Kinesis_20131202."+operation)
		w := answered(t, s, r, string(body))
		var out any
		if raw := w.Body.Bytes(); len(raw) > 0 && w.Header().Get("Content-Type") == "application/x-amz-cbor-1.1" && cbor.Unmarshal(raw, &out) != nil {
			t.Errorf("no CBOR: %q", raw)
		}
	})
}

// FuzzHeaders sends headers and queries, to a service that verifies signatures and to one that does not.
func FuzzHeaders(f *testing.F) {
	f.Add("POST", "application/x-amz-json-1.1", "Kinesis_20131202.ListStreams", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host;x-amz-date, Signature=c", "20260304T050607Z", "")
	f.Add("GET", "", "", "", "", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/b/c/d/aws4_request&X-Amz-Signature=b&X-Amz-SignedHeaders=host&X-Amz-Date=20260304T050607Z")
	f.Add("OPTIONS", "application/json; a=b", "Kinesis_20131202.", "AWS4-HMAC-SHA256", "", "%zz")
	f.Add("POST", "application/x-amz-cbor-1.1", "Kinesis_20131202.ListStreams.x", "Signature=,Credential=/", "x", "")
	open := fuzzed(f)
	locked := kinesis.New(kinesis.Config{Keys: map[string]string{"a": "b"}})
	f.Fuzz(func(t *testing.T, method, contentType, target, auth, date, query string) {
		for _, s := range []*kinesis.Service{open, locked} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}"))
			r.Method, r.URL.RawQuery = method, query
			for name, value := range map[string]string{"Content-Type": contentType, "X-Amz-Target": target, "Authorization": auth, "X-Amz-Date": date, "Origin": query} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			w := answered(t, s, r, "")
			if s == locked && w.Code == http.StatusOK && method != http.MethodOptions {
				t.Error("a request without a signature passes")
			}
		}
	})
}
