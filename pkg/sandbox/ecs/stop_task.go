package ecs

import (
	"context"
	"strings"
)

// StopTaskInput names a task, and why it is to stop.
type StopTaskInput struct {
	Cluster string `json:"cluster"`
	Task    string `json:"task"`
	Reason  string `json:"reason"`
}

// TaskOutput is a task.
type TaskOutput struct {
	Task Task `json:"task"`
}

// StopTask begins to stop a task. If it is one of a service, another takes its place.
func (e *Emulator) StopTask(_ context.Context, in StopTaskInput) (TaskOutput, error) {
	if in.Reason == "" {
		in.Reason = "Task stopped by user"
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	t, err := e.findTask(in.Cluster, in.Task)
	if err != nil {
		return TaskOutput{}, err
	}
	t.order(stopByUser, in.Reason)
	e.wake(t)
	return TaskOutput{t.show()}, nil
}

// findTask returns the task of an id or ARN; e.mu is held.
func (e *Emulator) findTask(clusterName, name string) (*task, *Error) {
	c, err := e.findCluster(clusterName)
	if err != nil {
		return nil, err
	}
	t := e.tasks[lastPart(name)]
	if t == nil || t.ClusterArn != c.ClusterArn || strings.HasPrefix(name, "arn:") && name != t.TaskArn {
		return nil, invalid("The referenced task was not found.")
	}
	return t, nil
}
