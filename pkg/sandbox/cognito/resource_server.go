package cognito

import (
	"context"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// resourceServer makes AWS::Cognito::UserPoolResourceServer.
type resourceServer struct{ client *Client }

// Create implements cloudformation.Provisioner.
func (s resourceServer) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	if err := s.client.call(ctx, "CreateResourceServer", r.Properties, nil); err != nil {
		return cloudformation.Result{}, err
	}
	identifier, _ := r.Properties["Identifier"].(string)
	return cloudformation.Result{PhysicalID: identifier, Attributes: map[string]any{}}, nil
}

// Update implements cloudformation.Provisioner.
func (s resourceServer) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	return cloudformation.Result{PhysicalID: r.PhysicalID}, s.client.call(ctx, "UpdateResourceServer", r.Properties, nil)
}

// Delete implements cloudformation.Provisioner.
func (s resourceServer) Delete(ctx context.Context, r cloudformation.Request) error {
	return s.client.call(ctx, "DeleteResourceServer", map[string]any{"UserPoolId": r.Properties["UserPoolId"], "Identifier": r.PhysicalID}, nil)
}
