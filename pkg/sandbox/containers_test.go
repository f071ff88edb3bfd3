package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/ecs"
	"github.com/spillway/spillway/pkg/sandbox/elb"
	"github.com/spillway/spillway/pkg/sandbox/freeport"
	"github.com/spillway/spillway/pkg/sandbox/knobs"
)

// testScale lets a deregistration delay of 120 s pass in half a second.
const testScale knobs.Scale = 240

// selfImage is the only image: this test binary.
type selfImage struct{}

// Open implements ecs.ImageSource.
func (selfImage) Open(_ context.Context, reference string) (ecs.Image, error) {
	path, err := os.Executable()
	if err != nil || !strings.HasSuffix(reference, "/self:1") {
		return ecs.Image{}, errors.Join(err, ecs.ErrNoImage)
	}
	return ecs.Image{
		Root: filepath.Dir(path), Digest: "sha256:" + strings.Repeat("0", 64), Entrypoint: []string{"/" + filepath.Base(path)},
		Env: []string{"GORACE=atexit_sleep_ms=0"},
	}, nil
}

// oneSecret has one secret.
type oneSecret struct{}

// SecretValue implements ecs.Secrets.
func (oneSecret) SecretValue(_ context.Context, arn, _, _ string) (string, error) {
	if !strings.HasSuffix(arn, ":secret:one-AbCdEf") {
		return "", errors.New("there is no such secret")
	}
	return `{"key":"sesame"}`, nil
}

// Parameter implements ecs.Secrets.
func (oneSecret) Parameter(context.Context, string) (string, error) {
	return "", errors.New("there is no such parameter")
}

// shop is a sandbox with a load balancer and a service behind it.
type shop struct {
	*Sandbox
	t       *testing.T
	group   string // its ARN
	address string // of the listener
}

const secretARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:one-AbCdEf"

