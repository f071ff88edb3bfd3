package inert

import (
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

const typeRole = "AWS::IAM::Role"

const (
	// maxRoleName and maxPolicyName are IAM's longest names.
	maxRoleName, maxPolicyName = 64, 128
	// uniqueLength is how long the random end of IAM's unique ids is.
	uniqueLength = 17
)

func identityKinds() map[string]kind {
	ofRoles := []reference{{"Roles[]", typeRole}}
	return map[string]kind{
		typeRole: {make: makeRole},
		"AWS::IAM::Policy": {references: ofRoles, make: func(_ *Account, r cloudformation.Request) (made, error) {
			id := cloudformation.PhysicalName(r, maxPolicyName)
			return made{id: id, attributes: map[string]any{"Id": id}}, nil
		}},
		"AWS::IAM::ManagedPolicy": {references: ofRoles, make: func(a *Account, r cloudformation.Request) (made, error) {
			arn := "arn:aws:iam::" + a.id + ":policy" + path(r) + nameOr(r, "ManagedPolicyName", maxPolicyName)
			return made{id: arn, attributes: map[string]any{
				"PolicyArn": arn, "PolicyId": "ANPA" + cloudformation.RandomID(uniqueLength), "DefaultVersionId": "v1", "AttachmentCount": 0,
				"CreateDate": now(), "UpdateDate": now(), "IsAttachable": true, "PermissionsBoundaryUsageCount": 0,
			}}, nil
		}},
	}
}

func makeRole(a *Account, r cloudformation.Request) (made, error) {
	name := nameOr(r, "RoleName", maxRoleName)
	return made{id: name, attributes: map[string]any{
		"Arn": "arn:aws:iam::" + a.id + ":role" + path(r) + name, "RoleId": "AROA" + cloudformation.RandomID(uniqueLength),
	}}, nil
}

// path is a resource's path, with a slash at both ends.
func path(r cloudformation.Request) string {
	if p := text(r.Properties, "Path"); p != "" {
		return "/" + strings.TrimPrefix(strings.TrimSuffix(p, "/")+"/", "/")
	}
	return "/"
}
