package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/topic"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// call is one Append that a fakeLog got; its events are decoded, so it keeps
// nothing that the handler owns.
type call struct {
	Shard  string
	Events []string // ID topic key data
}

type fakeLog struct {
	calls  []call
	bytes  []int
	append func(shard string, items []eventlog.Item) (eventlog.Appended, error) // nil: all appended
}

func (l *fakeLog) Append(ctx context.Context, shard string, items []eventlog.Item) (eventlog.Appended, error) {
	c := call{Shard: shard}
	size := 0
	for _, it := range items {
		var batch spillwayv1.EventBatch
		if err := proto.Unmarshal(it.Bytes, &batch); err != nil || len(batch.Events) != 1 {
			return eventlog.Appended{}, fmt.Errorf("an item is not one event: %w", err)
		}
		e := batch.Events[0]
		if e.Topic != it.Topic {
			return eventlog.Appended{}, fmt.Errorf("item %s of an event with topic %s", it.Topic, e.Topic)
		}
		c.Events = append(c.Events, strings.Join([]string{e.Id, e.Topic, e.PartitionKey, string(e.Data)}, " "))
		size += len(it.Bytes)
	}
	l.calls, l.bytes = append(l.calls, c), append(l.bytes, size)
	if l.append != nil {
		return l.append(shard, items)
	}
	return eventlog.Appended{Events: len(items)}, nil
}

// record makes a record of shard 0 as Lambda delivers it.
func record(sequence, key, data string) events.KinesisEventRecord {
	return recordOf("shardId-000000000000", sequence, key, data)
}

func recordOf(shard, sequence, key, data string) events.KinesisEventRecord {
	return events.KinesisEventRecord{
		EventID:        shard + ":" + sequence,
		EventSource:    "aws:kinesis",
		EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/weather",
		Kinesis: events.KinesisRecord{
			ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: time.UnixMilli(1_700_000_000_123)},
			PartitionKey:                key, SequenceNumber: sequence, Data: []byte(data),
		},
	}
}

// payload is what Lambda invokes the function with.
func payload(t testing.TB, records ...events.KinesisEventRecord) []byte {
	t.Helper()
	b, err := json.Marshal(events.KinesisEvent{Records: records})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// invoke hands h records, and reads its answer as Lambda does.
func invoke(ctx context.Context, t testing.TB, h *Handler, records ...events.KinesisEventRecord) (resp events.KinesisEventResponse, err error) {
	t.Helper()
	answer, err := h.Invoke(ctx, payload(t, records...))
	if err == nil {
		err = json.Unmarshal(answer, &resp)
	}
	return resp, err
}

func newHandler(t testing.TB, route string, log Log, logs, metrics io.Writer) *Handler {
	t.Helper()
	r, err := ParseRoute(route)
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{Route: r, Log: log, Logger: slog.New(slog.NewJSONHandler(logs, nil)), Metrics: metrics})
}

func failuresOf(resp events.KinesisEventResponse) []string {
	var ids []string
	for _, f := range resp.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids
}