// open makes a shop whose service runs two tasks of version 1.
func open(t *testing.T) *shop {
	t.Helper()
	s, _, stop := started(t, Config{StateDir: t.TempDir(), Images: selfImage{}, Secrets: oneSecret{}, TimeScale: testScale})
	t.Cleanup(stop)
	sh := &shop{Sandbox: s, t: t}
	lb := must(s.elb.CreateLoadBalancer(t.Context(), elb.CreateLoadBalancerInput{Name: "shop", Type: "network", Subnets: []string{"subnet-a", "subnet-b"}}))(t)
	arn := lb.LoadBalancers[0].LoadBalancerArn
	must(s.elb.ModifyLoadBalancerAttributes(t.Context(), elb.LoadBalancerAttributesInput{LoadBalancerArn: arn, Attributes: []elb.Attribute{{Key: "load_balancing.cross_zone.enabled", Value: "true"}}}))(t)
	interval, threshold, path, protocol, port := 5, 2, "/healthz", "HTTP", "8081"
	group := must(s.elb.CreateTargetGroup(t.Context(), elb.CreateTargetGroupInput{
		Name: "shop", Protocol: "TCP", Port: 8443, VpcId: "vpc-1", TargetType: "ip", HealthCheckInput: elb.HealthCheckInput{
			HealthCheckIntervalSeconds: &interval, HealthyThresholdCount: &threshold, HealthCheckPath: &path, HealthCheckProtocol: &protocol, HealthCheckPort: &port,
		},
	}))(t)
	sh.group = group.TargetGroups[0].TargetGroupArn
	must(s.elb.ModifyTargetGroupAttributes(t.Context(), elb.TargetGroupAttributesInput{TargetGroupArn: sh.group, Attributes: []elb.Attribute{{Key: "deregistration_delay.timeout_seconds", Value: "120"}}}))(t)
	free := freeport.Find(t)
	must(s.elb.CreateListener(t.Context(), elb.CreateListenerInput{LoadBalancerArn: arn, Port: free, Protocol: "TCP", DefaultActions: []elb.Action{{Type: "forward", TargetGroupArn: sh.group}}}))(t)
	sh.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(free))
	if err := s.logs.CreateLogGroup(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	must(s.ecs.CreateCluster(t.Context(), ecs.CreateClusterInput{ClusterName: "shop"}))(t)
	two := 2
	must(s.ecs.CreateService(t.Context(), ecs.CreateServiceInput{
		Cluster: "shop", ServiceName: "web", TaskDefinition: sh.register("self:1", "server", "1"), DesiredCount: &two, LaunchType: "FARGATE",
		NetworkConfiguration:    &ecs.NetworkConfiguration{AwsvpcConfiguration: ecs.AwsvpcConfiguration{Subnets: []string{"subnet-a", "subnet-b"}}},
		LoadBalancers:           []ecs.LoadBalancer{{TargetGroupArn: sh.group, ContainerName: "web", ContainerPort: 8443}},
		DeploymentConfiguration: ecs.DeploymentConfiguration{DeploymentCircuitBreaker: ecs.CircuitBreaker{Enable: true, Rollback: true}},
	}))(t)
	sh.awaitSteady()
	return sh
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

// register registers a task definition and returns its ARN.
func (s *shop) register(image, role, version string) string {
	s.t.Helper()
	stop := 120
	out := must(s.ecs.RegisterTaskDefinition(s.t.Context(), ecs.RegisterTaskDefinitionInput{
		Family: "web", NetworkMode: "awsvpc", Cpu: "256", Memory: "512", RequiresCompatibilities: []string{"FARGATE"}, ExecutionRoleArn: "arn:aws:iam::000000000000:role/r",
		ContainerDefinitions: []ecs.ContainerDefinition{{
			Name: "web", Image: "000000000000.dkr.ecr.us-east-1.amazonaws.com/" + image, PortMappings: []ecs.PortMapping{{ContainerPort: 8443}}, StopTimeout: &stop,
			Environment: []ecs.Variable{{Name: "LISTEN", Value: ":8443"}, {Name: "ADMIN_LISTEN", Value: "0.0.0.0:8081"}, {Name: "VERSION", Value: version}, {Name: roleVariable, Value: role}},
			Secrets:     []ecs.Secret{{Name: "SECRET", ValueFrom: secretARN + ":key::"}},
			LogConfiguration: &ecs.LogConfiguration{LogDriver: "awslogs", Options: map[string]string{
				"awslogs-group": "shop", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web",
			}},
		}},
	}))(s.t)
	return out.TaskDefinition.TaskDefinitionArn
}

func (s *shop) awaitSteady() {
	s.t.Helper()
	if err := s.steady(); err != nil {
		s.t.Fatalf("%v; %s", err, strings.Join(s.events(), "\n"))
	}
}

func (s *shop) steady() error {
	ctx, cancel := context.WithTimeout(s.t.Context(), stackPatience)
	defer cancel()
	return s.ecs.AwaitSteady(ctx, "shop", "web")
}

func (s *shop) service() ecs.Service {
	s.t.Helper()
	return must(s.ecs.DescribeServices(s.t.Context(), ecs.DescribeServicesInput{Cluster: "shop", Services: []string{"web"}}))(s.t).Services[0]
}

// events are the service's, the oldest first, without ids.
func (s *shop) events() []string {
	var out []string
	for _, e := range s.service().Events {
		out = append([]string{e.Message}, out...)
	}
	return out
}

func (s *shop) tasks() []ecs.Task {
	s.t.Helper()
	list := must(s.ecs.ListTasks(s.t.Context(), ecs.ListTasksInput{Cluster: "shop", ServiceName: "web"}))(s.t)
	return must(s.ecs.DescribeTasks(s.t.Context(), ecs.DescribeTasksInput{Cluster: "shop", Tasks: list.TaskArns}))(s.t).Tasks
}

// visit connects and returns the greeting.
func (s *shop) visit() (net.Conn, *bufio.Reader, string, error) {
	conn, err := net.DialTimeout("tcp", s.address, time.Minute)
	if err != nil {
		return nil, nil, "", err
	}
	r := bufio.NewReader(conn)
	line, err := r.ReadString('\n')
	return conn, r, strings.TrimSpace(line), err
}

// TestRollingUpdateCutsNobody: during a rolling update no connection through the load balancer is refused, and those that
// were there end when the program itself says so.
func TestRollingUpdateCutsNobody(t *testing.T) {
	t.Parallel()
	s := open(t)
	const customers = 100
	var ends sync.WaitGroup
	last := make([]string, customers)
	for i := range customers {
		conn, r, greeting, err := s.visit()
		if err != nil || greeting != "hello 1" {
			t.Fatalf("customer %d: %q, %v", i, greeting, err)
		}
		ends.Go(func() {
			defer func() { _ = conn.Close() }()
			rest, err := io.ReadAll(r)
			last[i] = fmt.Sprintf("%q %v", rest, err)
		})
	}
	stop, visitors := make(chan struct{}), make(chan string, 1)
	go func() { visitors <- keepVisiting(s, stop) }()
	must(s.ecs.UpdateService(t.Context(), ecs.UpdateServiceInput{Cluster: "shop", Service: "web", TaskDefinition: s.register("self:1", "server", "2")}))(t)
	s.awaitSteady()
	close(stop)
	if failures := <-visitors; failures != "" {
		t.Error(failures)
	}
	ends.Wait()
	for i, got := range last {
		if want := `"bye\n" <nil>`; got != want {
			t.Errorf("customer %d ended with %s, want %s", i, got, want)
		}
	}
	svc := s.service()
	if len(svc.Deployments) != 1 || svc.Deployments[0].RolloutState != "COMPLETED" || svc.RunningCount != 2 {
		t.Errorf("after the update: %+v", svc)
	}
	if _, _, greeting, err := s.visit(); err != nil || greeting != "hello 2" {
		t.Errorf("greeting after the update: %q, %v", greeting, err)
	}
}

// keepVisiting connects again and again and returns what went wrong.
func keepVisiting(s *shop, stop <-chan struct{}) string {
	var wrong []string
	for n := 0; ; n++ {
		conn, _, greeting, err := s.visit()
		if err != nil || !strings.HasPrefix(greeting, "hello ") {
			wrong = append(wrong, fmt.Sprintf("visit %d: %q, %v", n, greeting, err))
		}
		if conn != nil {
			_ = conn.Close()
		}
		select {
		case <-stop:
			return strings.Join(wrong, "\n")
		default:
		}
	}
}

// TestBrokenImageIsRolledBack: the circuit breaker takes a deployment back, and the tasks that served go on.
func TestBrokenImageIsRolledBack(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]struct{ image, role, reason string }{
		"no image":         {"other:1", "server", "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 000000000000.dkr.ecr.us-east-1.amazonaws.com/other:1: not found"},
		"a broken program": {"self:1", "broken", "Essential container in task exited"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			before := s.service()
			conn, r, _, err := s.visit()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			must(s.ecs.UpdateService(t.Context(), ecs.UpdateServiceInput{Cluster: "shop", Service: "web", TaskDefinition: s.register(broken.image, broken.role, "2")}))(t)
			if err := s.steady(); !errors.Is(err, ecs.ErrDeploymentFailed) {
				t.Fatalf("the deployment ended with %v", err)
			}
			s.awaitSteady()
			after := s.service()
			if after.TaskDefinition != before.TaskDefinition || after.Deployments[0].ID != before.Deployments[0].ID {
				t.Errorf("rolled back to %s of %s", after.TaskDefinition, after.Deployments[0].ID)
			}
			events := strings.Join(s.events(), "\n")
			for _, want := range []string{") deployment failed: tasks failed to start.", "(service web) rolling back to deployment " + before.Deployments[0].ID + ".", "(service web) has reached a steady state."} {
				if !strings.Contains(events, want) {
					t.Errorf("no event %q in:\n%s", want, events)
				}
			}
			if got := stoppedReasons(s); got[broken.reason] < 3 {
				t.Errorf("reasons of stopped tasks: %v, want three of %q", got, broken.reason)
			}
			fmt.Fprintln(conn, "still there")
			if line, err := r.ReadString('\n'); line != "still there\n" {
				t.Errorf("the old connection says %q, %v", line, err)
			}
		})
	}
}

