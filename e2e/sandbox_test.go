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
	"time"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/pkg/deploy/console"
	"github.com/spillway/spillway/pkg/stack"
)

// startTimeout bounds the start of a stack. Others may keep the machine busy, and the race detector makes the making of keys slow.
const startTimeout = 3 * time.Minute

// TestSandbox runs the scenarios on the local cloud: with everything in it and the Redis that is installed, as
// somebody does who knows nothing of the stack but what AWS's APIs tell and then as its owner, and with the data path alone and embedded Redis.
func TestSandbox(t *testing.T) {
	bin := t.TempDir()
	if err := stack.Build(t.Context(), stack.BuildOptions{Root: "..", Dir: bin, Race: true}); err != nil {
		t.Fatal(err)
	}
	t.Run(stack.TemplateAllSteps, func(t *testing.T) {
		s := startSandbox(t, bin, stack.TemplateAllSteps, "auto")
		t.Run("deployed", func(t *testing.T) { // first: it does not expect gaps, as the loss of another's events leaves them
			runScenarios(t, "deployed to the sandbox", useDeployed(t, deployment(t, s), deployedOptions{bin: bin, insideCA: s.end.InsideCAFile}))
		})
		runScenarios(t, "sandbox, "+stack.TemplateAllSteps, s)
	})
	t.Run(stack.TemplateData, func(t *testing.T) {
		runScenarios(t, "sandbox, "+stack.TemplateData+", embedded Redis", startSandbox(t, bin, stack.TemplateData, "embedded"))
	})
}

// deployment is the stack as the deployer finds it at the endpoint of the local cloud. Of what the stack itself knows it is told
// what names of AWS's have no meaning here for, and which authority customers trust.
func deployment(t *testing.T, s *sandboxStack) console.Deployment {
	t.Helper()
	t.Setenv("AWS_ENDPOINT_URL", s.end.AWS)
	environ := []string{"AWS_ENDPOINT_URL=" + s.end.AWS, "SPILLWAY_DEPLOY_FILE=" + filepath.Join(s.dir, "deploy.yaml"), "SPILLWAY_CA_FILE=" + s.end.CAFile}
	c, err := console.Open(t.Context(), console.Options{Environ: environ, Templates: templates.All, Out: t.Output(), Err: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Deployment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sandboxStack is a local stack of a test's own.
type sandboxStack struct {
	*stack.Stack
	files
	embedded bool // its Redis is
}

func startSandbox(t *testing.T, bin, template, redis string) *sandboxStack {
	t.Helper()
	s := &sandboxStack{files: files{dir: t.TempDir(), bin: bin}}
	o := stack.Options{Root: "..", Dir: s.dir, Binaries: bin, Template: template, Redis: redis, StartTimeout: startTimeout, Out: t.Output()}
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
	s.embedded = !slices.ContainsFunc(s.health(t).Services, func(svc stack.Service) bool { return strings.HasPrefix(svc.Name, "redis") })
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

// Lacks implements Stack.
func (s *sandboxStack) Lacks(n Need) string {
	if n == FullMemory && s.embedded {
		return "its Redis is embedded, which has no limit of memory"
	}
	return ""
}

// FillRedis implements Stack, where redis-server is what runs.
func (s *sandboxStack) FillRedis(t *testing.T) FullRedis {
	t.Helper()
	return fillRedis(t, s.dialRedis)
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
