package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/rebuild"
)

func TestReplayMistakes(t *testing.T) {
	t.Parallel()
	const from = "--from=2h"
	full := func(more ...string) map[string]string {
		env := map[string]string{"SPILLWAY_STREAM": "weather", "SPILLWAY_REDIS_URL": "redis://127.0.0.1:1", "SPILLWAY_ROUTE": "weather.{state}",
			"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		return env
	}
	tests := []struct {
		name string
		env  map[string]string
		args []string
		says string
	}{
		{"no time", full(), nil, "--from is missing: it must be a time such as 2026-01-02T03:04:05Z, or how long ago, such as 90m"},
		{"no such time", full(), []string{"--from=yesterday"}, `--from is "yesterday", must be a time such as`},
		{"a time to come", full(), []string{"--from=2999-01-01T00:00:00Z"}, `--from is "2999-01-01T00:00:00Z", must be in the past`},
		{"a duration to come", full(), []string{"--from=-1h"}, `--from is "-1h", must be in the past`},
		{"too long ago", full(), []string{"--from=9999h"}, "must be at most 365 days ago"},
		{"output", full(), []string{from, "-o", "xml"}, `--output is "xml", must be text or json`},
		{"max-events", full(), []string{from, "--max-events=0"}, "--max-events is 0, must be at least 1"},
		{"no stream", full("SPILLWAY_STREAM", ""), []string{from}, "the stream is missing: give it by --stream, SPILLWAY_STREAM or streamName in properties.yaml"},
		{"no Redis", full("SPILLWAY_REDIS_URL", ""), []string{from}, "SPILLWAY_REDIS_URL: is required"},
		{"no route", full("SPILLWAY_ROUTE", ""), []string{from}, "SPILLWAY_ROUTE: is required without --function"},
		{"a wrong route", full("SPILLWAY_ROUTE", "a..b"), []string{from}, "SPILLWAY_ROUTE: route: column 3: a token must not be empty"},
		{"parallelization", full("SPILLWAY_PARALLELIZATION", "11"), []string{from}, "SPILLWAY_PARALLELIZATION: is 11: want 1 to 10"},
		{"endpoint", full("AWS_ENDPOINT_URL", "kinesis"), []string{from}, `the Kinesis endpoint "kinesis" must be a URL`},
		{"argument", full(), []string{from, "weather"}, `spillway admin replay takes no arguments, has "weather"`},
		{"several", full("SPILLWAY_STREAM", "", "SPILLWAY_LANES", "0"), []string{"-o", "xml"}, "4 mistakes in the configuration:\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := spillway(t.Context(), tt.env, "", append([]string{"admin", "replay"}, tt.args...)...)
			if got.exit != exitUsage || got.err == nil || !strings.Contains(got.err.Error(), tt.says) {
				t.Errorf("exit %d, %v, want it to say %s", got.exit, got.err, tt.says)
			}
		})
	}
}

