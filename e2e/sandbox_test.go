package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spillway/spillway/pkg/stack"
)

// TestSandbox runs the scenarios on the local cloud, once with the Redis that is
// installed and once with the embedded one.
func TestSandbox(t *testing.T) {
	bin := t.TempDir()
	if err := stack.Build(t.Context(), stack.BuildOptions{Root: "..", Dir: bin, Race: true}); err != nil {
		t.Fatal(err)
	}
	for _, redis := range []string{"auto", "embedded"} {
		t.Run("redis "+redis, func(t *testing.T) {
			runScenarios(t, "sandbox, redis "+redis, startSandbox(t, bin, redis))
		})
	}
}

// sandboxStack is a local stack of a test's own.
type sandboxStack struct {
	*stack.Stack
	files
}

func startSandbox(t *testing.T, bin, redis string) *sandboxStack {
	t.Helper()
	s := &sandboxStack{files: files{dir: t.TempDir(), bin: bin}}
	var err error
	s.Stack, err = stack.New(stack.Options{Root: "..", Dir: s.dir, Binaries: bin, Redis: redis, Out: t.Output(), Gateway: map[string]string{"SPILLWAY_HEARTBEAT": "5s"}})
	if err != nil {
		t.Fatal(err)
	}
	if s.end, err = s.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop(t) })
	return s
}

// stop ends the stack and checks that nothing is left of it.
func (s *sandboxStack) stop(t *testing.T) {
	if t.Failed() {
		s.keepLogs(t)
	}
	if err := s.Down(context.Background()); err != nil {
		t.Error(err)
	}
	s.findRaces(t)
	for _, addr := range []string{host(t, s.end.AWS), s.end.Gateway, host(t, s.end.Admin), host(t, s.end.TokenURL), host(t, s.end.Redis)} {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			t.Errorf("%s is still open after the end", addr)
		}
	}
}

// keepLogs prints the end of the logs.
func (s *sandboxStack) keepLogs(t *testing.T) {
	const most = 20_000
	for path, text := range s.logs(t) {
		t.Logf("%s:\n%s", filepath.Base(path), text[max(0, len(text)-most):])
	}
}

// findRaces fails for what the race detector has told in the programs' logs: they go
// on after it.
func (s *sandboxStack) findRaces(t *testing.T) {
	for path, text := range s.logs(t) {
		if _, report, ok := strings.Cut(text, "WARNING: DATA RACE"); ok {
			t.Errorf("data race told in %s:\n%.4000s", filepath.Base(path), report)
		}
	}
}

// logs returns the texts of all logs by their paths.
func (s *sandboxStack) logs(t *testing.T) map[string]string {
	texts := map[string]string{}
	err := filepath.WalkDir(s.dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".log" {
			return err
		}
		text, err := os.ReadFile(path)
		texts[path] = string(text)
		return err
	})
	if err != nil {
		t.Errorf("the logs: %v", err)
	}
	return texts
}

// KillGateway implements Stack.
func (s *sandboxStack) KillGateway(t *testing.T) {
	t.Helper()
	pid := s.gatewayPID(t)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }, "the gateway does not die")
}

// FillRedis implements Stack, where redis-server is what runs.
func (s *sandboxStack) FillRedis(t *testing.T) (FullRedis, error) {
	t.Helper()
	if kind := s.health(t).Redis.Kind; kind != "redis-server" {
		return nil, fmt.Errorf("the Redis of this stack is %s, which has no limit of memory", kind)
	}
	return fillRedis(t, host(t, s.end.Redis)), nil
}

// gatewayPID waits for a gateway that runs.
func (s *sandboxStack) gatewayPID(t *testing.T) int {
	t.Helper()
	pid := 0
	await(t, func() bool {
		pid = s.lookForGateway(t)
		return pid != 0
	}, "no gateway runs")
	return pid
}

// lookForGateway returns the process of the gateway, 0 if it does not run.
func (s *sandboxStack) lookForGateway(t *testing.T) int {
	t.Helper()
	for _, svc := range s.health(t).Services {
		if svc.Name == "gateway" && svc.State == "running" {
			return svc.Pid
		}
	}
	return 0
}

func (s *sandboxStack) health(t *testing.T) stack.Health {
	t.Helper()
	resp, err := http.Get(s.end.AWS + "/_sandbox/health")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var health stack.Health
	if err := json.NewDecoder(resp.Body).Decode(&health); err != nil {
		t.Fatal(err)
	}
	return health
}
