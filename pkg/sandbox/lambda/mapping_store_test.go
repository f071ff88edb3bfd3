package lambda_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

func mappingFiles(t testing.TB, dir string) *lambda.MappingFiles {
	t.Helper()
	files, err := lambda.NewMappingFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What is kept comes back as it was: every setting, and checkpoints of every kind. What is of others in the directory is
// left alone.
func TestMappingFiles(t *testing.T) {
	t.Parallel()
	dir, at := filepath.Join(t.TempDir(), "mappings"), time.UnixMilli(1_700_000_000_123).UTC()
	files, ctx := mappingFiles(t, dir), t.Context()
	stamp := lambda.EpochSeconds(at)
	want := lambda.StoredMapping{
		Enabled: true,
		Config: lambda.EventSourceMapping{
			UUID: "11111111-2222-4333-8444-555555555555", EventSourceArn: streamARN, FunctionArn: "arn:f", StartingPosition: "AT_TIMESTAMP",
			StartingPositionTimestamp: &stamp, BatchSize: 7, FunctionResponseTypes: []string{"ReportBatchItemFailures"}, LastModified: stamp,
			FilterCriteria:    &lambda.FilterCriteria{Filters: []lambda.Filter{{Pattern: `{"data":{"a":["x"]}}`}}},
			DestinationConfig: lambda.DestinationConfig{OnFailure: lambda.OnFailure{Destination: "arn:aws:s3:::b"}}, State: "Enabled",
		},
		Checkpoints: eventsource.Checkpoints{
			"shard-0": {Position: eventsource.Position{Kind: eventsource.AfterSequence, SequenceNumber: "5"}, Drained: true, Begins: "1"},
			"shard-1": {
				Position: eventsource.Position{Kind: eventsource.AtTimestamp, Timestamp: at},
				Window:   &eventsource.Window{Start: at, End: at.Add(time.Minute), State: []byte(`{"n":1}`)},
			},
		},
	}
	if err := files.SaveMapping(ctx, want); err != nil {
		t.Fatal(err)
	}
	if err := files.SaveCheckpoints(ctx, want.Config.UUID, want.Checkpoints); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.json"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := mappingFiles(t, dir).Mappings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	equalTimes := cmp.Comparer(func(a, b lambda.EpochSeconds) bool { return time.Time(a).Equal(time.Time(b)) })
	if diff := cmp.Diff([]lambda.StoredMapping{want}, got, equalTimes); diff != "" {
		t.Errorf("mappings (-want +got):\n%s", diff)
	}
	for range 2 { // also when there is none
		if err := files.DeleteMapping(ctx, want.Config.UUID); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left in the directory: %v, %v; want the file of another", left, err)
	}
}

func TestMappingFilesTellWhatIsBroken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "11111111-2222-4333-8444-555555555555.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := mappingFiles(t, dir).Mappings(t.Context()); err == nil {
		t.Errorf("mappings %v of a broken file", got)
	}
}

