package ecs

import "context"

// DescribeTasksInput names tasks of a cluster.
type DescribeTasksInput struct {
	Cluster string   `json:"cluster"`
	Tasks   []string `json:"tasks"`
	Include []string `json:"include"`
}

// DescribeTasks shows tasks, stopped ones for an hour.
func (e *Emulator) DescribeTasks(_ context.Context, in DescribeTasksInput) (TasksOutput, error) {
	out := TasksOutput{Tasks: []Task{}, Failures: []Failure{}}
	if len(in.Tasks) == 0 {
		return out, invalid("Tasks cannot be empty.")
	}
	if len(in.Tasks) > MaxDescribe {
		return out, invalid("Tasks cannot have more than %d elements.", MaxDescribe)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.findCluster(in.Cluster)
	if err != nil {
		return out, err
	}
	for _, name := range in.Tasks {
		t, err := e.findTask(in.Cluster, name)
		if err != nil {
			out.Failures = append(out.Failures, Failure{Arn: e.arn("task", c.ClusterName+"/"+lastPart(name)), Reason: "MISSING"})
			continue
		}
		shown := t.show()
		if len(in.Include) == 0 {
			shown.Tags = nil
		}
		out.Tasks = append(out.Tasks, shown)
	}
	return out, nil
}
