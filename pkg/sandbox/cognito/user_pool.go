package cognito

import (
	"context"
	"reflect"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// maxPoolName is Cognito's longest name of a pool.
const maxPoolName = 128

// userPool makes AWS::Cognito::UserPool.
type userPool struct{ client *Client }

// unsupported are the properties that SetUserPoolMfaConfig would set.
func (userPool) unsupported() []string {
	return []string{"EnabledMfas", "WebAuthnRelyingPartyID", "WebAuthnUserVerification", "WebAuthnFactorConfiguration"}
}

// Create implements cloudformation.Provisioner.
func (p userPool) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	if err := refuseProperties(r, p.unsupported()...); err != nil {
		return cloudformation.Result{}, err
	}
	name, ok := r.Properties["UserPoolName"].(string)
	if !ok {
		name = cloudformation.PhysicalName(r, maxPoolName)
	}
	var out struct{ UserPool struct{ Id, Arn string } }
	if err := p.client.call(ctx, "CreateUserPool", with(r.Properties, map[string]any{"PoolName": name}, "UserPoolName"), &out); err != nil {
		return cloudformation.Result{}, err
	}
	id := out.UserPool.Id
	provider := "cognito-idp." + p.client.cfg.Region + ".amazonaws.com/" + id
	return cloudformation.Result{PhysicalID: id, Attributes: map[string]any{
		"UserPoolId": id, "ProviderName": provider, "ProviderURL": "https://" + provider,
		"Arn": "arn:aws:cognito-idp:" + p.client.cfg.Region + ":" + p.client.cfg.AccountID + ":userpool/" + id,
	}}, nil
}

// Update implements cloudformation.Provisioner. Some properties are for ever.
func (p userPool) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	if err := refuseProperties(r, p.unsupported()...); err != nil {
		return cloudformation.Result{}, err
	}
	lasting := []string{"AliasAttributes", "Schema", "UsernameAttributes", "UsernameConfiguration"}
	for _, name := range lasting {
		if !reflect.DeepEqual(r.Properties[name], r.OldProperties[name]) {
			return cloudformation.Result{}, invalid("Updates are not allowed for property - %s.", name)
		}
	}
	in := with(r.Properties, map[string]any{"UserPoolId": r.PhysicalID}, append(lasting, "UserPoolName")...)
	if name, ok := r.Properties["UserPoolName"]; ok {
		in["PoolName"] = name
	}
	return cloudformation.Result{PhysicalID: r.PhysicalID}, p.client.call(ctx, "UpdateUserPool", in, nil)
}

// Delete implements cloudformation.Provisioner.
func (p userPool) Delete(ctx context.Context, r cloudformation.Request) error {
	return p.client.call(ctx, "DeleteUserPool", map[string]any{"UserPoolId": r.PhysicalID}, nil)
}
