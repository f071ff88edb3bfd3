package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/config"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/ingest"
)

// runMain makes the test binary be the program.
const runMain = "CONSUMER_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(runMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestMistakesAreToldTogether(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	err := run([]string{"SPILLWAY_ROUTE=a..b", "SPILLWAY_LANES=300", "SPILLWAY_RETENTION=1", "SPILLWAY_BUDGET=1GB",
		"SPILLWAY_PARALLELIZATION=11", "SPILLWAY_LOG_NAME=a b", "SPILLWAY_LOG_LEVEL=loud",
		"SPILLWAY_REDIS_URI=redis://localhost"}, io.Discard, &stderr, func(*ingest.Handler) { t.Error("started") })
	ce, ok := errors.AsType[*config.Error](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	want := []config.Mistake{
		{Variable: "SPILLWAY_REDIS_URL", Rule: "is required"},
		{Variable: "SPILLWAY_ROUTE", Rule: "route: column 3: a token must not be empty"},
		{Variable: "SPILLWAY_LOG_NAME", Rule: `log name "a b": want 1 to 64 letters, digits, - and _`},
		{Variable: "SPILLWAY_LANES", Rule: "lanes 300: want 1 to 256"},
		{Variable: "SPILLWAY_RETENTION", Rule: `unable to parse duration: time: missing unit in duration "1"`},
		{Variable: "SPILLWAY_BUDGET", Rule: `"1GB" is not a size: want a whole number of bytes, or one with KiB, MiB, GiB or TiB, such as 512MiB`},
		{Variable: "SPILLWAY_PARALLELIZATION", Rule: "is 11: want 1 to 10"},
		{Variable: "SPILLWAY_LOG_LEVEL", Rule: `slog: level string "loud": unknown name`},
	}
	if diff := cmp.Diff(want, ce.Mistakes); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(stderr.String(), `"message":"unknown variable","name":"SPILLWAY_REDIS_URI"`) {
		t.Errorf("the misspelt variable is not told: %s", &stderr)
	}
}

func TestPasswordIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://u:hunter2@localhost", "redis://u:hunter2@local host", "redis://u:hunter2@localhost/x", "redis://u:hunter2@localhost?y=1"} {
		err := run([]string{"SPILLWAY_REDIS_URL=" + url}, io.Discard, io.Discard, func(*ingest.Handler) { t.Errorf("%s: started", url) })
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestGoverns: a deployment with another retention and budget changes a log that is
// there.
func TestGoverns(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	for _, want := range []eventlog.Epoch{{Retention: time.Hour, Budget: eventlog.DefaultBudget}, {Retention: 2 * time.Hour, Budget: 64 << 20}} {
		err := run([]string{"SPILLWAY_REDIS_URL=redis://" + redis.Addr(), "SPILLWAY_RETENTION=" + want.Retention.String(), fmt.Sprintf("SPILLWAY_BUDGET=%d", want.Budget)},
			io.Discard, io.Discard, func(h *ingest.Handler) {
				if got, err := h.Invoke(t.Context(), payload(t, "10")); err != nil || string(got) != appended {
					t.Errorf("answer %s, %v", got, err)
				}
			})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := redis.Get("{spillway}:epoch"); err != nil || !strings.HasSuffix(got, fmt.Sprintf(" %d %d 0", want.Retention.Milliseconds(), want.Budget)) {
			t.Errorf("the log is %q (%v), want retention %s and budget %d", got, err, want.Retention, want.Budget)
		}
	}
}

// TestWarm: a function that stays warm keeps what it has of Redis.
func TestWarm(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	err := run([]string{"SPILLWAY_REDIS_URL=redis://" + redis.Addr()}, io.Discard, io.Discard, func(h *ingest.Handler) {
		before := 0
		for n := range 20 {
			if got, err := h.Invoke(t.Context(), payload(t, fmt.Sprint(10+n))); err != nil || string(got) != appended {
				t.Errorf("answer %s, %v", got, err)
			}
			if n == 0 {
				before = redis.TotalConnectionCount()
			}
		}
		if now := redis.TotalConnectionCount(); now != before {
			t.Errorf("%d connections after the first invocation, %d after the last", before, now)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestUnderTheRuntimeAPI runs the program as Lambda does: it fetches an invocation
// from the Runtime API and posts its answer there.
func TestUnderTheRuntimeAPI(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	api := newRuntimeAPI(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*functionTime)
	defer cancel()
	var stdout bytes.Buffer
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = []string{runMain + "=1", "AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(api.URL, "http://"),
		"SPILLWAY_REDIS_URL=redis://" + redis.Addr(), "SPILLWAY_ROUTE=weather.us.{state}", "SPILLWAY_LANES=1"}
	cmd.Stdout = &stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill() // it runs until it is killed
		_ = cmd.Wait()
		if !strings.Contains(stdout.String(), `"Stream":"weather","Records":1,"Events":1`) {
			t.Errorf("metrics %s", &stdout)
		}
	}()

	if got, want := api.invoke(ctx, t, "10"), appended; got != want {
		t.Errorf("answer %s, want %s", got, want)
	}
	text, err := redis.Get("{spillway}:epoch")
	if err != nil {
		t.Fatal(err)
	}
	epoch, _, _ := strings.Cut(text, " ")
	entries, err := redis.Stream("{spillway:0}:" + epoch + ":entries")
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	redis.SetError("LOADING")
	if got, want := api.invoke(ctx, t, "11"), `{"batchItemFailures":[{"itemIdentifier":"11"}]}`; got != want {
		t.Errorf("answer with Redis away %s, want %s", got, want)
	}
}

// functionTime is what an invocation may take: more than anything here takes.
const functionTime = time.Minute

// runtimeAPI is the Lambda Runtime API (version 2018-06-01) for one function.
type runtimeAPI struct {
	*httptest.Server
	events, answers chan string
}

func newRuntimeAPI(t *testing.T) *runtimeAPI {
	api := &runtimeAPI{events: make(chan string), answers: make(chan string)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case ev := <-api.events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "request-1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(functionTime).UnixMilli()))
			_, _ = io.WriteString(w, ev)
		case <-r.Context().Done():
		}
	})
	answer := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		api.answers <- string(body)
	}
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/request-1/response", answer)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/request-1/error", answer)
	api.Server = httptest.NewServer(mux)
	t.Cleanup(api.Close)
	return api
}

// invoke hands the function one record and returns its answer.
func (api *runtimeAPI) invoke(ctx context.Context, t *testing.T, sequence string) string {
	t.Helper()
	select {
	case api.events <- string(payload(t, sequence)):
	case <-ctx.Done():
		t.Fatal("the function does not ask for an invocation")
	}
	select {
	case got := <-api.answers:
		return got
	case <-ctx.Done():
		t.Fatal("the function does not answer")
		return ""
	}
}

// appended is the answer to an invocation of which all got through.
const appended = `{"batchItemFailures":null}`

// payload is an invocation's, with one record.
func payload(t *testing.T, sequence string) []byte {
	t.Helper()
	b, err := json.Marshal(events.KinesisEvent{Records: []events.KinesisEventRecord{{
		EventID:        "shardId-000000000000:" + sequence,
		EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/weather",
		Kinesis: events.KinesisRecord{PartitionKey: "KNYC", SequenceNumber: sequence, Data: []byte(`{"state":"ny"}`),
			ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: time.Now()}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
