package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/pkg/client"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

func TestSubscribeText(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.events = []*spillwayv1.SubscribeResponse{batch(1, `{"a": [1, 2]}`, "plain", "two\nlines \x1b[2J", "\xff\x00", "")}
	got := spillway(t.Context(), c.env(), "", "subscribe", "weather.us.ny", "-n", "5")
	want := `2026-11-22T21:06:00.123Z  weather.us.ny  KNYC  {"a":[1,2]}
2026-11-22T21:06:00.123Z  weather.us.ny  KNYC  plain
2026-11-22T21:06:00.123Z  weather.us.ny  KNYC  "two\nlines \x1b[2J"
2026-11-22T21:06:00.123Z  weather.us.ny  KNYC  base64:/wA=
2026-11-22T21:06:00.123Z  weather.us.ny  KNYC  
`
	if diff := cmp.Diff(want, got.stdout); diff != "" || got.err != nil {
		t.Errorf("err %v, stdout (-want +got):\n%s", got.err, diff)
	}
	if got.stderr != "subscribed to weather.us.ny\n" {
		t.Errorf("stderr = %q", got.stderr)
	}
}

func TestSubscribeJSON(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	gap := &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Gap{Gap: &spillwayv1.Gap{Reason: spillwayv1.GapReason_GAP_REASON_TRIMMED, Lanes: []uint32{3}, Events: 7}}}
	c.events = []*spillwayv1.SubscribeResponse{batch(1, `{ "n": 1.50, "h": "<&>" }`), gap, batch(2, "plain")}
	got := spillway(t.Context(), c.env(), "", "subscribe", "-o", "json", "-n", "2")
	want := `{"id":"0:1:0","topic":"weather.us.ny","partition_key":"KNYC","approximate_arrival_time":"2026-11-22T21:06:00.123Z","data":{"n":1.50,"h":"<&>"}}
{"gap":{"reason":"trimmed","lanes":[3],"events":7}}
{"id":"0:2:0","topic":"weather.us.ny","partition_key":"KNYC","approximate_arrival_time":"2026-11-22T21:06:00.123Z","data_base64":"cGxhaW4="}
`
	if diff := cmp.Diff(want, got.stdout); diff != "" || got.err != nil {
		t.Errorf("err %v, stdout (-want +got):\n%s", got.err, diff)
	}
	if !strings.Contains(got.stderr, "gap: 7 events are missing: the log no longer retains them\n") {
		t.Errorf("stderr = %q", got.stderr)
	}
}

func TestSubscribeFails(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	with := func(name, value string) map[string]string {
		env := c.env()
		env[name] = value
		return env
	}
	tests := []struct {
		name string
		env  map[string]string
		args []string
		exit int
		says string
	}{
		{"a pattern no grant covers", c.env(), []string{"weather.us.>"}, exitDenied, `subscribe weather.us.>: PERMISSION_DENIED: pattern "weather.us.>" is covered by no grant`},
		{"a garbage token", with("SPILLWAY_TOKEN", "garbage"), nil, exitDenied, "UNAUTHENTICATED: the token is not a JSON Web Token"},
		{"a wrong secret", with("SPILLWAY_CLIENT_SECRET", "wrong"), nil, exitDenied, "the client id is unknown or the secret is wrong"},
		{"timeout", c.env(), []string{"-n", "1", "--timeout", "1s"}, exitTimeout, "timed out after 0 of 1 events"},
		{"timeout of an endless one", c.env(), []string{"--timeout", "2s"}, 0, ""},
		{"timeout where nobody listens", with("SPILLWAY_ENDPOINT", "127.0.0.1:1"), []string{"--timeout", "300ms"}, exitTimeout, "timed out before it was subscribed: UNAVAILABLE: "},
		{"timeout of a count where nobody listens", with("SPILLWAY_ENDPOINT", "127.0.0.1:1"), []string{"-n", "1", "--timeout", "300ms"}, exitTimeout, "timed out before it was subscribed: UNAVAILABLE: "},
		{"output", c.env(), []string{"-o", "xml"}, exitUsage, `--output is "xml", must be text or json`},
		{"from", c.env(), []string{"--from", "yesterday"}, exitUsage, `--from is "yesterday", must be latest`},
		{"from a damaged cursor", c.env(), []string{"--from", "c1._w"}, exitUsage, "cursor is damaged"},
		{"several", c.env(), []string{"--from", "-1h", "--count", "-1", "--timeout", "-1s"}, exitUsage, "3 mistakes in the configuration:\n  - --count is -1, must not be negative\n  - --timeout is -1s, must not be negative\n  - --from is \"-1h\""},
		{"a flag and a setting", with("SPILLWAY_ENDPOINT", "x"), []string{"-o", "xml", "--plaintext"}, exitUsage, "2 mistakes in the configuration:\n  - --output is \"xml\", must be text or json\n  - endpoint \"x\": the port is missing"},
		{"a flag that is not there", c.env(), []string{"--secret", "x"}, exitUsage, "unknown flag: --secret; spillway subscribe --help lists the flags"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := inTime(t, tt.env, func(got result) bool { return got.exit == tt.exit && strings.Contains(got.text(), tt.says) },
				append([]string{"subscribe"}, tt.args...)...)
			if got.exit != tt.exit || !strings.Contains(got.text(), tt.says) {
				t.Errorf("exit %d, %v, want %d saying %q", got.exit, got.err, tt.exit, tt.says)
			}
			if strings.Contains(got.stdout+got.stderr+got.text(), "s3cret") {
				t.Error("the secret is printed")
			}
		})
	}
}

