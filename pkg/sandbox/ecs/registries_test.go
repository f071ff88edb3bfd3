package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// directory is a Cloud Map that tells what it is told. Its one registry is arn.
type directory struct {
	mu    sync.Mutex // guards told
	told  []string
	heard chan string // the same, for who waits
}

func (d *directory) tell(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	line := fmt.Sprintf(format, args...)
	if n := len(d.told); n > 0 && d.told[n-1] == line {
		return // said again
	}
	d.told = append(d.told, line)
	d.heard <- line
}

// await waits until something has been told.
func (d *directory) await(t *testing.T, want string) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for {
		select {
		case line := <-d.heard:
			if strings.HasPrefix(line, want) {
				return
			}
		case <-deadline.C:
			t.Fatalf("nobody told %q but %q", want, d.told)
		}
	}
}

// Exists implements Registries.
func (d *directory) Exists(registry string) bool { return registry == "arn" }

// Register implements Registries.
func (d *directory) Register(_ context.Context, registry string, i Instance) error {
	d.tell("register %s %v %v %s %s %s %s", registry, i.Ports, i.Healthy, i.Zone, i.Cluster, i.Service, i.Family)
	return nil
}

// Deregister implements Registries.
func (d *directory) Deregister(_ context.Context, registry, _ string) error {
	d.tell("deregister %s", registry)
	return nil
}

// SetHealth implements Registries.
func (d *directory) SetHealth(registry, _ string, healthy bool) {
	d.tell("health %s %v", registry, healthy)
}

// A task is registered when it runs, healthy once its checks say so, and taken away when it is to stop. A name in what it is told
// has given way to an address.
func TestRegistries(t *testing.T) {
	t.Parallel()
	e, w := newEmulator(t)
	d := &directory{heard: make(chan string, 100)}
	e.cfg.Registries, e.cfg.Images = d, rootImages{w}
	e.cfg.Resolve = func(text string) string { return strings.ReplaceAll(text, "redis.internal", "127.128.0.1") }
	five, none := 5, 0
	definition := register(t, e, "serve", func(c *ContainerDefinition) {
		c.Command = []string{"--redis=redis.internal:6379"}
		c.PortMappings = append(c.PortMappings, PortMapping{ContainerPort: 7001})
		c.HealthCheck = &HealthCheck{Command: []string{"CMD-SHELL", "exit 0"}, Interval: &five}
	})
	in := CreateServiceInput{
		Cluster: "c", ServiceName: "s", TaskDefinition: definition, LaunchType: "FARGATE", NetworkConfiguration: network(), ServiceRegistries: []ServiceRegistry{{RegistryArn: "other"}},
	}
	if _, err := e.CreateService(t.Context(), in); err == nil || err.Error() != "InvalidParameterException: The service registry other does not exist." {
		t.Errorf("a registry that is not there: %v", err)
	}
	in.ServiceRegistries[0].RegistryArn = "arn"
	must(e.CreateService(t.Context(), in))(t)
	d.await(t, "health arn true")
	tasks := must(e.ListTasks(t.Context(), ListTasksInput{Cluster: "c"}))(t).TaskArns
	if got := awaitLine(t, w, tasks[0]); !strings.HasPrefix(got, "args [--redis=127.128.0.1:6379 ") {
		t.Errorf("its program was given %s", got)
	}
	must(e.UpdateService(t.Context(), UpdateServiceInput{Cluster: "c", Service: "s", DesiredCount: &none}))(t)
	d.await(t, "deregister")
	d.mu.Lock()
	defer d.mu.Unlock()
	told := slices.DeleteFunc(d.told, func(line string) bool { return line == "health arn false" }) // its checks may have come before
	want := []string{"register arn [7000 7001] false us-east-1a c s f", "health arn true", "deregister arn"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("it was told (-want +got):\n%s", diff)
	}
}
