package cloudformation

import (
	"fmt"
	"strings"
)

// scope is what the expressions of one stack are evaluated in. It is used by one goroutine at a time.
type scope struct {
	path       string // of the stack, with a slash at its end; empty for a root stack
	region     string
	pseudo     map[string]any
	parameters map[string]any // string, or []any of strings for list types
	mappings   map[string]mapping
	conditions map[string]bool
	// resource looks a resource up; known is false where it is still to be made (in a plan), found where it does not exist at all.
	resource func(logicalID string) (r resourceValue, found bool)
	// export looks an exported output value of another stack up.
	export func(name string) (value string, found bool)
	// imported collects the names of the exports that were read.
	imported map[string]bool
	spent    int
}

// resourceValue is what Ref and Fn::GetAtt see of a resource.
type resourceValue struct {
	known      bool
	physicalID string
	attributes map[string]any
	typ        string
}

// mapping is one entry of the Mappings block: top-level key, second-level key, value.
type mapping map[string]map[string]any

// spend counts text that an evaluation produces, so that a small template cannot ask for gigabytes.
func (s *scope) spend(n int) error {
	if s.spent += n; s.spent > maxEvaluatedBytes {
		return validationError("Template error: evaluating the template produces more than %d bytes", maxEvaluatedBytes)
	}
	return nil
}

// text evaluates e to a string; what names the function for the error.
func (s *scope) text(e expression, what string) (string, error) {
	v, err := e.evaluate(s)
	if err != nil {
		return "", err
	}
	str, ok := scalarText(v)
	if !ok {
		return "", validationError("Template error: %s must be a string", what)
	}
	return str, s.spend(len(str))
}

// texts evaluates e to a list of strings.
func (s *scope) texts(e expression, what string) ([]string, error) {
	v, err := e.evaluate(s)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok && unmade(v) {
		list, ok = []any{v}, true // a list that is still to be made
	}
	if !ok {
		return nil, validationError("Template error: %s must be a list of strings", what)
	}
	out := make([]string, 0, len(list))
	for _, item := range list {
		str, err := s.text(literal{item}, "every item of "+what)
		if err != nil {
			return nil, err
		}
		out = append(out, str)
	}
	return out, nil
}

// ref is what Ref name answers.
func (s *scope) ref(name string) (any, error) {
	if name == "AWS::NoValue" {
		return noValue{}, nil
	}
	if v, ok := s.pseudo[name]; ok {
		return v, nil
	}
	if v, ok := s.parameters[name]; ok {
		return v, nil
	}
	r, err := s.find(name)
	if err == nil && !r.known {
		return Placeholder{Path: s.path + name}.String(), nil
	}
	return r.physicalID, err
}

// attribute is what Fn::GetAtt answers: an attribute of that very name, or a path into one.
func (s *scope) attribute(logicalID, name string) (any, error) {
	r, err := s.find(logicalID)
	if err != nil {
		return nil, err
	}
	if v, ok := r.attributes[name]; ok {
		return v, nil
	}
	var v any = r.attributes
	for part := range strings.SplitSeq(name, ".") {
		m, isMap := v.(map[string]any)
		if v = m[part]; !isMap || v == nil {
			if !r.known && !r.listed(name) {
				return Placeholder{Path: s.path + logicalID, Attribute: name}.String(), nil
			}
			return nil, validationError("Template error: resource %s does not support attribute type %s in Fn::GetAtt", logicalID, clip(name))
		}
	}
	return v, nil
}

func (s *scope) find(logicalID string) (resourceValue, error) {
	if s.resource == nil {
		return resourceValue{}, unresolvedIn("Resources", logicalID)
	}
	r, found := s.resource(logicalID)
	if !found {
		return r, unresolvedIn("Resources", logicalID)
	}
	return r, nil
}

// listed says whether all attributes of the kind of name are known although the resource is not made: a nested stack's outputs.
func (r resourceValue) listed(name string) bool {
	return r.attributes != nil && strings.HasPrefix(name, "Outputs.")
}

func unresolvedIn(block string, names ...string) *apiError {
	return validationError("Template format error: Unresolved resource dependencies [%s] in the %s block of the template", strings.Join(names, ", "), block)
}

// pseudoParameters are the AWS:: names a template may Ref.
func pseudoParameters(region, account, stackName, stackID string, notificationARNs []string) map[string]any {
	arns := make([]any, len(notificationARNs))
	for i, a := range notificationARNs {
		arns[i] = a
	}
	return map[string]any{
		"AWS::Region": region, "AWS::AccountId": account, "AWS::StackName": stackName, "AWS::StackId": stackID,
		"AWS::Partition": partitionOf(region), "AWS::URLSuffix": suffixOf(region), "AWS::NotificationARNs": arns,
	}
}

func isPseudo(name string) bool {
	switch name {
	case "AWS::Region", "AWS::AccountId", "AWS::StackName", "AWS::StackId", "AWS::Partition", "AWS::URLSuffix", "AWS::NotificationARNs", "AWS::NoValue":
		return true
	}
	return false
}

func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

func suffixOf(region string) string {
	if partitionOf(region) == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// zones are a region's availability zones as a new account sees them: us-east-1 has six, three is the common number.
func zones(region string) []any {
	letters := "abc"
	if region == "us-east-1" {
		letters = "abcdef"
	}
	out := make([]any, 0, len(letters))
	for _, l := range letters {
		out = append(out, fmt.Sprintf("%s%c", region, l))
	}
	return out
}