// inTime runs a command line, and where on a busy machine its --timeout was over before what
// was to come, once more with a longer one.
func inTime(t *testing.T, env map[string]string, came func(result) bool, args ...string) result {
	t.Helper()
	got := spillway(t.Context(), env, "", args...)
	if i := slices.Index(args, "--timeout"); i >= 0 && !came(got) {
		args = slices.Clone(args)
		args[i+1] = "20s"
		got = spillway(t.Context(), env, "", args...)
	}
	return got
}

func TestSubscribeTellsOfReconnects(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.events = []*spillwayv1.SubscribeResponse{batch(1, "1")}
	c.ends = status.Error(codes.Unavailable, "the gateway is stopping")
	const resumed = "resumed weather.us.ny\n"
	got := inTime(t, c.env(), func(got result) bool { return strings.Contains(got.stderr, resumed) },
		"subscribe", "weather.us.ny", "-n", "2", "--timeout", "1500ms")
	if got.exit != exitTimeout || strings.Count(got.stdout, "\n") != 1 {
		t.Errorf("exit %d, %v, stdout %q, want the event once and a timeout", got.exit, got.err, got.stdout)
	}
	if !strings.Contains(got.stderr, "disconnected: UNAVAILABLE: the gateway is stopping; trying again in ") || !strings.Contains(got.stderr, resumed) {
		t.Errorf("stderr = %q", got.stderr)
	}
}

