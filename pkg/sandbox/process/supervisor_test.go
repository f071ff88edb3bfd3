package process_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/process"
)

func newSupervisor(t *testing.T) *process.Supervisor {
	t.Helper()
	sup := process.NewSupervisor(process.Config{
		LogDir:    t.TempDir(),
		StopGrace: time.Minute, // a guard: what is started here ends when it is told to
		Backoff:   process.Backoff{Base: time.Millisecond, Cap: 4 * time.Millisecond},
		Logger:    slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() { sup.Stop(context.Background()) })
	return sup
}

func listener(t *testing.T, name string) process.Service {
	t.Helper()
	address := freeAddress(t)
	return process.Service{
		Name: name, Command: self(t, "listen", address), Address: address, Ready: process.TCP(address),
	}
}

func TestServiceRunsAndStops(t *testing.T) {
	sup := newSupervisor(t)
	spec := listener(t, "echo")
	if err := sup.Start(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	st := sup.Status()[0]
	if st.State != process.Running || st.Address != spec.Address || !alive(st.Pid) || st.Started.IsZero() {
		t.Errorf("status %+v", st)
	}
	if err := process.TCP(spec.Address)(t.Context()); err != nil {
		t.Errorf("a running service does not answer: %v", err)
	}
	sup.Stop(t.Context())
	after := sup.Status()[0]
	if after.State != process.Stopped || after.Pid != 0 || after.LastExit != "exit status 0" {
		t.Errorf("status after stop %+v", after)
	}
	if alive(st.Pid) {
		t.Error("the process outlived Stop")
	}
	if err := sup.Start(t.Context(), spec); !errors.Is(err, process.ErrStopping) {
		t.Errorf("Start after Stop: %v", err)
	}
}

func TestCrashIsFollowedByRestart(t *testing.T) {
	sup := newSupervisor(t)
	if err := sup.Start(t.Context(), listener(t, "echo")); err != nil {
		t.Fatal(err)
	}
	first := sup.Status()[0].Pid
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a new process is running", func() bool {
		st := sup.Status()[0]
		return st.State == process.Running && st.Pid != first
	})
	if st := sup.Status()[0]; st.Restarts != 1 || st.LastExit != "signal: killed" {
		t.Errorf("status %+v, want one restart after signal: killed", st)
	}
}

func TestCrashLoopIsGivenUp(t *testing.T) {
	sup := newSupervisor(t)
	if err := sup.Start(t.Context(), process.Service{
		Name: "loop", Command: process.Command{Path: "/bin/sh", Args: []string{"-c", "exit 9"}},
	}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "given up", func() bool { return sup.Status()[0].State == process.Failed })
	if st := sup.Status()[0]; st.Restarts < 10 || st.LastExit != "exit status 9" || st.Pid != 0 {
		t.Errorf("status %+v", st)
	}
}

func TestStartFailures(t *testing.T) {
	never := func(context.Context) error { return errors.New("still cold") }
	tests := map[string]struct {
		spec process.Service
		want []string
	}{
		"exits before it is ready": {
			spec: process.Service{Name: "a", Command: self(t, "exit", "2"), Ready: never},
			want: []string{`start service "a"`, "exited before it was ready: exit status 2", "this is why"},
		},
		"never ready": {
			spec: process.Service{Name: "b", Command: self(t, "stubborn"), Ready: never, ReadyTimeout: 30 * time.Millisecond},
			want: []string{"not ready", "still cold", "b.log"},
		},
		"no such program": {
			spec: process.Service{Name: "c", Command: process.Command{Path: "/nonexistent"}},
			want: []string{"no such file"},
		},
		"bad name": {spec: process.Service{Name: "../c"}, want: []string{"name must match"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			sup := process.NewSupervisor(process.Config{
				LogDir: t.TempDir(), StopGrace: time.Millisecond, Logger: slog.New(slog.DiscardHandler),
			})
			defer sup.Stop(t.Context())
			err := sup.Start(t.Context(), tt.spec)
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q lacks %q", err, part)
				}
			}
			for _, st := range sup.Status() {
				if st.State != process.Failed || st.Pid != 0 {
					t.Errorf("status %+v, want failed without a process", st)
				}
			}
		})
	}
}

