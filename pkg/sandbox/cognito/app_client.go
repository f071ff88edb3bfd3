package cognito

import (
	"context"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// maxClientName is Cognito's longest name of an app client.
const maxClientName = 128

// appClient makes AWS::Cognito::UserPoolClient.
type appClient struct{ client *Client }

// clientAnswer is what tells of an app client.
type clientAnswer struct {
	UserPoolClient struct{ ClientId, ClientName, ClientSecret string }
}

func (a clientAnswer) result() cloudformation.Result {
	c := a.UserPoolClient
	return cloudformation.Result{PhysicalID: c.ClientId, Attributes: map[string]any{
		"ClientId": c.ClientId, "ClientSecret": c.ClientSecret, "Name": c.ClientName,
	}}
}

// Create implements cloudformation.Provisioner.
func (a appClient) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	in := with(r.Properties, nil)
	if in["ClientName"] == nil {
		in["ClientName"] = cloudformation.PhysicalName(r, maxClientName)
	}
	var out clientAnswer
	if err := a.client.call(ctx, "CreateUserPoolClient", in, &out); err != nil {
		return cloudformation.Result{}, err
	}
	return out.result(), nil
}

// Update implements cloudformation.Provisioner. The secret stays.
func (a appClient) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var out clientAnswer
	in := with(r.Properties, map[string]any{"ClientId": r.PhysicalID}, "GenerateSecret")
	if err := a.client.call(ctx, "UpdateUserPoolClient", in, &out); err != nil {
		return cloudformation.Result{}, err
	}
	return out.result(), nil
}

// Delete implements cloudformation.Provisioner.
func (a appClient) Delete(ctx context.Context, r cloudformation.Request) error {
	return a.client.call(ctx, "DeleteUserPoolClient", map[string]any{"UserPoolId": r.Properties["UserPoolId"], "ClientId": r.PhysicalID}, nil)
}