// TestReplayWithoutRedisTouchesNothing: what is away is told before anything is done.
func TestReplayWithoutRedisTouchesNothing(t *testing.T) {
	t.Parallel()
	got := spillway(t.Context(), map[string]string{"SPILLWAY_STREAM": "weather", "SPILLWAY_REDIS_URL": "redis://127.0.0.1:1", "SPILLWAY_ROUTE": "{partition_key}",
		"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "", "admin", "replay", "--from=2h")
	if got.exit != exitFailure || !strings.Contains(fmt.Sprint(got.err), "read epoch of log spillway: ") || got.stdout != "" {
		t.Errorf("exit %d, %v, stdout %q", got.exit, got.err, got.stdout)
	}
}

// TestReplaySpeaksItsOwnWords: what the Redis client says of its connections is told
// once, and not in its words.
func TestReplaySpeaksItsOwnWords(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"redis://127.0.0.1:1", "redis://127.0.0.1:1?cluster=true"} {
		cmd := exec.CommandContext(t.Context(), self, "admin", "replay", "--from=2h", "--stream=weather")
		cmd.Env = []string{asCommand + "=1", "SPILLWAY_REDIS_URL=" + url, "SPILLWAY_ROUTE={partition_key}", "AWS_ENDPOINT_URL=http://127.0.0.1:1"}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Run(); err == nil {
			t.Errorf("%s: no error", url)
		}
		lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		if len(lines) != 2 || lines[0] != "the connection to Redis fails; trying again for a while" || !strings.HasPrefix(lines[1], "spillway: read epoch of log spillway: ") {
			t.Errorf("%s: %q", url, lines)
		}
	}
}

func TestConsumerSettings(t *testing.T) {
	t.Parallel()
	own := map[string]string{"SPILLWAY_REDIS_URL": "redis://tunnel", "SPILLWAY_LANES": "8"}
	function := map[string]string{"SPILLWAY_REDIS_URL": "redis://inside", "SPILLWAY_ROUTE": "weather.{state}", "SPILLWAY_PARALLELIZATION": "4", "SPILLWAY_LANES": "32"}
	got, mistakes := consumerSettings(func(name string) string { return own[name] }, function)
	if mistakes != nil {
		t.Fatal(mistakes)
	}
	want := eventlog.Config{URL: "redis://tunnel", Name: "spillway", Lanes: 8, Retention: time.Hour, Budget: 1 << 30, Parallel: true}
	if diff := cmp.Diff(want, got.EventLog()); diff != "" || got.Route.String() != "weather.{state}" {
		t.Errorf("route %s, log (-want +got):\n%s", got.Route, diff)
	}
	// A function that leaves the route to its default has that one.
	if got, mistakes = consumerSettings(func(name string) string { return own[name] }, map[string]string{}); mistakes != nil || got.Route.String() != "{partition_key}" {
		t.Errorf("route %s, %v", got.Route, mistakes)
	}
}

func TestLambdaURL(t *testing.T) {
	t.Parallel()
	const file = "http://file"
	tests := []struct {
		name string
		env  map[string]string
		args []string
		want string
	}{
		{"nothing but the file", nil, nil, file},
		{"one for all", map[string]string{"AWS_ENDPOINT_URL": "http://all"}, nil, "http://all"},
		{"one for Kinesis", map[string]string{"AWS_ENDPOINT_URL_KINESIS": "http://kinesis"}, nil, ""},
		{"one for each", map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_KINESIS": "http://kinesis", "AWS_ENDPOINT_URL_LAMBDA": "http://lambda"}, nil, "http://lambda"},
		{"a flag", map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_LAMBDA": "http://lambda"}, []string{"--endpoint-url=http://flag"}, "http://flag"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			getenv := func(name string) string { return tt.env[name] }
			cmd := (&program{getenv: getenv}).replayCommand()
			if err := cmd.ParseFlags(tt.args); err != nil {
				t.Fatal(err)
			}
			if got := lambdaURL(&settings{cmd: cmd, getenv: getenv, file: properties{"kinesisEndpoint": file}}); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEnableCommand(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]rebuild.Endpoint{
		"aws lambda update-event-source-mapping --enabled --uuid u-1":                                                       {},
		"aws lambda update-event-source-mapping --enabled --uuid u-1 --region eu-west-1":                                    {Region: "eu-west-1"},
		"aws lambda update-event-source-mapping --enabled --uuid u-1 --region us-east-1 --endpoint-url http://127.0.0.1:80": {Region: "us-east-1", Lambda: "http://127.0.0.1:80"},
	} {
		if got := enableCommand("u-1", e); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// oneShard is a stream of one shard with three records.
type oneShard struct {
	rebuild.Kinesis
	interrupt func() // nil: nothing
}

func (oneShard) ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	return &kinesis.ListShardsOutput{Shards: []types.Shard{{ShardId: aws.String("shardId-000000000000")}}}, nil
}

func (oneShard) GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	return &kinesis.GetShardIteratorOutput{ShardIterator: aws.String("i")}, nil
}

func (s oneShard) GetRecords(ctx context.Context, _ *kinesis.GetRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	if s.interrupt != nil {
		s.interrupt()
		return nil, ctx.Err()
	}
	out := &kinesis.GetRecordsOutput{MillisBehindLatest: aws.Int64(0), NextShardIterator: aws.String("j")}
	for i := range 3 {
		out.Records = append(out.Records, types.Record{SequenceNumber: aws.String(fmt.Sprint(10 + i)), PartitionKey: aws.String("t.1"),
			Data: []byte("d"), ApproximateArrivalTimestamp: aws.Time(time.Now().Add(-time.Minute))})
	}
	return out, nil
}

// replayed runs a replay of a stream into a log in memory.
func replayed(t *testing.T, redis *miniredis.Miniredis, o replayOptions, k rebuild.Kinesis) (stdout, stderr string, err error) {
	t.Helper()
	var out, notes bytes.Buffer
	p := &program{stdout: &out, stderr: &notes}
	consumer, mistakes := consumerSettings(func(name string) string {
		return map[string]string{"SPILLWAY_REDIS_URL": "redis://" + redis.Addr(), "SPILLWAY_ROUTE": "{partition_key}"}[name]
	}, nil)
	if mistakes != nil {
		t.Fatal(mistakes)
	}
	log, err := eventlog.Open(consumer.EventLog())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cfg := rebuild.Config{Kinesis: k, Log: log, Stream: "weather", Route: consumer.Route, From: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), DryRun: o.dryRun}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if s, ok := k.(*oneShard); ok {
		s.interrupt = cancel
	}
	err = p.runReplay(ctx, o, cfg)
	return out.String(), notes.String(), err
}

func TestReplayTells(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	stdout, stderr, err := replayed(t, redis, replayOptions{output: outputText, dryRun: true}, oneShard{})
	if err != nil || !strings.HasPrefix(stdout, "read 3 records (3 events) of weather since 2026-01-02T03:04:05Z in ") || !strings.HasSuffix(stdout, " nothing appended (--dry-run)\n") {
		t.Errorf("dry run: %q, %v", stdout, err)
	}
	if want := "the log retains 1h0m0s: what it has trimmed since 2026-01-02T03:04:05Z counts as missing, too\n"; stderr != want {
		t.Errorf("stderr %q, want %q", stderr, want)
	}
	stdout, stderr, err = replayed(t, redis, replayOptions{output: outputText}, oneShard{})
	if err != nil || !strings.HasSuffix(stdout, " 3 appended\n") || !strings.Contains(stderr, "keys that get new records have them before older ones; --function NAME stops it") {
		t.Errorf("%q, %q, %v", stdout, stderr, err)
	}
	stdout, _, err = replayed(t, redis, replayOptions{output: outputJSON}, oneShard{})
	var got map[string]any
	if err != nil || json.Unmarshal([]byte(stdout), &got) != nil {
		t.Fatalf("%q, %v", stdout, err)
	}
	delete(got, "seconds")
	delete(got, "to")
	want := map[string]any{"stream": "weather", "from": "2026-01-02T03:04:05.000Z", "complete": true, "dry_run": false, "shards": 1.0, "records": 3.0, "events": 3.0,
		"held": 3.0, "missing": 0.0, "missing_bytes": 0.0, "appended": 0.0, "unrouted": 0.0, "malformed": 0.0, "corrupt_entries": 0.0, "throttled": 0.0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("second run (-want +got):\n%s", diff)
	}
}

func TestReplayInterrupted(t *testing.T) {
	t.Parallel()
	stdout, _, err := replayed(t, miniredis.RunT(t), replayOptions{output: outputText}, &oneShard{})
	if exitStatus(err) != exitInterrupted || !strings.HasSuffix(stdout, ", not complete\n") {
		t.Errorf("%q, %v", stdout, err)
	}
}

func TestReplayVerdict(t *testing.T) {
	t.Parallel()
	left := errors.Join(context.Canceled, &rebuild.EnableError{UUID: "u-1", Err: errors.New("rate exceeded")})
	if err := replayVerdict(left); exitStatus(err) != exitFailure || !strings.Contains(err.Error(), "event source mapping u-1 is left disabled: rate exceeded") {
		t.Errorf("a mapping left disabled: %d, %v", exitStatus(err), err)
	}
	if err := replayVerdict(&rebuild.TooManyError{Limit: 7}); !strings.HasSuffix(err.Error(), ": give a later --from, or more --max-events") {
		t.Errorf("too many events: %v", err)
	}
	if err := replayVerdict(nil); err != nil {
		t.Errorf("nothing wrong: %v", err)
	}
}