func TestHandle(t *testing.T) {
	t.Parallel()
	badSum := aggregated(userRecord{"a", []byte("1")})
	badSum[len(badSum)-1] ^= 1
	const shard0 = "weather/shardId-000000000000"
	tests := []struct {
		name    string
		route   string
		records []events.KinesisEventRecord
		want    []call
	}{
		{"no records", "{partition_key}", nil, nil},
		{"in order", "weather.us.{state}",
			[]events.KinesisEventRecord{record("10", "K1", `{"state":"ny"}`), record("11", "K2", `{"state":"pa"}`), record("12", "K1", `{"state":"ny"}`)},
			[]call{{shard0, []string{`0:10:0 weather.us.ny K1 {"state":"ny"}`, `0:11:0 weather.us.pa K2 {"state":"pa"}`, `0:12:0 weather.us.ny K1 {"state":"ny"}`}}}},
		{"aggregated among others", "{partition_key}",
			[]events.KinesisEventRecord{record("10", "a", "first"), record("11", "a", string(aggregated(userRecord{"x.1", []byte("u")}, userRecord{"x.2", []byte("v")}))), record("12", "a", "last")},
			[]call{{shard0, []string{"0:10:0 a a first", "0:11:0 x.1 x.1 u", "0:11:1 x.2 x.2 v", "0:12:0 a a last"}}}},
		{"malformed aggregated record is passed on whole", "{partition_key}",
			[]events.KinesisEventRecord{record("10", "k", string(badSum)), record("11", "k", "next")},
			[]call{{shard0, []string{"0:10:0 k k " + string(badSum), "0:11:0 k k next"}}}},
		{"aggregated record without user records", "{partition_key}",
			[]events.KinesisEventRecord{record("10", "k", string(aggregate(bytesField(fieldKeyTable, "k"))))}, nil},
		{"no topic", "weather.{state}",
			[]events.KinesisEventRecord{record("10", "k", "not JSON"), record("11", "k", `{"state":"ny"}`), record("12", "$a", `{"state":"$a.b"}`)},
			[]call{{shard0, []string{"0:10:0 $spillway.unrouted k not JSON", `0:11:0 weather.ny k {"state":"ny"}`, `0:12:0 $spillway.unrouted $a {"state":"$a.b"}`}}}},
		{"operators' topic as a partition key", "{partition_key}", []events.KinesisEventRecord{record("10", "$spillway.other", "d")},
			[]call{{shard0, []string{"0:10:0 " + topic.Unrouted + " $spillway.other d"}}}},
		{"stream's name", "{stream}", []events.KinesisEventRecord{record("10", "k", "d")}, []call{{shard0, []string{"0:10:0 weather k d"}}}},
		{"several shards", "{partition_key}",
			[]events.KinesisEventRecord{recordOf("shardId-000000000001", "20", "k", "a"), record("10", "k", "b"), recordOf("shardId-000000000001", "21", "k", "c")},
			[]call{{"weather/shardId-000000000001", []string{"1:20:0 k k a", "1:21:0 k k c"}}, {shard0, []string{"0:10:0 k k b"}}}},
		{"empty data", "{partition_key}", []events.KinesisEventRecord{record("0", "k", "")}, []call{{shard0, []string{"0:0:0 k k "}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			log := &fakeLog{}
			resp, err := invoke(t.Context(), t, newHandler(t, tt.route, log, io.Discard, nil), tt.records...)
			if err != nil || len(resp.BatchItemFailures) > 0 {
				t.Fatalf("answer %v, %v", resp, err)
			}
			if diff := cmp.Diff(tt.want, log.calls); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHandleFailures(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	batch := []events.KinesisEventRecord{record("10", "k", "a"), record("11", "k", "b"), record("12", "k", "c")}
	two := []events.KinesisEventRecord{record("10", "k", "a"), recordOf("shardId-000000000001", "5", "k", "b"),
		record("11", "k", "c"), recordOf("shardId-000000000001", "6", "k", "d")}
	tests := []struct {
		name    string
		records []events.KinesisEventRecord
		fail    func(shard string) error
		want    []string
	}{
		{"from a sequence number on", batch, func(string) error { return &eventlog.AppendError{First: "11", Err: broken} }, []string{"11"}},
		{"wrapped", batch, func(string) error { return fmt.Errorf("x: %w", &eventlog.AppendError{First: "12", Err: broken}) }, []string{"12"}},
		{"no sequence number", batch, func(string) error { return &eventlog.AppendError{Err: broken} }, []string{"10"}},
		{"another error", batch, func(string) error { return broken }, []string{"10"}},
		{"both shards", two, func(shard string) error {
			if shard == "weather/shardId-000000000001" {
				return &eventlog.AppendError{First: "6", Err: broken}
			}
			return broken
		}, []string{"10", "6"}},
		{"one shard of two", two, func(shard string) error {
			if shard == "weather/shardId-000000000001" {
				return broken
			}
			return nil
		}, []string{"5"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			log := &fakeLog{append: func(shard string, items []eventlog.Item) (eventlog.Appended, error) {
				return eventlog.Appended{}, tt.fail(shard)
			}}
			var logs bytes.Buffer
			resp, err := invoke(t.Context(), t, newHandler(t, "{partition_key}", log, &logs, nil), tt.records...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, failuresOf(resp)); diff != "" {
				t.Error(diff)
			}
			if n := strings.Count(logs.String(), broken.Error()); n != len(tt.want) {
				t.Errorf("%d failures logged %d times: %s", len(tt.want), n, &logs)
			}
		})
	}
}

func TestHandleRefusesWhatIsNotKinesis(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, eventID, sequence, want string }{
		{"no shard", "4954", "4954", `records[1].eventID "4954": want SHARD:SEQUENCE_NUMBER`},
		{"empty shard", ":4954", "4954", `records[1].eventID ":4954": want SHARD:SEQUENCE_NUMBER`},
		{"no sequence number", "shardId-000000000000:", "", `records[1].kinesis.sequenceNumber "": want a decimal number of 1 to 129 digits`},
		{"leading zero", "s:1", "01", `records[1].kinesis.sequenceNumber "01": want a decimal number of 1 to 129 digits`},
		{"no number", "s:1", "1x2", `records[1].kinesis.sequenceNumber "1x2": want a decimal number of 1 to 129 digits`},
		{"too long", "s:1", strings.Repeat("1", 130), `records[1].kinesis.sequenceNumber "` + strings.Repeat("1", 80) + `": want a decimal number of 1 to 129 digits`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bad := record("1", "k", "d")
			bad.EventID, bad.Kinesis.SequenceNumber = tt.eventID, tt.sequence
			log := &fakeLog{}
			_, err := invoke(t.Context(), t, newHandler(t, "{partition_key}", log, io.Discard, nil), record("1", "k", "d"), bad)
			if err == nil || !strings.HasSuffix(err.Error(), ": "+tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if len(log.calls) > 0 {
				t.Error("something was appended")
			}
		})
	}
}

// TestHandleAppendsInPieces: what expands beyond the limit goes in pieces that end
// between records, and a failure ends the shard.
func TestHandleAppendsInPieces(t *testing.T) {
	t.Parallel()
	var users []userRecord
	for range 40_000 {
		users = append(users, userRecord{strings.Repeat("k", 250), []byte("d")})
	}
	big := string(aggregated(users...))
	records := []events.KinesisEventRecord{record("10", "k", big), record("11", "k", big), record("12", "k", big), record("13", "k", "d")}
	log := &fakeLog{}
	log.append = func(_ string, items []eventlog.Item) (eventlog.Appended, error) {
		if len(log.calls) == 2 {
			return eventlog.Appended{}, errors.New("connection reset")
		}
		return eventlog.Appended{Events: len(items)}, nil
	}
	var metrics bytes.Buffer
	resp, err := invoke(t.Context(), t, newHandler(t, "{partition_key}", log, io.Discard, &metrics), records...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"11"}, failuresOf(resp)); diff != "" {
		t.Error(diff)
	}
	if len(log.calls) != 2 {
		t.Fatalf("%d appends, want 2", len(log.calls))
	}
	for i, c := range log.calls {
		if len(c.Events) != len(users) || log.bytes[i] < maxAppendBytes {
			t.Errorf("append %d: %d events of %d bytes", i, len(c.Events), log.bytes[i])
		}
	}
	if !strings.Contains(metrics.String(), `"Events":40000`) {
		t.Errorf("metrics %s", &metrics)
	}
}

// TestHandleDeadline: a log that does not answer costs no more than the time up to
// the margin before the function's deadline.
func TestHandleDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		h := newHandler(t, "{partition_key}", silentLog{}, io.Discard, nil)
		resp, err := invoke(ctx, t, h, record("10", "k", "d"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"10"}, failuresOf(resp)); diff != "" {
			t.Error(diff)
		}
		if took := time.Since(start); took != 3*time.Second-answerMargin {
			t.Errorf("took %s", took)
		}
	})
}

