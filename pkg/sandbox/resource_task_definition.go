package sandbox

import (
	"context"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/ecs"
)

// taskDefinitionResource makes AWS::ECS::TaskDefinition, whose properties are the members of RegisterTaskDefinition.
type taskDefinitionResource struct{ ecs *ecs.Emulator }

// Create implements cloudformation.Provisioner.
func (d taskDefinitionResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p ecs.RegisterTaskDefinitionInput
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	if p.Family == "" {
		p.Family = cloudformation.PhysicalName(r, maxECSName)
	}
	out, err := d.ecs.RegisterTaskDefinition(ctx, p)
	if err != nil {
		return cloudformation.Result{}, ecsError(err)
	}
	arn := out.TaskDefinition.TaskDefinitionArn
	return cloudformation.Result{PhysicalID: arn, Attributes: map[string]any{"TaskDefinitionArn": arn}}, nil
}

// Update implements cloudformation.Provisioner. Everything but tags makes a new revision.
func (d taskDefinitionResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p ecs.RegisterTaskDefinitionInput
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	_, err := d.ecs.DescribeTaskDefinition(ctx, ecs.DescribeTaskDefinitionInput{TaskDefinition: r.PhysicalID})
	return cloudformation.Result{PhysicalID: r.PhysicalID}, ecsError(err)
}

// Delete implements cloudformation.Provisioner: a revision becomes inactive.
func (d taskDefinitionResource) Delete(ctx context.Context, r cloudformation.Request) error {
	_, err := d.ecs.DeregisterTaskDefinition(ctx, ecs.DeregisterTaskDefinitionInput{TaskDefinition: r.PhysicalID})
	return ecsError(err)
}
