package stack

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestUpAndDown(t *testing.T) {
	t.Parallel()
	s, out := newFake(t, modeGood, nil)
	e := mustUp(t, s)
	if e.Stream != "stream-1" || e.AWS == "" || e.Gateway == "" || e.TokenURL == "" || e.Redis == "" || e.Admin == "" {
		t.Errorf("endpoints %+v", e)
	}
	want := Credentials{ClientID: "id-2", Secret: "s-2", Scopes: []string{"spillway/weather.us.ny"}}
	if diff := cmp.Diff(want, e.Customers["newyork"]); diff != "" {
		t.Errorf("newyork (-want +got):\n%s", diff)
	}
	wantText(t, "output", out.String(), e.AWS, e.Gateway, "client id        id-1", "put-record --stream-name stream-1", "'weather.us.ny'")
	info, err := os.Stat(s.path(propertiesFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("properties: %v, %v", info, err)
	}
	first, err := os.ReadFile(s.path(propertiesFile))
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, propertiesFile, string(first), "clientId: id-1", "clientSecret: s-1", "streamName: stream-1",
		"serviceEndpoint: "+e.Gateway, "tokenUrl: "+e.TokenURL, "kinesisEndpoint: "+e.AWS, "region: us-east-1")
	if strings.Contains(string(first), "plaintext") {
		t.Errorf("%s speaks of plaintext, which might be taken along to another endpoint:\n%s", propertiesFile, first)
	}
	if err := s.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, "output", out.String(), "Spillway is down.", "cognito.json (credentials)")
	wantNothingLeft(t, s, portNumber(t, e.AWS))
	if _, err := os.Stat(s.path(cognitoFile)); err != nil {
		t.Errorf("credentials are not kept: %v", err)
	}
}

func portNumber(t *testing.T, url string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestUpTwice(t *testing.T) {
	t.Parallel()
	s, out := newFake(t, modeGood, nil)
	first := mustUp(t, s)
	pid, _, err := s.running()
	if err != nil {
		t.Fatal(err)
	}
	again, err := New(s.o) // as another program would
	if err != nil {
		t.Fatal(err)
	}
	second := mustUp(t, again)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the second up says something else (-first +second):\n%s", diff)
	}
	if now, _, err := s.running(); now != pid || err != nil {
		t.Errorf("pid %d, %v; was %d", now, err, pid)
	}
	wantText(t, "output", out.String(), "Spillway is up already")
}

