package ecs

import "context"

// RegisterTaskDefinitionInput says what to register.
type RegisterTaskDefinitionInput struct {
	Family                  string                `json:"family"`
	TaskRoleArn             string                `json:"taskRoleArn"`
	ExecutionRoleArn        string                `json:"executionRoleArn"`
	NetworkMode             string                `json:"networkMode"`
	ContainerDefinitions    []ContainerDefinition `json:"containerDefinitions"`
	RequiresCompatibilities []string              `json:"requiresCompatibilities"`
	Cpu                     string                `json:"cpu"`
	Memory                  string                `json:"memory"`
	RuntimePlatform         *RuntimePlatform      `json:"runtimePlatform"`
	Tags                    []Tag                 `json:"tags"`
}

// TaskDefinitionOutput is a revision.
type TaskDefinitionOutput struct {
	TaskDefinition TaskDefinition `json:"taskDefinition"`
	Tags           []Tag          `json:"tags,omitempty"`
}

// RegisterTaskDefinition makes a new revision of a family.
func (e *Emulator) RegisterTaskDefinition(_ context.Context, in RegisterTaskDefinitionInput) (TaskDefinitionOutput, error) {
	in.inUnits()
	if err := in.check(); err != nil {
		return TaskDefinitionOutput{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.revisions >= MaxRevisions {
		return TaskDefinitionOutput{}, errorf(CodeLimit, "The sandbox has at most %d revisions of task definitions.", MaxRevisions)
	}
	f := e.families[in.Family]
	if f == nil {
		f = &family{}
		e.families[in.Family] = f
	}
	td := &taskDefinition{tags: in.Tags, TaskDefinition: TaskDefinition{
		ContainerDefinitions: in.ContainerDefinitions, Family: in.Family, TaskRoleArn: in.TaskRoleArn, ExecutionRoleArn: in.ExecutionRoleArn,
		NetworkMode: in.NetworkMode, Revision: len(f.revisions) + 1, Status: statusActive, Compatibilities: []string{"EC2", "FARGATE"},
		RuntimePlatform: in.RuntimePlatform, RequiresCompatibilities: in.RequiresCompatibilities, Cpu: in.Cpu, Memory: in.Memory,
		RegisteredAt: now(),
	}}
	td.TaskDefinitionArn = e.arn("task-definition", td.name())
	f.revisions = append(f.revisions, td)
	e.revisions++
	return TaskDefinitionOutput{td.TaskDefinition, td.tags}, nil
}
