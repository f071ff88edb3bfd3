package stack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/stack/docker"
)

func TestUnwell(t *testing.T) {
	t.Parallel()
	well := docker.Container{Service: "gateway", State: "running", Health: "healthy"}
	once := docker.Container{Service: "deploy", State: "exited"}
	for _, tt := range []struct {
		name       string
		containers []docker.Container
		want       string
	}{
		{"all well", []docker.Container{well, once}, ""},
		{"none", nil, "there are no containers"},
		{"ill and failed", []docker.Container{
			well, {Service: "redis", State: "running", Health: "unhealthy"}, {Service: "deploy", State: "exited", ExitCode: 1},
		}, "redis is running unhealthy, deploy is exited"},
		{"ended by hand", []docker.Container{{Service: "balancer", State: "exited"}}, "balancer is exited"},
	} {
		got := ""
		if err := unwell(tt.containers); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// A stack is of the kind that runs, and the sandbox keeps off one in containers.
func TestKind(t *testing.T) {
	t.Parallel()
	s, _ := newFake(t, modeGood, nil)
	if kind := s.Kind(); kind != "" {
		t.Errorf("nothing runs: %q", kind)
	}
	mustUp(t, s)
	if kind := s.Kind(); kind != KindSandbox {
		t.Errorf("the sandbox runs: %q", kind)
	}
	if err := s.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, s.path(composeEnvFile), "")
	if kind := s.Kind(); kind != KindCompose {
		t.Errorf("containers may run: %q", kind)
	}
	if _, err := s.Up(t.Context()); err == nil || !strings.Contains(err.Error(), "in containers") {
		t.Errorf("up beside containers: %v", err)
	}
	if err := os.Remove(s.path(composeEnvFile)); err != nil {
		t.Fatal(err)
	}
}

// What one-shot containers write is what the others and customers read; a second time changes no credentials.
func TestPrepare(t *testing.T) {
	t.Parallel()
	inside := Inside{Dir: filepath.Join(t.TempDir(), "files"), Ports: DefaultPorts()}
	if err := inside.Prepare(); err != nil {
		t.Fatal(err)
	}
	read := func() map[string]string {
		texts := map[string]string{}
		for _, name := range []string{poolsFile, policyFile, filepath.Join(tlsDir, caFile), filepath.Join(tlsDir, certFile), filepath.Join(tlsDir, keyFile)} {
			text, err := os.ReadFile(filepath.Join(inside.Dir, name))
			if err != nil {
				t.Error(err)
			}
			texts[name] = string(text)
		}
		return texts
	}
	first := read()
	if err := inside.Prepare(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, read()); diff != "" {
		t.Errorf("the second time (-first +second):\n%s", diff)
	}
}
