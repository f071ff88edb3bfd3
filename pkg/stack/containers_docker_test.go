package stack

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakeDocker is a docker command with an engine that has no image and reaches no registry, and with Compose, whose one
// container is what the file "containers" beside it says. It notes how it is called.
const fakeDocker = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
case "$*" in
"version "*) echo "28.0.0 linux amd64" ;;
"info "*) echo "[name=seccomp]" ;;
"image inspect "*) echo "No such image" >&2; exit 1 ;;
"pull "*) echo "no such host" >&2; exit 1 ;;
"stats "*) echo "s-redis-1 4MiB / 1GiB" ;;
*" ps "*) cat "$here/containers" ;;
*" logs "*) echo "redis-1  | ready" ;;
esac
`

// newContainers returns a stack in containers with the fake docker, and the directory of that.
func newContainers(t *testing.T) (*Containers, *syncBuffer, string) {
	t.Helper()
	dir, out := t.TempDir(), new(syncBuffer)
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(fakeDocker), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	c, err := NewContainers(t.Context(), Options{Root: t.TempDir(), Ports: Ports{}, Out: out}, ContainerOptions{Project: "s"})
	if err != nil {
		t.Fatal(err)
	}
	return c, out, dir
}

// Without images and a registry nothing is started, and it is said how to go on.
func TestContainersWithoutImages(t *testing.T) {
	c, _, dir := newContainers(t)
	_, err := c.Up(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	wantText(t, "error", err.Error(), defaultAWSImage, "no such host", "images:offline")
	if c.s.mayRunInContainers() {
		t.Error("something may run")
	}
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil || strings.Contains(string(calls), " up ") {
		t.Errorf("calls %s, %v", calls, err)
	}
	if err := c.Demo(t.Context(), time.Second); err == nil {
		t.Error("the demo has no error")
	}
}

// Status, logs and down are for what the variables' file says, and tell of containers that are not well.
func TestContainersThatRun(t *testing.T) {
	c, out, dir := newContainers(t)
	if err := c.writeVariables(t.Context(), DefaultPorts()); err != nil {
		t.Fatal(err)
	}
	variables, err := os.ReadFile(c.s.path(composeEnvFile))
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, composeEnvFile, string(variables), "COMPOSE_PROJECT_NAME='s'", "AWS_IMAGE='"+defaultAWSImage+"'", "SPILLWAY_PORT_AWS='4566'")
	if err := c.s.writeRecord(record{Customers: []string{"institute"}, Endpoints: endpointsAt(DefaultPorts())}); err != nil {
		t.Fatal(err)
	}
	const redis = `{"Name":"s-redis-1","Service":"redis","State":"running","Status":"Up","Health":`
	write(t, filepath.Join(dir, "containers"), redis+`"healthy"}`)
	if err := c.Status(t.Context()); err != nil {
		t.Error(err)
	}
	wantText(t, "status", out.String(), "s-redis-1", "4MiB", "(container s-redis-1)")
	if _, err := c.Up(t.Context()); err != nil {
		t.Errorf("it is up already: %v", err)
	}
	write(t, filepath.Join(dir, "containers"), redis+`"unhealthy"}`)
	for what, do := range map[string]func(context.Context) error{"status": c.Status, "up": func(ctx context.Context) error {
		_, err := c.Up(ctx)
		return err
	}} {
		if err := do(t.Context()); err == nil || !strings.Contains(err.Error(), "redis is running unhealthy") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := c.Logs(t.Context(), LogOptions{Lines: 3}); err != nil {
		t.Error(err)
	}
	wantText(t, "logs", out.String(), "redis-1  | ready")
	if err := c.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, "calls", string(calls), "--env-file "+c.s.path(composeEnvFile)+" --progress plain down --volumes --remove-orphans")
	if c.s.mayRunInContainers() {
		t.Error("something may run after down")
	}
}
