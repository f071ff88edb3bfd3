package ecs

import "context"

// DeregisterTaskDefinitionInput names a revision.
type DeregisterTaskDefinitionInput struct {
	TaskDefinition string `json:"taskDefinition"`
}

// DeregisterTaskDefinition makes a revision inactive: what runs with it goes on, and new services cannot use it.
func (e *Emulator) DeregisterTaskDefinition(_ context.Context, in DeregisterTaskDefinitionInput) (TaskDefinitionOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	td := e.findDefinition(in.TaskDefinition)
	if td == nil {
		return TaskDefinitionOutput{}, client("The specified task definition does not exist.")
	}
	if td.Status == statusActive {
		td.Status, td.DeregisteredAt = statusInactive, now()
	}
	return TaskDefinitionOutput{TaskDefinition: td.TaskDefinition}, nil
}