func TestUpOfBrokenStack(t *testing.T) {
	t.Parallel()
	s, _ := newFake(t, modeSick, nil)
	mustUp(t, s)
	_, err := s.Up(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	wantText(t, "error", err.Error(), "the stack runs, but is starting", "gateway is waiting", "down")
}

func TestTwoStacksSideBySide(t *testing.T) {
	t.Parallel()
	one, _ := newFake(t, modeGood, nil)
	two, _ := newFake(t, modeGood, nil)
	a, b := mustUp(t, one), mustUp(t, two)
	if a.AWS == b.AWS {
		t.Errorf("both at %s", a.AWS)
	}
	if err := one.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, alive, err := two.running(); !alive || err != nil {
		t.Errorf("the end of one ended the other: %v", err)
	}
}

func TestUpNamesBusyPorts(t *testing.T) {
	t.Parallel()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	busy := lis.Addr().(*net.TCPAddr).Port
	s, _ := newFake(t, modeGood, func(o *Options) { o.Ports.Gateway, o.Ports.Redis = busy, busy })
	_, err = s.Up(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	number := strconv.Itoa(busy)
	wantText(t, "error", err.Error(), "port "+number+" (gateway) is in use by", "SPILLWAY_PORT_GATEWAY",
		"port "+number+" is to be both gateway and Redis", "SPILLWAY_PORT_REDIS")
	if holder := holderOf(busy); holder != "" {
		wantText(t, "error", err.Error(), "in use by "+holder, "(pid "+strconv.Itoa(os.Getpid())+")")
	}
	wantNothingLeft(t, s)
}

// A process id alone may be another program's by now: here it is the test's own.
func TestStalePid(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		act  func(*Stack) error
	}{
		{"up", func(s *Stack) error { _, err := s.Up(t.Context()); return err }},
		{"down", func(s *Stack) error { return s.Down(t.Context()) }},
		{"status", func(s *Stack) error { return s.Status(t.Context()) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newFake(t, modeGood, nil)
			write(t, s.path(pidFile), strconv.Itoa(os.Getpid())+"\n")
			write(t, s.path(recordFile), `{"version":1,"endpoints":{"aws":"http://127.0.0.1:1"},"customers":["institute"]}`)
			if err := tt.act(s); err != nil {
				t.Fatal(err)
			}
			if pid, _, err := s.running(); pid == os.Getpid() || err != nil {
				t.Errorf("running() = %d, %v", pid, err)
			}
		})
	}
}

func TestFailingStart(t *testing.T) {
	t.Parallel()
	failed := errors.New("stack spillway ended in ROLLBACK_COMPLETE")
	tests := []struct {
		name, mode string
		deploy     error
		timeout    time.Duration
		want       []string
	}{
		{"ends at once", modeFail, nil, time.Minute, []string{"exit status 1", "sandbox.log ends with", "redis-server is not installed"}},
		{"never ready", modeNever, nil, 5 * time.Second, []string{"gateway is waiting", "longer than 5s", "gateway.log ends with", "no connection to Redis"}},
		{"given up", modeGivenUp, nil, time.Minute, []string{"gateway is failed, its last process ended with exit status 1", "gateway.log ends with", "no connection to Redis"}},
		{"not deployed", modeGood, failed, time.Minute, []string{failed.Error(), "logs are in"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newFake(t, tt.mode, func(o *Options) { o.StartTimeout = tt.timeout })
			s.deploy = func(context.Context, *Stack, *Endpoints) error { return tt.deploy }
			_, err := s.Up(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			wantText(t, "error", err.Error(), tt.want...)
			wantNothingLeft(t, s)
		})
	}
}

func TestInterruptedStart(t *testing.T) {
	t.Parallel()
	s, _ := newFake(t, modeGood, nil)
	ctx, cancel := context.WithCancel(t.Context())
	s.deploy = func(ctx context.Context, _ *Stack, _ *Endpoints) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	if _, err := s.Up(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	wantNothingLeft(t, s)
}

// An up that was itself killed leaves a daemon without a record.
func TestUpAfterHalfStart(t *testing.T) {
	t.Parallel()
	s, out := newFake(t, modeGood, nil)
	mustUp(t, s)
	before, _, err := s.running()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.path(recordFile)); err != nil {
		t.Fatal(err)
	}
	mustUp(t, s)
	if after, _, err := s.running(); after == before || err != nil {
		t.Errorf("pid %d as before, %v", after, err)
	}
	wantText(t, "output", out.String(), "never became ready")
}

func TestDownOfHangingDaemon(t *testing.T) {
	t.Parallel()
	s, out := newFake(t, modeDeaf, func(o *Options) { o.StopGrace = 100 * time.Millisecond })
	e := mustUp(t, s)
	if err := s.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, "output", out.String(), "has not ended after 100ms: killing it", "Spillway is down.")
	wantNothingLeft(t, s, portNumber(t, e.AWS))
}

func TestDownOfNothing(t *testing.T) {
	t.Parallel()
	s, out := newFake(t, modeGood, nil)
	if err := s.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, "output", out.String(), "Spillway is not running.")
}

// Two ups at a time must not both start a daemon.
func TestUpsAtTheSameTime(t *testing.T) {
	t.Parallel()
	s, out := newFake(t, modeGood, nil)
	results := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := s.Up(t.Context())
			results <- err
		}()
	}
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if n := strings.Count(out.String(), "Starting the sandbox"); n != 1 {
		t.Errorf("%d starts, want 1:\n%s", n, out)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	s, out := newFake(t, modeGood, nil)
	if err := s.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, "output", out.String(), "Spillway is not running.")
	e := mustUp(t, s)
	if err := s.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, "output", out.String(), "Spillway is ready.", "SERVICE", "gateway", e.Gateway, e.AWS)
}

func TestStatusOfBrokenStack(t *testing.T) {
	t.Parallel()
	s, out := newFake(t, modeSick, nil)
	mustUp(t, s)
	if err := s.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "gateway is waiting") {
		t.Errorf("error %v", err)
	}
	wantText(t, "output", out.String(), "Spillway is starting.")
}

func TestNewTellsAllMistakes(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Redis: "mongo", LogLevel: "loud", Customers: []Customer{
		{Name: "a/b", Patterns: []string{"x"}}, {Name: "c"}, {Name: "c", Patterns: []string{"x"}},
	}})
	if err == nil {
		t.Fatal("no error")
	}
	wantText(t, "error", err.Error(), "Root: is required", `Redis: is "mongo"`, `LogLevel: is "loud"`, `Customers[0].Name: "a/b"`,
		"Customers[1].Patterns: none", `Customers[2].Name: "c" comes twice`)
}

func TestShown(t *testing.T) {
	t.Parallel()
	s, _ := newFake(t, modeGood, nil)
	if got := s.shown(s.path("log")); got != ".spillway/log" {
		t.Errorf("within the checkout: %s", got)
	}
	if elsewhere := filepath.Join(t.TempDir(), "x"); s.shown(elsewhere) != elsewhere {
		t.Errorf("elsewhere: %s", s.shown(elsewhere))
	}
}
