package ecs

import "context"

// DescribeTaskDefinitionInput names a revision: its ARN, FAMILY:REVISION, or FAMILY for the latest active one.
type DescribeTaskDefinitionInput struct {
	TaskDefinition string   `json:"taskDefinition"`
	Include        []string `json:"include"`
}

// DescribeTaskDefinition shows a revision.
func (e *Emulator) DescribeTaskDefinition(_ context.Context, in DescribeTaskDefinitionInput) (TaskDefinitionOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	td := e.findDefinition(in.TaskDefinition)
	if td == nil {
		return TaskDefinitionOutput{}, client("Unable to describe task definition.")
	}
	out := TaskDefinitionOutput{TaskDefinition: td.TaskDefinition}
	if len(in.Include) > 0 {
		out.Tags = td.tags
	}
	return out, nil
}
