package ecs

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRollingUpdate: how many tasks there are at most, and healthy ones at least, while a service is updated.
func TestRollingUpdate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ desired, leastPercent, mostPercent, least, most int }{
		"all at once":         {3, 100, 200, 3, 6},
		"one at a time":       {2, 50, 150, 1, 3},
		"never more":          {2, 50, 100, 1, 2},
		"never two at a time": {1, 0, 100, 0, 1},
		"halves go up":        {3, 50, 200, 2, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, w := newEmulator(t)
			serve(t, e, register(t, e, "serve", nil), tt.desired, tt.leastPercent, tt.mostPercent)
			if err := awaitSteady(t, e); err != nil {
				t.Fatal(err)
			}
			w.mu.Lock()
			w.most, w.least = tt.desired, tt.desired
			w.mu.Unlock()
			next := register(t, e, "serve", nil)
			must(e.UpdateService(t.Context(), UpdateServiceInput{Cluster: "c", Service: "s", TaskDefinition: next}))(t)
			if err := awaitSteady(t, e); err != nil {
				t.Fatal(err)
			}
			svc := must(e.DescribeServices(t.Context(), DescribeServicesInput{Cluster: "c", Services: []string{"s"}}))(t).Services[0]
			if svc.TaskDefinition != next || svc.RunningCount != tt.desired || len(svc.Deployments) != 1 {
				t.Errorf("after the update: %+v", svc)
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.most > tt.most || w.least < tt.least {
				t.Errorf("there were %d targets at most and %d healthy at least, want %d and %d", w.most, w.least, tt.most, tt.least)
			}
		})
	}
}

// TestFailedDeployment: without a deployment to go back to, a service whose tasks fail is left as it is.
func TestFailedDeployment(t *testing.T) {
	t.Parallel()
	e, w := newEmulator(t)
	w.newOnes = "initial"
	serve(t, e, register(t, e, "exit 1", nil), 1, 100, 200)
	if err := awaitSteady(t, e); !errors.Is(err, ErrDeploymentFailed) {
		t.Fatalf("the deployment ended with %v", err)
	}
	svc := must(e.DescribeServices(t.Context(), DescribeServicesInput{Cluster: "c", Services: []string{"s"}}))(t).Services[0]
	d := svc.Deployments[0]
	if diff := cmp.Diff([]any{"FAILED", 3, "ECS deployment circuit breaker: tasks failed to start."}, []any{d.RolloutState, d.FailedTasks, d.RolloutStateReason}); diff != "" {
		t.Errorf("deployment (-want +got):\n%s", diff)
	}
	must(e.DeleteService(t.Context(), DeleteServiceInput{Cluster: "c", Service: "s", Force: true}))(t)
	if err := e.AwaitInactive(t.Context(), "c", "s"); err != nil {
		t.Fatal(err)
	}
}

// TestUnhealthyTasks: in a deployment they make it fail; later a replacement comes first.
func TestUnhealthyTasks(t *testing.T) {
	t.Parallel()
	e, w := newEmulator(t)
	serve(t, e, register(t, e, "serve", nil), 2, 100, 200)
	if err := awaitSteady(t, e); err != nil {
		t.Fatal(err)
	}
	old := must(e.ListTasks(t.Context(), ListTasksInput{Cluster: "c", ServiceName: "s"}))(t).TaskArns
	w.set("unhealthy")
	for _, arn := range old {
		task := awaitTask(t, e, arn, taskStopped)
		if task.StopCode != stopByScheduler || task.StoppedReason != "Task failed ELB health checks in (target-group group)" {
			t.Errorf("task stopped because of %s: %s", task.StopCode, task.StoppedReason)
		}
	}
	if err := awaitSteady(t, e); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.newOnes = "unhealthy"
	if w.most != 4 {
		t.Errorf("%d targets at most, want 4: replacements come first", w.most)
	}
	w.mu.Unlock()
	must(e.UpdateService(t.Context(), UpdateServiceInput{Cluster: "c", Service: "s", ForceNewDeployment: true}))(t)
	if err := awaitSteady(t, e); !errors.Is(err, ErrDeploymentFailed) {
		t.Fatalf("a deployment of unhealthy tasks ended with %v", err)
	}
}

