package sandbox

import (
	"context"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/elb"
)

// targetGroupResource makes AWS::ElasticLoadBalancingV2::TargetGroup.
type targetGroupResource struct{ elb *elb.Service }

type targetGroupProperties struct {
	elb.CreateTargetGroupInput
	TargetGroupAttributes []elb.Attribute
}

// Create implements cloudformation.Provisioner.
func (g targetGroupResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p targetGroupProperties
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	if p.Name == "" {
		p.Name = cloudformation.PhysicalName(r, maxELBName)
	}
	out, err := g.elb.CreateTargetGroup(ctx, p.CreateTargetGroupInput)
	if err != nil {
		return cloudformation.Result{}, elbError(err)
	}
	group := out.TargetGroups[0]
	_, err = g.elb.ModifyTargetGroupAttributes(ctx, elb.TargetGroupAttributesInput{TargetGroupArn: group.TargetGroupArn, Attributes: p.TargetGroupAttributes})
	return cloudformation.Result{PhysicalID: group.TargetGroupArn, Attributes: map[string]any{
		"TargetGroupArn": group.TargetGroupArn, "TargetGroupName": group.TargetGroupName, "TargetGroupFullName": elb.FullName(group.TargetGroupArn),
		"LoadBalancerArns": group.LoadBalancerArns,
	}}, elbError(err)
}

// Update implements cloudformation.Provisioner. What the template no longer names stays as it is.
func (g targetGroupResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p targetGroupProperties
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	if _, err := g.elb.ModifyTargetGroup(ctx, elb.ModifyTargetGroupInput{TargetGroupArn: r.PhysicalID, HealthCheckInput: p.HealthCheckInput}); err != nil {
		return cloudformation.Result{}, elbError(err)
	}
	if changed(r, "Tags") {
		if err := elbRetag(ctx, g.elb, r, p.Tags); err != nil {
			return cloudformation.Result{}, elbError(err)
		}
	}
	_, err := g.elb.ModifyTargetGroupAttributes(ctx, elb.TargetGroupAttributesInput{TargetGroupArn: r.PhysicalID, Attributes: p.TargetGroupAttributes})
	return cloudformation.Result{PhysicalID: r.PhysicalID}, elbError(err)
}

// Delete implements cloudformation.Provisioner.
func (g targetGroupResource) Delete(ctx context.Context, r cloudformation.Request) error {
	return elbError(g.elb.DeleteTargetGroup(ctx, elb.DeleteTargetGroupInput{TargetGroupArn: r.PhysicalID}))
}