func TestSubscribePrintsAtOnceAndEndsWithASignal(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.events = []*spillwayv1.SubscribeResponse{batch(1, "1", "2")}
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	env := c.env()
	go func() {
		err := run(ctx, []string{"subscribe"}, func(name string) string { return env[name] }, strings.NewReader(""), w, io.Discard)
		done <- err
		w.CloseWithError(err)
	}()
	lines := bufio.NewScanner(r)
	for n := range 2 {
		if !lines.Scan() || !strings.HasSuffix(lines.Text(), string(rune('1'+n))) {
			t.Fatalf("line %d is %q, %v", n, lines.Text(), lines.Err())
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("err = %v, want none: nothing else ends an endless subscription", err)
	}
}

// TestInterruptedBeforeItWasSubscribed: a signal is no success where there was
// nothing but failure.
func TestInterruptedBeforeItWasSubscribed(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	env := c.env()
	env["SPILLWAY_ENDPOINT"] = "127.0.0.1:1"
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := stderrFunc(func(text string) {
		if strings.HasPrefix(text, "not connected: ") {
			cancel()
		}
	})
	err := run(ctx, []string{"subscribe"}, func(name string) string { return env[name] }, strings.NewReader(""), io.Discard, told)
	if exitStatus(err) != exitFailure || !strings.HasPrefix(err.Error(), "never subscribed: UNAVAILABLE: ") {
		t.Errorf("exit %d, %v", exitStatus(err), err)
	}
	if got := spillway(ctx, c.env(), "", "subscribe"); got.exit != exitInterrupted {
		t.Errorf("interrupted at once: %+v", got)
	}
}

// stderrFunc is told what is written.
type stderrFunc func(string)

func (f stderrFunc) Write(p []byte) (int, error) {
	f(string(p))
	return len(p), nil
}

// TestARefusalWinsOverASignal: what the gateway said is not lost in the end.
func TestARefusalWinsOverASignal(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	refused := &client.Error{Code: codes.PermissionDenied, Message: "no grant"}
	for _, o := range []subscribeOptions{{}, {count: 1}} {
		if err := o.verdict(ctx, 0, (&course{}).orNever(ctx, refused)); !errors.Is(err, refused) || exitStatus(err) != exitDenied {
			t.Errorf("count %d: %v", o.count, err)
		}
	}
}

func TestParseStart(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	tests := map[string]client.Start{
		"latest": client.Latest(), "earliest": client.Earliest(), "10m": client.At(now.Add(-10 * time.Minute)),
		"2026-01-02T03:04:05Z": client.At(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
	}
	for text, want := range tests {
		if got, err := parseStart(text, now); got != want || err != nil {
			t.Errorf("%s: %+v, %v, want %+v", text, got, err, want)
		}
	}
}

func TestTokenAndAccess(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	if got := spillway(t.Context(), c.env(), "", "token"); got.stdout != validToken()+"\n" || got.err != nil {
		t.Errorf("token: %q, %v", got.stdout, got.err)
	}
	got := spillway(t.Context(), c.env(), "", "token", "--claims")
	var shown, want map[string]any
	if err := json.Unmarshal([]byte(got.stdout), &shown); err != nil || json.Unmarshal([]byte(claims), &want) != nil {
		t.Fatalf("claims: %q, %v, %v", got.stdout, got.err, err)
	}
	if diff := cmp.Diff(want, shown); diff != "" || !strings.Contains(got.stdout, "\n  \"client_id\"") {
		t.Errorf("claims: %s (-want +got):\n%s", got.stdout, diff)
	}
	wantText := `client     news
may read   weather.us.ny
           weather.eu.>
retention  24h0m0s
heartbeat  30s
batch      64.0 KiB
server     v1.2.3
`
	if diff := cmp.Diff(wantText, spillway(t.Context(), c.env(), "", "access").stdout); diff != "" {
		t.Errorf("access (-want +got):\n%s", diff)
	}
	wantJSON := `{"client_id":"news","grants":["weather.us.ny","weather.eu.>"],"retention_seconds":86400,"heartbeat_seconds":30,"max_batch_bytes":65536,"server_version":"v1.2.3"}` + "\n"
	if diff := cmp.Diff(wantJSON, spillway(t.Context(), c.env(), "", "access", "-o", "json").stdout); diff != "" {
		t.Errorf("access -o json (-want +got):\n%s", diff)
	}
}

func TestTokenFails(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	opaque := c.env()
	opaque["SPILLWAY_TOKEN"] = "opaque"
	garbled := c.env()
	garbled["SPILLWAY_TOKEN"] = "gar bage"
	remote := c.env()
	remote["SPILLWAY_TOKEN_URL"] = "http://auth.invalid/token"
	tests := []struct {
		env  map[string]string
		args []string
		exit int
		says string
	}{
		{opaque, []string{"--claims"}, exitFailure, "is no JSON Web Token"},
		{garbled, nil, exitUsage, "token must be printable ASCII without spaces"},
		{remote, nil, exitUsage, "must be https, or http on loopback"},
		{c.env(), []string{"--endpoint", "x:1"}, exitUsage, "unknown flag: --endpoint"},
		{c.env(), []string{"extra"}, exitUsage, `spillway token takes no arguments, has "extra"`},
		{map[string]string{"SPILLWAY_CLIENT_ID": "x"}, nil, exitUsage, "2 mistakes in the configuration:\n  - the client secret is missing: give it by SPILLWAY_CLIENT_SECRET, SPILLWAY_CLIENT_SECRET_FILE, clientSecret or clientSecretFile in properties.yaml\n  - the token URL is missing"},
	}
	for _, tt := range tests {
		got := spillway(t.Context(), tt.env, "", append([]string{"token"}, tt.args...)...)
		if got.exit != tt.exit || got.err == nil || strings.Count(got.err.Error(), tt.says) != 1 {
			t.Errorf("%v: exit %d, %v, want %d saying once %q", tt.args, got.exit, got.err, tt.exit, tt.says)
		}
	}
	p := &program{getenv: func(name string) string { return remote[name] }}
	cmd := p.tokenCommand()
	if err := cmd.ParseFlags([]string{"--plaintext"}); err != nil {
		t.Fatal(err)
	}
	if _, errs := (&settings{cmd: cmd, getenv: p.getenv}).token(); errs != nil {
		t.Errorf("a token URL without TLS with --plaintext: %v", errs)
	}
}
