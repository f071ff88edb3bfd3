package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
	"github.com/spillway/spillway/pkg/ingest"
	"github.com/spillway/spillway/pkg/topic"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

const lanes = 4

// TestIntoTheLog drives the handler against the real log.
func TestIntoTheLog(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	log := openLog(t, server.Addr())
	h := handler(t, log)

	var records []events.KinesisEventRecord
	want := map[string][]string{}
	for i := range 300 {
		state := []string{"ny", "pa", "wa"}[i%3]
		seq := fmt.Sprint(1000 + i)
		data := fmt.Sprintf(`{"state":%q,"n":%d}`, state, i)
		if i%50 == 0 {
			data, state = "no JSON", ""
		}
		name := "weather.us." + state
		if state == "" {
			name = topic.Unrouted
		}
		records = append(records, record(seq, data))
		want[name] = append(want[name], "0:"+seq+":0 "+data)
	}

	mustHandle(t, h, records[:200])
	// Lambda repeats a batch that it does not know the answer of, here with more
	// behind it.
	mustHandle(t, h, records[:200])
	mustHandle(t, h, records[150:])
	if diff := cmp.Diff(want, readAll(t, log)); diff != "" {
		t.Error(diff)
	}
}

// TestParallelBatches: with a parallelization factor above 1 the batches of a shard come
// in any order, each with keys of its own; one that is repeated, or comes again from the
// record that it failed at, appears once.
func TestParallelBatches(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	log, err := eventlog.Open(eventlog.Config{URL: "redis://" + server.Addr(), Lanes: lanes, Patience: redistest.Patience, Parallel: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	h := handler(t, log)
	var even, odd []events.KinesisEventRecord
	want := map[string][]string{}
	for i := range 40 {
		state, seq := []string{"ny", "pa", "wa", "or"}[i%4], fmt.Sprint(1000+i)
		rec := record(seq, fmt.Sprintf(`{"state":%q}`, state))
		rec.Kinesis.PartitionKey = state
		if i%2 == 0 {
			even = append(even, rec)
		} else {
			odd = append(odd, rec)
		}
		name := "weather.us." + state
		want[name] = append(want[name], fmt.Sprintf(`0:%s:0 {"state":%q}`, seq, state))
	}
	mustHandle(t, h, odd) // the later one first
	server.SetError("LOADING Redis is loading the dataset in memory")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	resp, err := invoke(ctx, t, h, even)
	if err != nil || len(resp.BatchItemFailures) != 1 || resp.BatchItemFailures[0].ItemIdentifier != "1000" {
		t.Fatalf("answer %v, %v, want the lowest of the batch", resp, err)
	}
	server.SetError("")
	mustHandle(t, h, even[:7])
	mustHandle(t, h, even[3:])
	mustHandle(t, h, odd)
	if diff := cmp.Diff(want, readAll(t, log)); diff != "" {
		t.Error(diff)
	}
}

// TestRedisAway: nothing is lost while Redis is away.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	log := openLog(t, server.Addr())
	h := handler(t, log)
	records := []events.KinesisEventRecord{record("10", `{"state":"ny"}`), record("11", `{"state":"pa"}`)}

	server.SetError("LOADING Redis is loading the dataset in memory")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	resp, err := invoke(ctx, t, h, records)
	if err != nil {
		t.Fatal(err)
	}
	want := []events.KinesisBatchItemFailure{{ItemIdentifier: "10"}}
	if diff := cmp.Diff(want, resp.BatchItemFailures); diff != "" {
		t.Fatal(diff)
	}
	if ctx.Err() != nil {
		t.Error("the answer came after the function's deadline")
	}

	server.SetError("")
	mustHandle(t, h, records)
	got := readAll(t, log)
	if diff := cmp.Diff(map[string][]string{"weather.us.ny": {`0:10:0 {"state":"ny"}`}, "weather.us.pa": {`0:11:0 {"state":"pa"}`}}, got); diff != "" {
		t.Error(diff)
	}
}

// TestRedisSilent: a Redis that takes connections and never answers does not eat
// the time that the answer needs.
func TestRedisSilent(t *testing.T) {
	t.Parallel()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lis.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	start := time.Now()
	resp, err := invoke(ctx, t, handler(t, openLog(t, lis.Addr().String())), []events.KinesisEventRecord{record("10", "")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]events.KinesisBatchItemFailure{{ItemIdentifier: "10"}}, resp.BatchItemFailures); diff != "" {
		t.Error(diff)
	}
	if took := time.Since(start); took > redistest.Patience/2 { // how long it may take, TestHandleDeadline tells
		t.Errorf("the answer took %s: it waited for Redis", took)
	}
}

func openLog(t *testing.T, addr string) *eventlog.Log {
	t.Helper()
	log, err := eventlog.Open(eventlog.Config{URL: "redis://" + addr, Lanes: lanes, Patience: redistest.Patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return log
}

func handler(t testing.TB, log ingest.Log) *ingest.Handler {
	t.Helper()
	route, err := ingest.ParseRoute("weather.us.{state}")
	if err != nil {
		t.Fatal(err)
	}
	return ingest.New(ingest.Config{Route: route, Log: log, Logger: slog.New(slog.DiscardHandler), Metrics: io.Discard})
}

func record(sequence, data string) events.KinesisEventRecord {
	return events.KinesisEventRecord{
		EventID:        "shardId-000000000000:" + sequence,
		EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/weather",
		Kinesis:        events.KinesisRecord{PartitionKey: "k", SequenceNumber: sequence, Data: []byte(data)},
	}
}

// invoke hands h records, and reads its answer as Lambda does.
func invoke(ctx context.Context, t *testing.T, h *ingest.Handler, records []events.KinesisEventRecord) (resp events.KinesisEventResponse, err error) {
	t.Helper()
	payload, err := json.Marshal(events.KinesisEvent{Records: records})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := h.Invoke(ctx, payload)
	if err == nil {
		err = json.Unmarshal(answer, &resp)
	}
	return resp, err
}

func mustHandle(t *testing.T, h *ingest.Handler, records []events.KinesisEventRecord) {
	t.Helper()
	resp, err := invoke(t.Context(), t, h, records)
	if err != nil || len(resp.BatchItemFailures) > 0 {
		t.Fatalf("answer %v, %v", resp, err)
	}
}

// readAll returns what the log holds, id and data by topic.
func readAll(t *testing.T, log *eventlog.Log) map[string][]string {
	t.Helper()
	var queries []eventlog.Query
	for i := range lanes {
		queries = append(queries, eventlog.Query{Lane: i, After: eventlog.Oldest, Count: 1000})
	}
	epoch, err := log.Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, page := range log.Read(t.Context(), epoch.ID, queries) {
		if page.Err != nil {
			t.Fatal(page.Err)
		}
		for _, entry := range page.Entries {
			var batch spillwayv1.EventBatch
			if err := proto.Unmarshal(entry.Data, &batch); err != nil {
				t.Fatal(err)
			}
			for _, e := range batch.Events {
				got[e.Topic] = append(got[e.Topic], strings.Join([]string{e.Id, string(e.Data)}, " "))
			}
		}
	}
	return got
}