// TestContainerHealthCheck: a command decides, and an unhealthy task is replaced.
func TestContainerHealthCheck(t *testing.T) {
	t.Parallel()
	five, two, retries := 5, 2, 1
	for name, tt := range map[string]struct {
		command []string
		want    string
	}{
		"a shell that says yes": {[]string{"CMD-SHELL", "exit 0"}, healthHealthy},
		"a shell that says no":  {[]string{"CMD-SHELL", "exit 1"}, healthUnhealthy},
		"a program":             {[]string{"CMD", "true"}, healthHealthy},
		"no such program":       {[]string{"CMD", "nothing"}, healthUnhealthy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, w := newEmulator(t)
			e.cfg.Images = rootImages{w}
			task := runOne(t, e, register(t, e, "serve", func(c *ContainerDefinition) {
				c.HealthCheck = &HealthCheck{Command: tt.command, Interval: &five, Timeout: &two, Retries: &retries}
			}))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := e.awaitChange(ctx, func() (bool, error) { return e.tasks[lastPart(task.TaskArn)].containerHealth() == tt.want, nil }); err != nil {
				t.Fatalf("the task never was %s: %v", tt.want, err)
			}
		})
	}
}

// rootImages are images with the whole machine, as of an installed program.
type rootImages struct{ *world }

// Open implements ImageSource.
func (r rootImages) Open(ctx context.Context, reference string) (Image, error) {
	image, err := r.world.Open(ctx, reference)
	image.Entrypoint = []string{image.Root + image.Entrypoint[0]}
	image.Root = "/"
	return image, err
}

// TestScaling: the desired count is followed both ways, without a deployment.
func TestScaling(t *testing.T) {
	t.Parallel()
	e, w := newEmulator(t)
	serve(t, e, register(t, e, "serve", nil), 1, 100, 200)
	for _, n := range []int{1, 4, 2, 0} {
		out := must(e.UpdateService(t.Context(), UpdateServiceInput{Cluster: "c", Service: "s", DesiredCount: &n}))(t)
		if err := awaitSteady(t, e); err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		if len(w.targets) != n || len(out.Service.Deployments) != 1 {
			t.Errorf("%d targets with %d deployments, want %d with 1", len(w.targets), len(out.Service.Deployments), n)
		}
		w.mu.Unlock()
	}
}

// TestPause: how long a service waits with the next start.
func TestPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := &Emulator{cfg: Config{TimeScale: 1}}
		svc := &service{}
		var got []string
		for range 12 {
			svc.streak++
			began := time.Now()
			for until := e.pause(svc); time.Now().Before(until); until = e.pause(svc) {
				time.Sleep(time.Until(until)) // in the bubble's time
			}
			got = append(got, time.Since(began).String())
		}
		want := strings.Fields("0s 10s 20s 40s 1m20s 2m40s 5m20s 10m40s 15m0s 15m0s 15m0s 15m0s")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pauses (-want +got):\n%s", diff)
		}
		if len(svc.Events) != 1 || !strings.Contains(svc.Events[0].Message, "is unable to consistently start tasks successfully.") {
			t.Errorf("events: %+v", svc.Events)
		}
	})
}

func TestThreshold(t *testing.T) {
	t.Parallel()
	for desired, want := range map[int]int{0: 3, 1: 3, 6: 3, 7: 4, 25: 13, 400: 200, 1000: 200} {
		if got := (&service{Service: Service{DesiredCount: desired}}).threshold(); got != want {
			t.Errorf("threshold of %d tasks = %d, want %d", desired, got, want)
		}
	}
}
