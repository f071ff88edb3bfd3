package cloudformation

import (
	"context"
	"fmt"
	"maps"
)

// inert is a resource that nothing in the local cloud acts on: it has the ids, ARNs and attributes of the real one and does nothing.
type inert struct {
	// make returns the physical id and the attributes of a new resource.
	make func(r Request) (string, map[string]any)
}

// Inert returns provisioners for the types that the local cloud records but does not act on: AWS::IAM::Role (nothing is
// authorized locally) and AWS::Logs::LogGroup (functions log to files).
func Inert(region, accountID string) map[string]Provisioner {
	partition := partitionOf(region)
	return map[string]Provisioner{
		"AWS::IAM::Role": inert{func(r Request) (string, map[string]any) {
			name := nameOr(r, "RoleName", 64)
			path, ok := r.Properties["Path"].(string)
			if !ok {
				path = "/"
			}
			return name, map[string]any{
				"Arn":    fmt.Sprintf("arn:%s:iam::%s:role%s%s", partition, accountID, path, name),
				"RoleId": "AROA" + RandomID(17),
			}
		}},
		"AWS::Logs::LogGroup": inert{func(r Request) (string, map[string]any) {
			name := nameOr(r, "LogGroupName", 512)
			return name, map[string]any{"Arn": fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s:*", partition, region, accountID, name)}
		}},
	}
}

func nameOr(r Request, property string, limit int) string {
	if name, ok := r.Properties[property].(string); ok && name != "" {
		return name
	}
	return PhysicalName(r, limit)
}

// Create invents the ids.
func (i inert) Create(_ context.Context, r Request) (Result, error) {
	id, attributes := i.make(r)
	return Result{PhysicalID: id, Attributes: attributes}, nil
}

// Update keeps the ids and changes nothing else; the engine keeps the attributes where none are returned.
func (i inert) Update(_ context.Context, r Request) (Result, error) {
	return Result{PhysicalID: r.PhysicalID}, nil
}

// Delete has nothing to remove.
func (inert) Delete(context.Context, Request) error { return nil }

// keepAttributes lets an Update that returns no attributes keep the old ones.
func keepAttributes(old, fresh map[string]any) map[string]any {
	if fresh == nil {
		return maps.Clone(old)
	}
	return fresh
}
