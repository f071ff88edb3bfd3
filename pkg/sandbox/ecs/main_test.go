package ecs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// roleVariable makes the test binary the program of a container instead of running tests.
const roleVariable = "ECS_TEST_ROLE"

func TestMain(m *testing.M) {
	role, rest, _ := strings.Cut(os.Getenv(roleVariable), " ")
	term := make(chan os.Signal, 1)
	switch role {
	case "":
		os.Exit(m.Run())
	case "serve": // until SIGTERM
		signal.Notify(term, syscall.SIGTERM)
		fmt.Println("args", os.Args[1:])
		<-term
	case "tell": // a variable, and then as serve
		signal.Notify(term, syscall.SIGTERM)
		fmt.Println(os.Getenv(rest))
		<-term
	case "stubborn": // until SIGKILL
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ignoring")
		select {}
	case "exit":
		code, _ := strconv.Atoi(rest)
		os.Exit(code)
	case "greedy": // takes memory until it is killed
		fmt.Println("greedy")
		var all [][]byte
		for {
			piece := make([]byte, 1<<20)
			for i := range piece {
				piece[i] = byte(i)
			}
			all = append(all, piece)
			if len(all) == 1<<10 {
				os.Exit(4) // nobody has killed it
			}
		}
	case "print":
		fmt.Print(os.Getenv("TEXT"))
	}
}

// world is what an emulator of a test has around it. It is all of Config's interfaces.
type world struct {
	mu      sync.Mutex
	lines   map[string][]string // by stream
	targets map[Target]string   // their states
	changed chan struct{}
	newOnes string // the state of new targets
	most    int    // the most targets at a time
	least   int    // the fewest healthy ones since the first two
}

// Open implements ImageSource: every image is this test binary, but for one that is not there.
func (w *world) Open(_ context.Context, reference string) (Image, error) {
	path, err := os.Executable()
	if err != nil || reference == "none" {
		return Image{}, errors.Join(err, ErrNoImage)
	}
	return Image{
		Root: filepath.Dir(path), Digest: "sha256:1", Entrypoint: []string{"/" + filepath.Base(path)}, Command: []string{"of-the-image"},
		Env: []string{"GORACE=atexit_sleep_ms=0", "FROM=image"}, Listen: []string{"--bind", "{address}"},
	}, nil
}

// SecretValue implements Secrets.
func (w *world) SecretValue(_ context.Context, arn, stage, version string) (string, error) {
	if !strings.HasSuffix(arn, ":secret:it-AbCdEf") {
		return "", errors.New("ResourceNotFoundException: Secrets Manager can't find the specified secret")
	}
	return fmt.Sprintf(`{"key":"value","number":7,"stage":%q,"version":%q}`, stage, version), nil
}

// Parameter implements Secrets.
func (w *world) Parameter(_ context.Context, name string) (string, error) {
	return "parameter " + name, nil
}

// CreateLogStream implements Logs.
func (w *world) CreateLogStream(_ context.Context, group, stream string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if group != "group" {
		return errors.New("ResourceNotFoundException: The specified log group does not exist")
	}
	w.lines[stream] = nil
	return nil
}

// Ended implements Logs.
func (w *world) Ended(string, string) {}

// Append implements Logs.
func (w *world) Append(_, stream string, lines ...string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines[stream] = append(w.lines[stream], lines...)
	w.tell()
	return nil
}

// Attached implements LoadBalancers.
func (w *world) Attached(group string) (attached, ok bool) { return group == "group", group != "none" }

// Register implements LoadBalancers.
func (w *world) Register(_ context.Context, _ string, t Target) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.targets[t] = w.newOnes
	w.tell()
	return nil
}

// Deregister implements LoadBalancers.
func (w *world) Deregister(_ context.Context, _ string, t Target) (<-chan struct{}, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.targets, t)
	w.tell()
	drained := make(chan struct{})
	close(drained)
	return drained, nil
}

// Health implements LoadBalancers.
func (w *world) Health(_ string, t Target) (state, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.targets[t], "Health checks failed"
}

// Changed implements LoadBalancers.
func (w *world) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

