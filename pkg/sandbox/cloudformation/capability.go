package cloudformation

import "slices"

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

// acknowledged says whether the caller granted what the template needs; the named capability includes the other.
func acknowledged(t *template, granted []string) error {
	need, _ := t.capabilities()
	if need == "" || slices.Contains(granted, need) || slices.Contains(granted, "CAPABILITY_NAMED_IAM") {
		return nil
	}
	return insufficientCapabilities("Requires capabilities : [%s]", need)
}
