package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spillway/spillway/pkg/stack"
)

// TestSandbox runs the scenarios on the local cloud: with everything in it, once with the
// Redis that is installed and once with the embedded one, and with the data path alone.
func TestSandbox(t *testing.T) {
	bin := t.TempDir()
	if err := stack.Build(t.Context(), stack.BuildOptions{Root: "..", Dir: bin, Race: true}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []struct{ template, redis string }{
		{stack.TemplateAllSteps, "auto"}, {stack.TemplateAllSteps, "embedded"}, {stack.TemplateData, "auto"},
	} {
		name := kind.template + ", redis " + kind.redis
		t.Run(name, func(t *testing.T) {
			runScenarios(t, "sandbox, "+name, startSandbox(t, bin, kind.template, kind.redis))
		})
	}
}

// sandboxStack is a local stack of a test's own.
type sandboxStack struct {
	*stack.Stack
	files
}

func startSandbox(t *testing.T, bin, template, redis string) *sandboxStack {
	t.Helper()
	s := &sandboxStack{files: files{dir: t.TempDir(), bin: bin}}
	o := stack.Options{Root: "..", Dir: s.dir, Binaries: bin, Template: template, Redis: redis, Out: t.Output()}
	if template == stack.TemplateAllSteps {
		o.Parameters = map[string]string{"Heartbeat": "5s"}
	} else {
		o.Gateway = map[string]string{"SPILLWAY_HEARTBEAT": "5s"}
	}
	var err error
	s.Stack, err = stack.New(o)
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

// KillGateway implements Stack: all of them, so that every stream is cut.
func (s *sandboxStack) KillGateway(t *testing.T) {
	t.Helper()
	var pids []int
	await(t, func() bool { pids = s.gateways(t); return len(pids) > 0 }, "no gateway runs")
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	for _, pid := range pids {
		await(t, func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }, "the gateway does not die")
	}
}

// FillRedis implements Stack, where redis-server is what runs.
func (s *sandboxStack) FillRedis(t *testing.T) (FullRedis, error) {
	t.Helper()
	if !slices.ContainsFunc(s.health(t).Services, func(svc stack.Service) bool { return strings.HasPrefix(svc.Name, "redis") }) {
		return nil, errors.New("the Redis of this stack is embedded, which has no limit of memory")
	}
	return fillRedis(t, s.dialRedis), nil
}

// gateways returns the processes of the gateways that run.
func (s *sandboxStack) gateways(t *testing.T) []int {
	t.Helper()
	var pids []int
	h := s.health(t)
	for _, task := range h.Tasks {
		if task.Name == "gateway" && !task.Stopping {
			pids = append(pids, task.Pid)
		}
	}
	for _, svc := range h.Services {
		if svc.Name == "gateway" && svc.State == "running" {
			pids = append(pids, svc.Pid)
		}
	}
	return pids
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
