package cloudformation_test

import (
	"context"
	"fmt"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// inert is a resource that nothing in the local cloud acts on: it has the ids, ARNs and attributes of the real one and does nothing.
type inert struct {
	// make returns the physical id and the attributes of a new resource.
	make func(r cloudformation.Request) (string, map[string]any)
}

// inertTypes are two types that are only recorded.
func inertTypes(region, accountID string) map[string]cloudformation.Provisioner {
	return map[string]cloudformation.Provisioner{
		"AWS::IAM::Role": inert{func(r cloudformation.Request) (string, map[string]any) {
			name := nameOr(r, "RoleName", 64)
			path, ok := r.Properties["Path"].(string)
			if !ok {
				path = "/"
			}
			return name, map[string]any{
				"Arn":    fmt.Sprintf("arn:%s:iam::%s:role%s%s", "aws", accountID, path, name),
				"RoleId": "AROA" + cloudformation.RandomID(17),
			}
		}},
		"AWS::Logs::LogGroup": inert{func(r cloudformation.Request) (string, map[string]any) {
			name := nameOr(r, "LogGroupName", 512)
			return name, map[string]any{"Arn": fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s:*", "aws", region, accountID, name)}
		}},
	}
}

func nameOr(r cloudformation.Request, property string, limit int) string {
	if name, ok := r.Properties[property].(string); ok && name != "" {
		return name
	}
	return cloudformation.PhysicalName(r, limit)
}

// Create invents the ids.
func (i inert) Create(_ context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	id, attributes := i.make(r)
	return cloudformation.Result{PhysicalID: id, Attributes: attributes}, nil
}

// Update keeps the ids and changes nothing else; the engine keeps the attributes where none are returned.
func (i inert) Update(_ context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	return cloudformation.Result{PhysicalID: r.PhysicalID}, nil
}

// Delete has nothing to remove.
func (inert) Delete(context.Context, cloudformation.Request) error { return nil }
