package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be the sandbox: tests link to it under that name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "sandbox" {
		os.Exit(m.Run())
	}
	if err := fakeSandbox(); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

// The ways of the fake sandbox, written to a file beside it.
const (
	modeGood    = "good"
	modeFail    = "fail"     // ends at once
	modeNever   = "never"    // its gateway does not become ready
	modeGivenUp = "given up" // its gateway crashed too often
	modeDeaf    = "deaf"     // does not heed SIGTERM
	modeSick    = "sick"     // is ready once, then has a crashed gateway
)

// fakeSandbox is a daemon that answers for its health.
func fakeSandbox() error {
	mode, err := os.ReadFile(filepath.Join(filepath.Dir(os.Args[0]), "mode"))
	if err != nil {
		return err
	}
	if string(mode) == modeFail {
		return fmt.Errorf("SPILLWAY_SANDBOX_REDIS: redis-server is not installed")
	}
	lis, err := new(net.ListenConfig).Listen(context.Background(), "tcp", os.Getenv("SPILLWAY_SANDBOX_LISTEN"))
	if err != nil {
		return err
	}
	log, err := fakeServices()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if string(mode) == modeDeaf {
		signal.Ignore(syscall.SIGTERM)
	}
	srv := &http.Server{Handler: &fakeHealth{mode: string(mode), log: log}, ReadHeaderTimeout: time.Second}
	// A program with the race detector takes a second to end by itself.
	context.AfterFunc(ctx, func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) })
	return srv.Serve(lis)
}

// fakeServices writes what mockcognito and the gateway would, and returns the gateway's log.
func fakeServices() (string, error) {
	state := os.Getenv("SPILLWAY_SANDBOX_STATE")
	log := filepath.Join(state, "log", "gateway.log")
	if err := os.MkdirAll(filepath.Dir(log), 0o700); err != nil {
		return "", err
	}
	clients := `{"institute":{"id":"id-1","secret":"s-1"},"newyork":{"id":"id-2","secret":"s-2"},` +
		`"tristate":{"id":"id-3","secret":"s-3"},"operator":{"id":"id-4","secret":"s-4"}}`
	cognito := fmt.Sprintf(`{"version":1,"pools":{"spillway":{"clients":%s}}}`, clients)
	if err := os.WriteFile(filepath.Join(filepath.Dir(state), cognitoFile), []byte(cognito), 0o600); err != nil {
		return "", err
	}
	return log, os.WriteFile(log, []byte("gateway: no connection to Redis\n"), 0o600)
}

// fakeHealth answers as the sandbox does.
type fakeHealth struct {
	mode, log string
	mu        sync.Mutex // guards asked
	asked     int
}

func (f *fakeHealth) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	f.asked++
	broken := f.mode == modeNever || f.mode == modeSick && f.asked > 1
	f.mu.Unlock()
	h := Health{Status: daemonReady, Pid: os.Getpid(), Redis: Redis{Kind: "embedded"}, Services: []Service{
		{Name: "gateway", State: serviceRunning, Log: f.log, Address: "127.0.0.1:1", Started: time.Now()},
	}}
	if f.mode == modeGivenUp {
		h.Status, h.Services[0].State, h.Services[0].LastExit = daemonFailed, serviceFailed, "exit status 1"
		h.Services = append([]Service{{Name: "mockcognito", State: "waiting"}}, h.Services...)
	}
	if broken {
		h.Status, h.Services[0].State = "starting", "waiting"
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(h)
}

// syncBuffer is an output that a test reads while it is written.
type syncBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// newFake returns a stack of fake programs; it is down when the test ends.
func newFake(t *testing.T, mode string, change func(*Options)) (*Stack, *syncBuffer) {
	t.Helper()
	dir, out := t.TempDir(), new(syncBuffer)
	bin := filepath.Join(dir, "bin")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(bin, "mode"), mode)
	if err := os.Symlink(self, filepath.Join(bin, "sandbox")); err != nil {
		t.Fatal(err)
	}
	o := Options{Root: dir, Dir: filepath.Join(dir, ".spillway"), Binaries: bin, Template: TemplateData, StartTimeout: time.Minute, Out: out}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.deploy = func(_ context.Context, _ *Stack, e *Endpoints) error {
		e.Stream, e.Function = "stream-1", "function-1"
		return nil
	}
	t.Cleanup(func() {
		// t.Context has ended by now.
		if err := s.Down(context.Background()); err != nil {
			t.Errorf("at the end: %v", err)
		}
	})
	return s, out
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mustUp(t *testing.T, s *Stack) Endpoints {
	t.Helper()
	e, err := s.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// wantText reports which of the parts a text lacks.
func wantText(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q:\n%s", what, part, text)
		}
	}
}

// wantNothingLeft reports processes, ports and files that only a running stack has.
func wantNothingLeft(t *testing.T, s *Stack, ports ...int) {
	t.Helper()
	if pid, alive, err := s.running(); alive || err != nil {
		t.Errorf("running() = %d, %v, %v: want nothing", pid, alive, err)
	}
	for _, p := range ports {
		if err := free(t.Context(), p); err != nil {
			t.Errorf("port %d: %v", p, err)
		}
	}
	for _, name := range []string{pidFile, recordFile, propertiesFile, customersDir} {
		if _, err := os.Stat(s.path(name)); err == nil {
			t.Errorf("%s is left", name)
		}
	}
}