// tell counts, and wakes who waits; w.mu is held.
func (w *world) tell() {
	healthy := 0
	for _, state := range w.targets {
		if state == "healthy" {
			healthy++
		}
	}
	w.most = max(w.most, len(w.targets))
	w.least = min(w.least, healthy)
	close(w.changed)
	w.changed = make(chan struct{})
}

// set changes the states of all targets.
func (w *world) set(state string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for t := range w.targets {
		w.targets[t] = state
	}
	w.tell()
}

// newEmulator makes an emulator with a cluster.
func newEmulator(t *testing.T) (*Emulator, *world) {
	t.Helper()
	w := &world{lines: map[string][]string{}, targets: map[Target]string{}, changed: make(chan struct{}), newOnes: "healthy"}
	e, err := New(Config{
		Region: "us-east-1", AccountID: "000000000000", Images: w, Secrets: w, Logs: w, LoadBalancers: w, TimeScale: 1000,
		Environment: map[string]string{"FROM": "sandbox", "ENDPOINT": "http://localhost"},
		Derived: func(has map[string]string) map[string]string {
			return map[string]string{"FROM": "derived", "DERIVED": has["FROM"] + " of " + has["ENDPOINT"]}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		e.Close(ctx)
	})
	must(e.CreateCluster(t.Context(), CreateClusterInput{ClusterName: "c"}))(t)
	return e, w
}

// must returns what a call returns, and fails the test for its error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// register registers a task definition of one container and returns its ARN.
func register(t *testing.T, e *Emulator, role string, change func(*ContainerDefinition)) string {
	t.Helper()
	grace := 60 // seconds: more than it takes to heed SIGTERM
	if role == "stubborn" {
		grace = 1
	}
	c := ContainerDefinition{
		Name: "main", Image: "self", PortMappings: []PortMapping{{ContainerPort: 7000}}, StopTimeout: &grace,
		Environment: []Variable{{roleVariable, role}},
		LogConfiguration: &LogConfiguration{"awslogs", map[string]string{
			"awslogs-group": "group", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p",
		}},
	}
	if change != nil {
		change(&c)
	}
	out := must(e.RegisterTaskDefinition(t.Context(), RegisterTaskDefinitionInput{
		Family: "f", NetworkMode: "awsvpc", Cpu: "256", Memory: "512", ExecutionRoleArn: "arn:role", ContainerDefinitions: []ContainerDefinition{c},
	}))(t)
	return out.TaskDefinition.TaskDefinitionArn
}

func network() *NetworkConfiguration {
	return &NetworkConfiguration{AwsvpcConfiguration{Subnets: []string{"a", "b"}}}
}

// runOne runs a task of one container.
func runOne(t *testing.T, e *Emulator, definition string) Task {
	t.Helper()
	return must(e.RunTask(t.Context(), RunTaskInput{Cluster: "c", TaskDefinition: definition, LaunchType: "FARGATE", NetworkConfiguration: network()}))(t).Tasks[0]
}

// awaitTask waits until a task has a status.
func awaitTask(t *testing.T, e *Emulator, arn, status string) Task {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out Task
	if err := e.awaitChange(ctx, func() (bool, error) {
		out = e.tasks[lastPart(arn)].show()
		return out.LastStatus == status, nil
	}); err != nil {
		t.Fatalf("%v: task is %+v", err, out)
	}
	return out
}

// serve makes a service with a load balancer.
func serve(t *testing.T, e *Emulator, definition string, desired, least, most int) {
	t.Helper()
	must(e.CreateService(t.Context(), CreateServiceInput{
		Cluster: "c", ServiceName: "s", TaskDefinition: definition, DesiredCount: &desired, LaunchType: "FARGATE", NetworkConfiguration: network(),
		LoadBalancers:           []LoadBalancer{{"group", "main", 7000}},
		DeploymentConfiguration: DeploymentConfiguration{CircuitBreaker{true, true}, &most, &least, ""},
	}))(t)
}

func awaitSteady(t *testing.T, e *Emulator) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return e.AwaitSteady(ctx, "c", "s")
}
