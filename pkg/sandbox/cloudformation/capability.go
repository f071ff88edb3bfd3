package cloudformation

import (
	"slices"
	"strings"
)

// iamNames are the types that need CAPABILITY_IAM, each with the property that makes it CAPABILITY_NAMED_IAM.
// It is only read.
var iamNames = map[string]string{ //nolint:gochecknoglobals // a table
	"AWS::IAM::AccessKey":           "",
	"AWS::IAM::Group":               "GroupName",
	"AWS::IAM::InstanceProfile":     "InstanceProfileName",
	"AWS::IAM::ManagedPolicy":       "ManagedPolicyName",
	"AWS::IAM::Policy":              "",
	"AWS::IAM::Role":                "RoleName",
	"AWS::IAM::User":                "UserName",
	"AWS::IAM::UserToGroupAddition": "",
}

// autoExpand acknowledges what a transform makes of a template.
const autoExpand = "CAPABILITY_AUTO_EXPAND"

// acknowledged says whether the caller granted what the template needs; the named capability includes the other. A change set
// shows what a transform made before anything comes of it, so autoExpand is needed without one only: where direct is true.
func acknowledged(t *template, granted []string, direct bool) error {
	need, _ := t.capabilities()
	var missing []string
	for _, c := range need {
		switch {
		case slices.Contains(granted, c), c == "CAPABILITY_IAM" && slices.Contains(granted, "CAPABILITY_NAMED_IAM"), c == autoExpand && !direct:
		default:
			missing = append(missing, c)
		}
	}
	if missing == nil {
		return nil
	}
	return insufficientCapabilities("Requires capabilities : [%s]", strings.Join(missing, ", "))
}
