package ecs

import (
	"os"
	"testing"
	"time"
)

// TestProcessTime: a process that works uses time, and one that does not exist is not known.
func TestProcessTime(t *testing.T) {
	t.Parallel()
	before, ok := processTime(os.Getpid())
	if !ok {
		t.Fatal("the time of this process is not known")
	}
	deadline := time.Now().Add(time.Minute)
	for n := 0; ; n++ {
		if after, ok := processTime(os.Getpid()); ok && after >= before+2*tick {
			break
		}
		if n%1000 == 0 && time.Now().After(deadline) {
			t.Fatal("a minute of work took no time")
		}
	}
	if d, ok := processTime(1 << 30); ok {
		t.Errorf("a process that does not exist has used %s", d)
	}
}

// TestBusy: a service is as busy as its tasks.
func TestBusy(t *testing.T) {
	t.Parallel()
	e, w := newEmulator(t)
	serve(t, e, register(t, e, "serve", nil), 1, 100, 200)
	if err := awaitSteady(t, e); err != nil {
		t.Fatal(err)
	}
	arn := must(e.ListTasks(t.Context(), ListTasksInput{Cluster: "c", ServiceName: "s"}))(t).TaskArns[0]
	awaitLine(t, w, arn)
	e.mu.Lock()
	e.tasks[lastPart(arn)].running = time.Now() // so what its start took is all that it has used since
	e.mu.Unlock()
	if percent, ok := e.Busy("c", "s"); !ok || percent < 0 || percent > 50 {
		t.Errorf("Busy = %v, %t, of a task that does nothing", percent, ok)
	}
	if _, ok := e.Busy("c", "x"); ok {
		t.Error("a service that does not exist is busy")
	}
}
