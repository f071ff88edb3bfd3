package sandbox

import (
	"context"
	"errors"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/autoscaling"
	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// scalableTargetResource makes AWS::ApplicationAutoScaling::ScalableTarget.
type scalableTargetResource struct{ scaling *autoscaling.Service }

// Create implements cloudformation.Provisioner.
func (t scalableTargetResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p autoscaling.RegisterScalableTargetInput
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	_, err := t.scaling.RegisterScalableTarget(ctx, p)
	id := strings.Join([]string{p.ResourceId, p.ScalableDimension, p.ServiceNamespace}, "|")
	if err != nil {
		return cloudformation.Result{}, scalingError(err)
	}
	return cloudformation.Result{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}

// Update implements cloudformation.Provisioner.
func (t scalableTargetResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p autoscaling.RegisterScalableTargetInput
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	_, err := t.scaling.RegisterScalableTarget(ctx, p)
	return cloudformation.Result{PhysicalID: r.PhysicalID}, scalingError(err)
}

// Delete implements cloudformation.Provisioner.
func (t scalableTargetResource) Delete(ctx context.Context, r cloudformation.Request) error {
	_, err := t.scaling.DeregisterScalableTarget(ctx, scalableTarget(r.PhysicalID))
	return scalingError(err)
}

// scalableTarget is the target of a physical id, RESOURCE|DIMENSION|NAMESPACE.
func scalableTarget(id string) autoscaling.Target {
	resource, rest, _ := strings.Cut(id, "|")
	dimension, namespace, _ := strings.Cut(rest, "|")
	return autoscaling.Target{ServiceNamespace: namespace, ResourceId: resource, ScalableDimension: dimension}
}

// scalingPolicyResource makes AWS::ApplicationAutoScaling::ScalingPolicy.
type scalingPolicyResource struct{ scaling *autoscaling.Service }

// scalingPolicyProperties name the target by its own properties, or by its physical id.
type scalingPolicyProperties struct {
	autoscaling.PutScalingPolicyInput
	ScalingTargetId string
}

func (p scalingPolicyResource) put(ctx context.Context, r cloudformation.Request) (autoscaling.PutScalingPolicyOutput, error) {
	var in scalingPolicyProperties
	if err := decode(r, &in); err != nil {
		return autoscaling.PutScalingPolicyOutput{}, err
	}
	if in.ScalingTargetId != "" {
		in.Target = scalableTarget(in.ScalingTargetId)
	}
	out, err := p.scaling.PutScalingPolicy(ctx, in.PutScalingPolicyInput)
	return out, scalingError(err)
}

// Create implements cloudformation.Provisioner.
func (p scalingPolicyResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	out, err := p.put(ctx, r)
	if err != nil {
		return cloudformation.Result{}, err
	}
	return cloudformation.Result{PhysicalID: out.PolicyARN, Attributes: map[string]any{"Arn": out.PolicyARN}}, nil
}

// Update implements cloudformation.Provisioner.
func (p scalingPolicyResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	_, err := p.put(ctx, r)
	return cloudformation.Result{PhysicalID: r.PhysicalID}, err
}

// Delete implements cloudformation.Provisioner.
func (p scalingPolicyResource) Delete(ctx context.Context, r cloudformation.Request) error {
	target, name, ok := autoscaling.PolicyOf(r.PhysicalID)
	if !ok {
		return gone("policy %s does not exist", r.PhysicalID)
	}
	_, err := p.scaling.DeleteScalingPolicy(ctx, autoscaling.DeleteScalingPolicyInput{PolicyName: name, Target: target})
	return scalingError(err)
}

// scalingError gives an error of Application Auto Scaling the code that a resource handler would.
func scalingError(err error) error {
	var e *autoscaling.Error
	if !errors.As(err, &e) {
		return err
	}
	code := cloudformation.CodeInvalidRequest
	if e.Code == autoscaling.CodeNotFound {
		code = cloudformation.CodeNotFound
	}
	return &cloudformation.HandlerError{Code: code, Message: e.Message}
}