// stoppedReasons counts the reasons of stopped tasks.
func stoppedReasons(s *shop) map[string]int {
	s.t.Helper()
	list := must(s.ecs.ListTasks(s.t.Context(), ecs.ListTasksInput{Cluster: "shop", DesiredStatus: "STOPPED"}))(s.t)
	out := map[string]int{}
	for _, task := range must(s.ecs.DescribeTasks(s.t.Context(), ecs.DescribeTasksInput{Cluster: "shop", Tasks: list.TaskArns}))(s.t).Tasks {
		out[task.StoppedReason]++
	}
	return out
}

// TestKilledTaskIsReplaced: a task that dies is told of with its exit code, and another takes its place.
func TestKilledTaskIsReplaced(t *testing.T) {
	t.Parallel()
	s := open(t)
	victim := s.tasks()[0]
	processes := s.ecs.Processes()
	i := slices.IndexFunc(processes, func(p ecs.Process) bool { return strings.HasSuffix(victim.TaskArn, "/"+p.Task) })
	if err := syscall.Kill(processes[i].Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		svc, tasks := s.service(), s.tasks()
		return svc.RunningCount == 2 && len(tasks) == 2 && tasks[0].TaskArn != victim.TaskArn && tasks[1].TaskArn != victim.TaskArn
	})
	s.awaitSteady()
	dead := must(s.ecs.DescribeTasks(t.Context(), ecs.DescribeTasksInput{Cluster: "shop", Tasks: []string{victim.TaskArn}}))(t).Tasks[0]
	got := []string{dead.LastStatus, dead.StopCode, dead.StoppedReason, strconv.Itoa(*dead.Containers[0].ExitCode)}
	if diff := cmp.Diff([]string{"STOPPED", "EssentialContainerExited", "Essential container in task exited", "137"}, got); diff != "" {
		t.Errorf("the killed task (-want +got):\n%s", diff)
	}
	targets := must(s.elb.DescribeTargetHealth(t.Context(), elb.TargetsInput{TargetGroupArn: s.group}))(t)
	healthy := 0
	for _, target := range targets.TargetHealthDescriptions {
		if target.TargetHealth.State == elb.StateHealthy {
			healthy++
		}
	}
	if healthy != 2 {
		t.Errorf("targets: %+v", targets.TargetHealthDescriptions)
	}
}

// waitFor looks until something is so.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("it never was so")
		}
	}
}
