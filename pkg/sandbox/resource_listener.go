package sandbox

import (
	"context"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/elb"
)

// listenerResource makes AWS::ElasticLoadBalancingV2::Listener.
type listenerResource struct{ elb *elb.Service }

type listenerProperties struct {
	elb.CreateListenerInput
	ListenerAttributes []elb.Attribute
}

// Create implements cloudformation.Provisioner.
func (l listenerResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p listenerProperties
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	out, err := l.elb.CreateListener(ctx, p.CreateListenerInput)
	if err != nil {
		return cloudformation.Result{}, elbError(err)
	}
	arn := out.Listeners[0].ListenerArn
	_, err = l.elb.ModifyListenerAttributes(ctx, elb.ListenerAttributesInput{ListenerArn: arn, Attributes: p.ListenerAttributes})
	return cloudformation.Result{PhysicalID: arn, Attributes: map[string]any{"ListenerArn": arn}}, elbError(err)
}

// Update implements cloudformation.Provisioner. What the template no longer names stays as it is, unless the protocol changes.
func (l listenerResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p listenerProperties
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	if _, err := l.elb.ModifyListener(ctx, elb.ModifyListenerInput{
		ListenerArn: r.PhysicalID, Port: p.Port, Protocol: p.Protocol, SslPolicy: p.SslPolicy, AlpnPolicy: p.AlpnPolicy,
		Certificates: p.Certificates, DefaultActions: p.DefaultActions,
	}); err != nil {
		return cloudformation.Result{}, elbError(err)
	}
	_, err := l.elb.ModifyListenerAttributes(ctx, elb.ListenerAttributesInput{ListenerArn: r.PhysicalID, Attributes: p.ListenerAttributes})
	return cloudformation.Result{PhysicalID: r.PhysicalID}, elbError(err)
}

// Delete implements cloudformation.Provisioner.
func (l listenerResource) Delete(ctx context.Context, r cloudformation.Request) error {
	return elbError(l.elb.DeleteListener(ctx, elb.DeleteListenerInput{ListenerArn: r.PhysicalID}))
}
