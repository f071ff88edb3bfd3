package kinesis_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// turn turns a knob of w and gives the state after it.
func turn(t *testing.T, w *world, knob, body string) map[string]any {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/"+knob, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	w.Knobs().ServeHTTP(rec, r)
	var out map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil || rec.Code != http.StatusOK {
		t.Fatalf("%s %s: %d %s", knob, body, rec.Code, rec.Body)
	}
	return out
}

func putOne(w *world, t *testing.T) error {
	t.Helper()
	_, err := w.PutRecord(t.Context(), kinesis.PutRecordInput{StreamName: "s", PartitionKey: "k", Data: []byte("x")})
	return err
}

const putBody = `{"StreamName":"s","PartitionKey":"k","Data":"AA=="}`

func TestKnobFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	turn(t, w, "fault", `{"operation":"PutRecord","count":2,"status":500,"code":"InternalFailure","message":"as told"}`)
	for i := range 3 {
		a := w.send(t, "PutRecord", putBody, nil)
		if failed := a.status == 500 && a.field("__type") == "InternalFailure" && a.field("message") == "as told"; failed != (i < 2) {
			t.Errorf("put %d: %d %s", i, a.status, a.body)
		}
	}
	w.put(t, "s", "k", "x")
	begin := time.Now()
	turn(t, w, "fault", `{"operation":"ListStreams","count":1,"delay":"20ms"}`)
	if a := w.send(t, "ListStreams", "{}", nil); a.status != 200 || time.Since(begin) < 20*time.Millisecond {
		t.Errorf("delayed: %d after %s", a.status, time.Since(begin))
	}
	turn(t, w, "fault", `{"operation":"GetRecords","count":1,"status":400,"code":"ProvisionedThroughputExceededException"}`)
	if _, err := w.ReadShard(t.Context(), arnOf("s"), "0", kinesis.TrimHorizon(), 1, 1); code(err) != kinesis.CodeThroughputExceeded {
		t.Errorf("a read in the process: %v", err)
	}
}

// TestKnobDrop loses the connection before and after a put.
func TestKnobDrop(t *testing.T) {
	t.Parallel()
	for when, want := range map[string]int{"before": 0, "after": 1} {
		w := newWorld(t, nil)
		w.create(t, "s", 1)
		turn(t, w, "fault", fmt.Sprintf(`{"operation":"PutRecord","count":1,"drop":%q}`, when))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url, strings.NewReader(putBody))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Kinesis_20131202.PutRecord", "X-Amz-Date": "x",
			"Authorization": "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c",
		} {
			req.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("dropped %s: %v", when, err)
		}
		got, err := w.ReadShard(t.Context(), arnOf("s"), "0", kinesis.TrimHorizon(), 10, 100)
		if err != nil || len(got.Records) != want {
			t.Errorf("dropped %s: %d records, %v", when, len(got.Records), err)
		}
	}
}

func TestKnobThrottle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	iter := w.iterator(t, kinesis.GetShardIteratorInput{StreamName: "s", ShardId: "0", ShardIteratorType: "TRIM_HORIZON"})
	read := func() error {
		_, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: iter})
		return err
	}
	state := turn(t, w, "throttle", `{"stream":"s","shard":"shardId-000000000000","for":"10s"}`)
	if diff := cmp.Diff([]any{map[string]any{"stream": "s", "shard": shard0, "throttled": "10s"}}, state["shards"]); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if put, get := putOne(w, t), read(); code(put) != kinesis.CodeThroughputExceeded || code(get) != kinesis.CodeThroughputExceeded {
		t.Errorf("throttled: put %v, get %v", put, get)
	}
	w.clock.advance(10 * time.Second)
	if put, get := putOne(w, t), read(); put != nil || get != nil {
		t.Errorf("ten seconds later: put %v, get %v", put, get)
	}
}

func TestKnobDuplicate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	consumer := fan(t, w.Service)
	for _, data := range []string{"a", "b"} {
		w.put(t, "s", "k", data)
	}
	turn(t, w, "duplicate", `{"stream":"s","shard":"0","count":1}`)
	var got []string
	for pos, i := kinesis.TrimHorizon(), 0; i < 4; i++ {
		out, err := w.ReadShard(t.Context(), arnOf("s"), "0", pos, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.Records {
			got = append(got, string(r.Data))
		}
		pos = out.Next
	}
	if diff := cmp.Diff([]string{"a", "a", "b"}, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	turn(t, w, "duplicate", `{"stream":"s","shard":"0","count":1}`)
	sub, err := w.SubscribeToShard(t.Context(), from(consumer, "TRIM_HORIZON"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if event, err := sub.Next(t.Context()); err != nil || len(event.Records) != 2 {
			t.Errorf("event: %+v, %v", event, err)
		}
	}
}

// TestKnobClock spends 24 hours in a moment: iterators, retention and subscriptions end.
func TestKnobClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	consumer := fan(t, w.Service)
	w.put(t, "s", "k", "x")
	iter := w.iterator(t, kinesis.GetShardIteratorInput{StreamName: "s", ShardId: "0", ShardIteratorType: "TRIM_HORIZON"})
	sub, err := w.SubscribeToShard(t.Context(), from(consumer, "LATEST"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sub.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := sub.Next(t.Context())
		ended <- err
	}()
	turn(t, w, "clock", `{"shift":"24h0m1s"}`)
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("the subscription ends with %v", err)
	}
	if _, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: iter}); code(err) != kinesis.CodeExpiredIterator {
		t.Errorf("the iterator: %v", err)
	}
	if got, err := w.ReadShard(t.Context(), arnOf("s"), "0", kinesis.TrimHorizon(), 1, 1); err != nil || len(got.Records) != 0 {
		t.Errorf("after its retention a record is still there: %+v, %v", got, err)
	}
	if state := turn(t, w, "reset", `{}`); state["clock_shift"] != "0s" {
		t.Errorf("after reset: %v", state)
	}
}

func TestKnobExpireIterators(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.create(t, "s", 1)
	in := kinesis.GetShardIteratorInput{StreamName: "s", ShardId: "0", ShardIteratorType: "TRIM_HORIZON"}
	old := w.iterator(t, in)
	turn(t, w, "expire-iterators", `{}`)
	if _, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: old}); code(err) != kinesis.CodeExpiredIterator {
		t.Errorf("the old one: %v", err)
	}
	out, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: w.iterator(t, in)})
	if err != nil {
		t.Errorf("a new one: %v", err)
	}
	if _, err := w.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: out.NextShardIterator}); err != nil {
		t.Errorf("the one after it: %v", err)
	}
}

func TestKnobSeed(t *testing.T) {
	t.Parallel()
	run := func(seed string) []string {
		w := newWorld(t, nil)
		w.create(t, "s", 1)
		turn(t, w, "seed", `{"seed":`+seed+`}`)
		a := w.send(t, "GetShardIterator", `{"StreamName":"s","ShardId":"0","ShardIteratorType":"LATEST"}`, nil)
		return []string{a.header.Get("X-Amzn-Requestid"), a.body}
	}
	if diff := cmp.Diff(run("7"), run("7")); diff != "" {
		t.Errorf("the same seed:\n%s", diff)
	}
	if cmp.Equal(run("7"), run("8")) {
		t.Error("another seed gives the same")
	}
}
