package ecs

import (
	"context"
	"slices"
)

// ListTasksInput selects tasks of a cluster.
type ListTasksInput struct {
	Cluster       string `json:"cluster"`
	Family        string `json:"family"`
	ServiceName   string `json:"serviceName"`
	StartedBy     string `json:"startedBy"`
	DesiredStatus string `json:"desiredStatus"` // empty is RUNNING
	LaunchType    string `json:"launchType"`
	NextToken     string `json:"nextToken"`
	MaxResults    int    `json:"maxResults"`
}

// ListTasksOutput are ARNs of tasks.
type ListTasksOutput struct {
	TaskArns  []string `json:"taskArns"`
	NextToken string   `json:"nextToken,omitempty"`
}

// ListTasks lists tasks by what they are to be.
func (e *Emulator) ListTasks(_ context.Context, in ListTasksInput) (ListTasksOutput, error) {
	if in.DesiredStatus == "" {
		in.DesiredStatus = taskRunning
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.findCluster(in.Cluster)
	if err != nil {
		return ListTasksOutput{}, err
	}
	var of *service
	if in.ServiceName != "" {
		if of, err = e.findService(in.Cluster, in.ServiceName); err != nil {
			return ListTasksOutput{}, err
		}
	}
	var all []string
	for _, t := range e.tasks {
		if t.ClusterArn == c.ClusterArn && t.DesiredStatus == in.DesiredStatus && in.matches(t) && (of == nil || t.service == of) {
			all = append(all, t.TaskArn)
		}
	}
	slices.Sort(all)
	items, next := page(all, in.NextToken, in.MaxResults)
	return ListTasksOutput{items, next}, nil
}

func (in ListTasksInput) matches(t *task) bool {
	return (in.Family == "" || in.Family == t.definition.Family) && (in.StartedBy == "" || in.StartedBy == t.StartedBy) &&
		(in.LaunchType == "" || in.LaunchType == launchFargate)
}
