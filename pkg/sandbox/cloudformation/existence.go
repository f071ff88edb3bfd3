package cloudformation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// parameterNameType is the type of a parameter whose value is the name of a stored parameter that exists.
const parameterNameType = "AWS::SSM::Parameter::Name"

// awsType says whether a type is one of the AWS-specific parameter types of the user guide, "Supplied parameter types", and whether
// there are lists of it.
func awsType(typ string) (known, listed bool) {
	switch typ {
	case "AWS::EC2::KeyPair::KeyName":
		return true, false
	case "AWS::EC2::AvailabilityZone::Name", "AWS::EC2::Image::Id", "AWS::EC2::Instance::Id", "AWS::EC2::SecurityGroup::GroupName",
		"AWS::EC2::SecurityGroup::Id", "AWS::EC2::Subnet::Id", "AWS::EC2::Volume::Id", "AWS::EC2::VPC::Id", "AWS::Route53::HostedZone::Id":
		return true, true
	}
	return false, false
}

// absent are the values of parameters of an AWS-specific type, and the names of stored parameters, that name nothing that exists,
// each as a clause of AWS's text. What is still to be made is not looked for.
//
// AWS accepts CreateStack and UpdateStack with such a value. The operation then fails as a whole, before anything is made, with one
// event of the stack: "Parameter validation failed: parameter value V for parameter name P does not exist. Rollback requested by
// user."; an update without the second sentence, and several values with commas between them. Recorded against AWS in
// github.com/cdktn-io/terraform-provider-cfncompat ("Typed inner value validation") and told by users
// (github.com/rgfindl/headless-wordpress, issue 4). What CreateChangeSet does with one, no source says.
func (s *Service) absent(ctx context.Context, t *template, resolved map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(t.parameters)) {
		d := t.parameters[name]
		items := []string{resolved[name]}
		if d.isList() {
			items = splitList(resolved[name])
		}
		for _, value := range items {
			if !unmade(value) && !s.there(ctx, d.element(), value) {
				out = append(out, fmt.Sprintf("parameter value %s for parameter name %s does not exist", clip(value), name))
			}
		}
	}
	return out
}

// there says whether something exists, as far as it is known.
func (s *Service) there(ctx context.Context, typ, value string) bool {
	if typ == parameterNameType && s.parameters != nil {
		_, ok, err := s.parameters.Parameter(ctx, value)
		return ok && err == nil
	}
	exists := s.exists[typ]
	return exists == nil || exists(value)
}

// element is the type of one value: without SSM's brackets and the list's.
func (d parameterDecl) element() string {
	typ := strings.TrimPrefix(d.typ, ssmPrefix)
	return strings.TrimRight(strings.TrimPrefix(typ, "List<"), ">")
}

// parametersExist fails where parameters name what does not exist.
func (s *Service) parametersExist(ctx context.Context, t *template, resolved map[string]string) error {
	if absent := s.absent(ctx, t, resolved); absent != nil {
		return absentError(absent)
	}
	return nil
}

func absentError(absent []string) error {
	return fmt.Errorf("Parameter validation failed: %s", strings.Join(absent, ", "))
}