// Another program at the address of a service is not taken for it, and tells why the service does not come up.
func TestAddressInUse(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	address := lis.Addr().String()
	sup := newSupervisor(t)
	err = sup.Start(t.Context(), process.Service{
		Name: "late", Command: self(t, "listen", address), Address: address, Ready: process.TCP(address),
	})
	if !errors.Is(err, process.ErrAddressInUse) || !strings.Contains(err.Error(), address) {
		t.Errorf("error %v, want one that %s is in use", err, address)
	}
}

func TestStartTwice(t *testing.T) {
	sup := newSupervisor(t)
	spec := listener(t, "echo")
	if err := sup.Start(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if err := sup.Start(t.Context(), spec); err == nil {
		t.Fatal("a second service of the same name was started")
	}
	broken := process.Service{Name: "again", Command: process.Command{Path: "/nonexistent"}}
	if err := sup.Start(t.Context(), broken); err == nil {
		t.Fatal("no error")
	}
	broken.Command = self(t, "listen", freeAddress(t))
	if err := sup.Start(t.Context(), broken); err != nil {
		t.Fatalf("a service that failed cannot be started again: %v", err)
	}
}

func TestStopIsInReverseOrder(t *testing.T) {
	sup := newSupervisor(t)
	for _, name := range []string{"one", "two", "three"} {
		if err := sup.Start(t.Context(), listener(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	pids := map[string]int{}
	for _, st := range sup.Status() {
		pids[st.Name] = st.Pid
	}
	stopped := make(chan struct{})
	// Hold "two" so that it cannot answer SIGTERM: "one" must still be running while "three" is already gone.
	if err := syscall.Kill(pids["two"], syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(stopped)
		sup.Stop(context.Background())
	}()
	eventually(t, "three is gone", func() bool { return !alive(pids["three"]) })
	if !alive(pids["one"]) {
		t.Error("one was stopped before two was gone")
	}
	if err := syscall.Kill(pids["two"], syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	<-stopped
	if alive(pids["one"]) || alive(pids["two"]) {
		t.Error("a process outlived Stop")
	}
}

func TestStopInAHurry(t *testing.T) {
	sup := process.NewSupervisor(process.Config{
		LogDir: t.TempDir(), StopGrace: time.Hour, Logger: slog.New(slog.DiscardHandler),
	})
	if err := sup.Start(t.Context(), process.Service{Name: "stubborn", Command: self(t, "stubborn")}); err != nil {
		t.Fatal(err)
	}
	pid := sup.Status()[0].Pid
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sup.Stop(ctx)
	if alive(pid) {
		t.Error("the process outlived Stop")
	}
}

func TestHTTPProbe(t *testing.T) {
	status := http.StatusServiceUnavailable
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer srv.Close()
	probe := process.HTTP(srv.URL)
	if err := probe(t.Context()); err == nil {
		t.Error("ready at status 503")
	}
	status = http.StatusOK
	if err := probe(t.Context()); err != nil {
		t.Errorf("not ready at status 200: %v", err)
	}
}

func TestLogIsRotated(t *testing.T) {
	dir := t.TempDir()
	const limit = 4096
	sup := process.NewSupervisor(process.Config{LogDir: dir, LogBytes: limit, Logger: slog.New(slog.DiscardHandler)})
	defer sup.Stop(t.Context())
	if err := sup.Start(t.Context(), process.Service{Name: "chatter", Command: self(t, "chatter")}); err != nil {
		t.Fatal(err)
	}
	older := filepath.Join(dir, "chatter.log.1")
	eventually(t, "an older generation exists", func() bool {
		_, err := os.Stat(older)
		return err == nil
	})
	sup.Stop(t.Context())
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("%d files, want the log and one older generation", len(entries))
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		// exec copies in pieces of up to 32 KiB, each written whole.
		if info.Size() > max(limit, 32<<10) {
			t.Errorf("%s has %d bytes", e.Name(), info.Size())
		}
	}
}
