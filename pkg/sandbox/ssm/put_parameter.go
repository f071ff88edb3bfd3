package ssm

import (
	"context"
	"regexp"
	"slices"
)

// PutParameterInput is a parameter's next value. Type may be left out where one is overwritten.
type PutParameterInput struct {
	Name, Description, Value, Type, KeyId, AllowedPattern, Tier, DataType string
	Overwrite                                                             bool
}

// PutParameterOutput is the number of the new version.
type PutParameterOutput struct {
	Version int64
	Tier    string
}

// PutParameter makes a parameter, or a further version of one.
func (s *Service) PutParameter(_ context.Context, in PutParameterInput) (PutParameterOutput, error) {
	if e := checkName(in.Name); e != nil {
		return PutParameterOutput{}, e
	}
	if e := in.check(); e != nil {
		return PutParameterOutput{}, e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.parameters[in.Name]
	switch {
	case p != nil && !in.Overwrite:
		return PutParameterOutput{}, errorf(CodeExists, "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	case p == nil && in.Type == "":
		return PutParameterOutput{}, invalid("A parameter type is required when you create a parameter.")
	case p == nil && len(s.parameters) >= MaxParameters:
		return PutParameterOutput{}, errorf(CodeLimit, "The sandbox keeps at most %d parameters.", MaxParameters)
	case p == nil:
		p = &parameter{name: in.Name}
		s.parameters[in.Name] = p
	case in.Type == "":
		in.Type = p.newest().kind
	}
	next := version{number: 1, kind: in.Type, value: in.Value, lastModified: s.cfg.Clock()}
	if len(p.versions) > 0 {
		next.number = p.newest().number + 1
	}
	p.versions = append(p.versions, next)
	p.versions = p.versions[max(0, len(p.versions)-maxVersions):]
	p.description, p.pattern, p.keyID = in.Description, in.AllowedPattern, in.KeyId
	return PutParameterOutput{next.number, "Standard"}, nil
}

func (in PutParameterInput) check() *Error {
	switch {
	case in.Value == "" || len(in.Value) > maxValueBytes:
		return invalid("Standard tier parameters support a maximum parameter value of %d characters, and a value has at least one.", maxValueBytes)
	case in.Type != "" && !slices.Contains([]string{kindString, kindStringList, kindSecure}, in.Type):
		return errorf(CodeUnsupportedType, "The parameter type is not supported.")
	case in.Tier != "" && in.Tier != "Standard", in.DataType != "" && in.DataType != "text":
		return invalid("The sandbox has parameters of the Standard tier with text alone.")
	case in.AllowedPattern == "":
		return nil
	}
	expr, err := regexp.Compile(in.AllowedPattern)
	switch {
	case err != nil:
		return errorf(CodeInvalidPattern, "The request doesn't meet the regular expression requirement.")
	case !expr.MatchString(in.Value):
		return errorf(CodePattern, "Parameter value, cannot be validated against allowedPattern: %s", in.AllowedPattern)
	}
	return nil
}