// silentLog waits for the context's end.
type silentLog struct{}

func (silentLog) Append(ctx context.Context, _ string, items []eventlog.Item) (eventlog.Appended, error) {
	<-ctx.Done()
	return eventlog.Appended{}, &eventlog.AppendError{First: items[0].Sequence, Err: ctx.Err()}
}

func TestMetricsLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := record("10", "k", `{"state":"ny"}`)
		first.Kinesis.ApproximateArrivalTimestamp.Time = time.Now().Add(-1500 * time.Millisecond)
		second := record("11", "k", "secret payload")
		second.Kinesis.ApproximateArrivalTimestamp.Time = time.Now()
		log := &fakeLog{append: func(string, []eventlog.Item) (eventlog.Appended, error) {
			return eventlog.Appended{Events: 1, Skipped: 1}, nil
		}}
		var metrics bytes.Buffer
		h := newHandler(t, "{state}", log, io.Discard, &metrics)
		if _, err := invoke(t.Context(), t, h, first, second); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"Spillway","Dimensions":[["Stream"]],"Metrics":[`+
			`{"Name":"Records","Unit":"Count"},{"Name":"Events","Unit":"Count"},{"Name":"Unrouted","Unit":"Count"},{"Name":"Skipped","Unit":"Count"},`+
			`{"Name":"Bytes","Unit":"Bytes"},{"Name":"Failures","Unit":"Count"},{"Name":"Lag","Unit":"Milliseconds"}]}]},`+
			`"Stream":"weather","Records":2,"Events":1,"Unrouted":1,"Skipped":1,"Bytes":%d,"Failures":0,"Lag":1500}`+"\n", time.Now().UnixMilli(), log.bytes[0])
		if diff := cmp.Diff(want, metrics.String()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMetricsCannotBeWritten(t *testing.T) {
	t.Parallel()
	var logs bytes.Buffer
	h := newHandler(t, "{partition_key}", &fakeLog{}, &logs, brokenWriter{})
	resp, err := invoke(t.Context(), t, h, record("10", "k", "d"))
	if err != nil || len(resp.BatchItemFailures) > 0 {
		t.Errorf("answer %v, %v", resp, err)
	}
	if !strings.Contains(logs.String(), `"msg":"write metrics"`) {
		t.Errorf("log %s", &logs)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestLogSummary: one line per batch for records without a topic, one for
// malformed aggregated ones, and nothing of what records hold.
func TestLogSummary(t *testing.T) {
	t.Parallel()
	records := []events.KinesisEventRecord{record("10", "secret", `{"state":"ny"}`), record("11", "secret", `{"city":"secret"}`),
		record("12", "secret", `{"city":"secret"}`), record("13", "secret", "secret"), record("14", "secret", aggregateMagic+"secret secret secret")}
	var logs bytes.Buffer
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "r-1"})
	if _, err := invoke(ctx, t, newHandler(t, "{state}", &fakeLog{}, &logs, nil), records...); err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	for line := range strings.Lines(logs.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		delete(m, "time")
		got = append(got, m)
	}
	want := []map[string]any{
		{"level": "WARN", "msg": "events without a valid topic", "request_id": "r-1", "shard": "shardId-000000000000", "route": "{state}",
			"events": 4.0, "first_sequence_number": "11", "reasons": map[string]any{"{state} is missing": 2.0, "data is not JSON": 2.0}},
		{"level": "WARN", "msg": "aggregated records that are malformed, passed on whole", "request_id": "r-1", "shard": "shardId-000000000000", "records": 1.0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(logs.String(), "secret") {
		t.Error("the log repeats what a record holds")
	}
}

// TestArrival: the time of the JSON event survives aws-lambda-go's float.
func TestArrival(t *testing.T) {
	t.Parallel()
	ev := []byte(`{"Records":[{"kinesis":{"partitionKey":"k","sequenceNumber":"10","data":"ZA==",
		"approximateArrivalTimestamp":1545084650.987},"eventID":"shardId-000000000000:10"}]}`)
	var got time.Time
	log := &fakeLog{append: func(_ string, items []eventlog.Item) (eventlog.Appended, error) {
		var batch spillwayv1.EventBatch
		err := proto.Unmarshal(items[0].Bytes, &batch)
		got = batch.Events[0].ApproximateArrivalTime.AsTime()
		return eventlog.Appended{}, err
	}}
	if _, err := newHandler(t, "{partition_key}", log, io.Discard, nil).Invoke(t.Context(), ev); err != nil {
		t.Fatal(err)
	}
	if want := time.UnixMilli(1_545_084_650_987); !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestManyTopics: the topics that a batch remembers are bounded, and forgetting
// them changes nothing.
func TestManyTopics(t *testing.T) {
	t.Parallel()
	const n = 2*maxKnownTopics + 7
	var records []events.KinesisEventRecord
	for i := range n {
		records = append(records, record(fmt.Sprint(i+1), fmt.Sprintf("t.%d", i), ""))
	}
	var in invocation
	if err := in.read(payload(t, records...)); err != nil {
		t.Fatal(err)
	}
	shards := in.shards
	route, err := ParseRoute("{partition_key}")
	if err != nil {
		t.Fatal(err)
	}
	b := NewEncoder(route, "weather", shards[0].id)
	for _, rec := range shards[0].records {
		b.Add(rec)
		if len(b.topics) > maxKnownTopics {
			t.Fatalf("%d topics are remembered", len(b.topics))
		}
	}
	for i, it := range b.items {
		if want := fmt.Sprintf("t.%d", i); it.Topic != want {
			t.Fatalf("item %d has topic %s", i, it.Topic)
		}
	}
}

func TestStreamName(t *testing.T) {
	t.Parallel()
	tests := []struct{ arn, want string }{
		{"arn:aws:kinesis:us-east-1:000000000000:stream/weather", "weather"},
		{"arn:aws:kinesis:us-east-1:000000000000:stream/weather/consumer/c:1700000000", "weather"},
		{"arn:aws:sqs:us-east-1:000000000000:weather", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := streamName(tt.arn); got != tt.want {
			t.Errorf("streamName(%q) = %q, want %q", tt.arn, got, tt.want)
		}
	}
}

func TestNewPanicsWithoutWhatIsRequired(t *testing.T) {
	t.Parallel()
	route, err := ParseRoute("a")
	if err != nil {
		t.Fatal(err)
	}
	full := Config{Route: route, Log: &fakeLog{}, Logger: slog.New(slog.DiscardHandler)}
	for name, without := range map[string]func(*Config){
		"route":  func(c *Config) { c.Route = Route{} },
		"log":    func(c *Config) { c.Log = nil },
		"logger": func(c *Config) { c.Logger = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := full
			without(&cfg)
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			New(cfg)
		})
	}
}

// FuzzHandle: whatever a record holds, it and its neighbours reach the log.
func FuzzHandle(f *testing.F) {
	f.Add("k", []byte(`{"state":"ny"}`))
	f.Add("$k", aggregated(userRecord{"a", []byte(`{"state":"ny"}`)}))
	f.Add("", []byte(aggregateMagic+"0123456789abcdef0"))
	f.Fuzz(func(t *testing.T, key string, data []byte) {
		log := &fakeLog{}
		rec := record("11", strings.ToValidUTF8(key, "\uFFFD"), string(data))
		resp, err := invoke(t.Context(), t, newHandler(t, "w.{state}", log, io.Discard, nil), record("10", "k", "a"), rec, record("12", "k", "b"))
		if err != nil || len(resp.BatchItemFailures) > 0 {
			t.Fatalf("answer %v, %v", resp, err)
		}
		got := log.calls[0].Events
		if got[0] != "0:10:0 $spillway.unrouted k a" || got[len(got)-1] != "0:12:0 $spillway.unrouted k b" {
			t.Errorf("neighbours: %q, %q", got[0], got[len(got)-1])
		}
		if middle := got[1 : len(got)-1]; len(middle) == 0 && !looksAggregated(data) ||
			slices.ContainsFunc(middle, func(e string) bool { return !strings.HasPrefix(e, "0:11:") }) {
			t.Errorf("the record itself: %q", middle)
		}
	})
}

// TestWarmHandlerMakesNoGarbage: what an invocation allocates grows neither with its
// records nor with their topics, once those are known, but for the chunks of text.
func TestWarmHandlerMakesNoGarbage(t *testing.T) {
	const n, topics = 1000, 200
	var records []events.KinesisEventRecord
	for i := range n {
		records = append(records, record(fmt.Sprintf("49590338271490256608559692538361571095921575989136%06d", i), fmt.Sprint("weather.", i%topics), "d"))
	}
	in := payload(t, records...)
	h := newHandler(t, "{partition_key}", &countingLog{}, io.Discard, nil)
	allocs := testing.AllocsPerRun(10, func() {
		if _, err := h.Invoke(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	})
	if most := 30.0; allocs > most {
		t.Errorf("%v allocations for %d records of %d topics, want at most %v", allocs, n, topics, most)
	}
}
