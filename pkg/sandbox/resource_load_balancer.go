package sandbox

import (
	"context"
	"errors"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/elb"
)

// maxELBName is the longest name of a load balancer or target group.
const maxELBName = 32

// loadBalancerResource makes AWS::ElasticLoadBalancingV2::LoadBalancer.
type loadBalancerResource struct{ elb *elb.Service }

type loadBalancerProperties struct {
	elb.CreateLoadBalancerInput
	LoadBalancerAttributes []elb.Attribute
}

// Create implements cloudformation.Provisioner.
func (l loadBalancerResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p loadBalancerProperties
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	if p.Name == "" {
		p.Name = cloudformation.PhysicalName(r, maxELBName)
	}
	if p.Type == "" {
		p.Type = "application" // which the emulator refuses by name
	}
	out, err := l.elb.CreateLoadBalancer(ctx, p.CreateLoadBalancerInput)
	if err != nil {
		return cloudformation.Result{}, elbError(err)
	}
	lb := out.LoadBalancers[0]
	_, err = l.elb.ModifyLoadBalancerAttributes(ctx, elb.LoadBalancerAttributesInput{LoadBalancerArn: lb.LoadBalancerArn, Attributes: p.LoadBalancerAttributes})
	return cloudformation.Result{PhysicalID: lb.LoadBalancerArn, Attributes: map[string]any{
		"LoadBalancerArn": lb.LoadBalancerArn, "LoadBalancerName": lb.LoadBalancerName, "LoadBalancerFullName": elb.FullName(lb.LoadBalancerArn),
		"DNSName": lb.DNSName, "CanonicalHostedZoneID": lb.CanonicalHostedZoneId, "SecurityGroups": lb.SecurityGroups,
	}}, elbError(err)
}

// Update implements cloudformation.Provisioner. An attribute that the template no longer names stays as it is.
func (l loadBalancerResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p loadBalancerProperties
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	if changed(r, "Subnets") {
		if _, err := l.elb.SetSubnets(ctx, elb.SetSubnetsInput{LoadBalancerArn: r.PhysicalID, Subnets: p.Subnets}); err != nil {
			return cloudformation.Result{}, elbError(err)
		}
	}
	if changed(r, "SecurityGroups") {
		if _, err := l.elb.SetSecurityGroups(ctx, elb.SetSecurityGroupsInput{LoadBalancerArn: r.PhysicalID, SecurityGroups: p.SecurityGroups}); err != nil {
			return cloudformation.Result{}, elbError(err)
		}
	}
	if changed(r, "Tags") {
		if err := elbRetag(ctx, l.elb, r, p.Tags); err != nil {
			return cloudformation.Result{}, elbError(err)
		}
	}
	_, err := l.elb.ModifyLoadBalancerAttributes(ctx, elb.LoadBalancerAttributesInput{LoadBalancerArn: r.PhysicalID, Attributes: p.LoadBalancerAttributes})
	return cloudformation.Result{PhysicalID: r.PhysicalID}, elbError(err)
}

// Delete implements cloudformation.Provisioner.
func (l loadBalancerResource) Delete(ctx context.Context, r cloudformation.Request) error {
	return elbError(l.elb.DeleteLoadBalancer(ctx, elb.DeleteLoadBalancerInput{LoadBalancerArn: r.PhysicalID}))
}

// elbRetag replaces the tags of a resource.
func elbRetag(ctx context.Context, service *elb.Service, r cloudformation.Request, tags []elb.Tag) error {
	arns := []string{r.PhysicalID}
	old, err := service.DescribeTags(ctx, elb.DescribeTagsInput{ResourceArns: arns})
	if err != nil {
		return err
	}
	var keys []string
	for _, t := range old.TagDescriptions[0].Tags {
		keys = append(keys, t.Key)
	}
	if err := service.RemoveTags(ctx, elb.RemoveTagsInput{ResourceArns: arns, TagKeys: keys}); err != nil {
		return err
	}
	return service.AddTags(ctx, elb.AddTagsInput{ResourceArns: arns, Tags: tags})
}

// elbError gives an error of Elastic Load Balancing the code that a resource handler would.
func elbError(err error) error {
	var e *elb.Error
	if !errors.As(err, &e) {
		return err
	}
	code := cloudformation.CodeInvalidRequest
	switch e.Code {
	case elb.CodeLoadBalancerNotFound, elb.CodeTargetGroupNotFound, elb.CodeListenerNotFound:
		code = cloudformation.CodeNotFound
	case elb.CodeDuplicateLoadBalancer, elb.CodeDuplicateTargetGroup, elb.CodeDuplicateListener:
		code = cloudformation.CodeAlreadyExists
	case elb.CodeInternal:
		code = ""
	}
	return &cloudformation.HandlerError{Code: code, Message: e.Message}
}
