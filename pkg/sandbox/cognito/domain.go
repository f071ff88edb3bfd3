package cognito

import (
	"context"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// domain makes AWS::Cognito::UserPoolDomain.
type domain struct{ client *Client }

type domainAnswer struct{ CloudFrontDomain string }

func (a domainAnswer) attributes() map[string]any {
	return map[string]any{"CloudFrontDistribution": a.CloudFrontDomain}
}

// Create implements cloudformation.Provisioner.
func (d domain) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	out, err := d.put(ctx, "CreateUserPoolDomain", r)
	if err != nil {
		return cloudformation.Result{}, err
	}
	name, _ := r.Properties["Domain"].(string)
	return cloudformation.Result{PhysicalID: name, Attributes: out.attributes()}, nil
}

func (d domain) put(ctx context.Context, operation string, r cloudformation.Request) (out domainAnswer, err error) {
	if err := refuseProperties(r, "Routing"); err != nil {
		return out, err
	}
	return out, d.client.call(ctx, operation, r.Properties, &out)
}

// Update implements cloudformation.Provisioner.
func (d domain) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	out, err := d.put(ctx, "UpdateUserPoolDomain", r)
	return cloudformation.Result{PhysicalID: r.PhysicalID, Attributes: out.attributes()}, err
}

// Delete implements cloudformation.Provisioner.
func (d domain) Delete(ctx context.Context, r cloudformation.Request) error {
	return d.client.call(ctx, "DeleteUserPoolDomain", map[string]any{"UserPoolId": r.Properties["UserPoolId"], "Domain": r.PhysicalID}, nil)
}