// A service that starts anew with the same store goes on where the one before was, with the same mappings, also those
// that are disabled; what was deleted is gone.
func TestMappingsSurviveARestart(t *testing.T) {
	t.Parallel()
	dir, shared := t.TempDir(), newStream(shard0)
	store := func(c *lambda.Config) { c.Mappings, c.Streams = mappingFiles(t, dir), shared }
	first := newSetup(t, store)
	first.create(t, "f")
	first.create(t, "g")
	first.create(t, "h")
	id := first.mapTo(t, "f", func(in *awslambda.CreateEventSourceMappingInput) {
		in.StartingPosition, in.FilterCriteria = types.EventSourcePositionLatest, filters(`{"partitionKey":[{"anything-but":"dropped"}]}`)
	})
	disabled := first.mapTo(t, "g", func(in *awslambda.CreateEventSourceMappingInput) { in.Enabled = aws.Bool(false) })
	first.awaitState(t, disabled, "Disabled")
	gone := first.mapTo(t, "h")
	if _, err := first.client.DeleteEventSourceMapping(t.Context(), &awslambda.DeleteEventSourceMappingInput{UUID: aws.String(gone)}); err != nil {
		t.Fatal(err)
	}
	shared.put(shard0, "a", "dropped")
	eventually(t, "the first service processes", func() bool { return len(first.noted()) > 0 })
	if err := first.service.AwaitMappingIdle(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	marks, err := first.service.MappingCheckpoints(id)
	if err != nil || marks[shard0].Position.SequenceNumber != "2" {
		t.Errorf("checkpoints %+v, %v; want after 2", marks, err)
	}
	first.service.Close(context.Background())
	shared.put(shard0, "b", "dropped", "c")

	second := newSetup(t, store)
	second.create(t, "f")
	if err := second.service.RestoreMappings(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.awaitState(t, id, "Enabled")
	second.awaitState(t, disabled, "Disabled")
	second.awaitNotes(t, "b c")
	list, err := second.client.ListEventSourceMappings(t.Context(), &awslambda.ListEventSourceMappingsInput{})
	if err != nil || len(list.EventSourceMappings) != 2 {
		t.Errorf("%d mappings, %v; want the two that were not deleted", len(list.EventSourceMappings), err)
	}
}

func TestRestoreTellsOfBrokenStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newSetup(t, func(c *lambda.Config) { c.Mappings, c.Logger = mappingFiles(t, dir), slog.New(slog.DiscardHandler) })
	if err := os.WriteFile(filepath.Join(dir, "11111111-2222-4333-8444-555555555555.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.service.RestoreMappings(t.Context()); err == nil {
		t.Error("no word of a broken file")
	}
}

// The panel of knobs lists mappings and tells when they are idle.
func TestMappingsOnThePanel(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	id := s.mapTo(t, "f")
	type known struct {
		UUID, Source, State string
		Idle                bool
		Checkpoints         eventsource.Checkpoints
	}
	panel := func() (out struct{ Mappings []known }) {
		t.Helper()
		w := httptest.NewRecorder()
		s.service.Knobs().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || len(out.Mappings) != 1 {
			t.Fatalf("panel %s: %v, want one mapping", w.Body, err)
		}
		return out
	}
	eventually(t, "the mapping is idle", func() bool { return panel().Mappings[0].Idle })
	gate := filepath.Join(s.dir, "gate")
	s.stream.put(shard0, "wait "+gate)
	if m := panel().Mappings[0]; m.Idle || m.UUID != id || m.Source != streamARN || m.State != "Enabled" {
		t.Errorf("mapping %+v, want one that works", m)
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the mapping is idle again", func() bool { return panel().Mappings[0].Idle })
	if at := panel().Mappings[0].Checkpoints[shard0].Position.SequenceNumber; at != "1" {
		t.Errorf("checkpoint %q, want after 1", at)
	}
}

func TestMappingDuplicates(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	id := s.mapTo(t, "f")
	if err := s.service.DuplicateDeliveries(id, 1); err != nil {
		t.Fatal(err)
	}
	s.stream.put(shard0, "a")
	s.awaitNotes(t, "a", "a")
	if err := s.service.DuplicateDeliveries("none", 1); err == nil {
		t.Error("deliveries of no mapping were duplicated")
	}
}

// A real function with tumbling windows gets the state, typed as aws-lambda-go has it, and the last invocation.
func TestMappingTumblingWindow(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	id := s.mapTo(t, "f", func(in *awslambda.CreateEventSourceMappingInput) {
		in.BatchSize, in.TumblingWindowInSeconds = aws.Int32(1), aws.Int32(1)
	})
	out, err := s.client.GetEventSourceMapping(t.Context(), &awslambda.GetEventSourceMappingInput{UUID: aws.String(id)})
	if err != nil || *out.TumblingWindowInSeconds != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	next := time.Now().Truncate(time.Second).Add(time.Second)
	eventually(t, "a window begins", func() bool { return !time.Now().Before(next) })
	s.stream.put(shard0, "a", "b")
	s.awaitNotes(t, `window of 1s: state "", then "a"`, `window of 1s: state "a", then "ab"`, `window of 1s: state "ab", then "ab", final`)
}

// Filter criteria are shown, changed and removed.
func TestMappingFilterCriteria(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	buys := filters(`{"partitionKey":["buy"]}`)
	id := s.mapTo(t, "f", func(in *awslambda.CreateEventSourceMappingInput) { in.FilterCriteria = buys })
	s.stream.put(shard0, "sell", "buy", "hold")
	s.awaitNotes(t, "buy")
	update := func(criteria *types.FilterCriteria) {
		t.Helper()
		out, err := s.client.UpdateEventSourceMapping(t.Context(), &awslambda.UpdateEventSourceMappingInput{UUID: aws.String(id), FilterCriteria: criteria})
		if err != nil {
			t.Fatal(err)
		}
		got := out.FilterCriteria
		if got == nil {
			got = &types.FilterCriteria{}
		}
		if diff := cmp.Diff(criteria.Filters, got.Filters, cmp.AllowUnexported(types.Filter{})); diff != "" {
			t.Errorf("filters (-want +got):\n%s", diff)
		}
		s.awaitState(t, id, "Enabled")
	}
	update(filters(`{"partitionKey":["sell"]}`, `{"partitionKey":["hold"]}`))
	s.stream.put(shard0, "sell", "buy", "hold")
	s.awaitNotes(t, "buy", "sell hold")
	update(&types.FilterCriteria{})
	s.stream.put(shard0, "sell", "buy")
	s.awaitNotes(t, "buy", "sell hold", "sell buy")
}
