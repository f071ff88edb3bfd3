package relations

import (
	"fmt"
	"slices"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// roleTrust wants a role to let its user assume it.
func roleTrust(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	check := func(user *resource, property, service, consequence string) {
		role := t.made(user.at(property))
		if role == nil || role.typ != typeRole || trusts(role, service) {
			return
		}
		all = append(all, role.finding("role-trust", "AssumeRolePolicyDocument", problem{
			fmt.Sprintf("%s does not let %s assume it, and is the %s of %s", role.path, service, property, user.path), consequence,
			fmt.Sprintf("allow sts:AssumeRole to the principal Service: %s", service),
		}))
	}
	for _, f := range t.of(typeFunction) {
		check(f, "Role", "lambda.amazonaws.com", "the function cannot be made: \"The role defined for the function cannot be assumed by Lambda\"")
	}
	for _, d := range t.of(typeTask) {
		for _, property := range []string{"ExecutionRoleArn", "TaskRoleArn"} {
			check(d, property, "ecs-tasks.amazonaws.com", "tasks do not start: \"ECS was unable to assume the role\"")
		}
	}
	return all
}

func trusts(role *resource, service string) bool {
	for _, st := range list(role.at("AssumeRolePolicyDocument", "Statement")) {
		if text(at(st, "Effect")) != "Allow" || !matches(at(st, "Action"), at(st, "NotAction"), "sts:assumerole", true) {
			continue
		}
		principal := at(st, "Principal")
		if text(principal) == "*" || slices.ContainsFunc(list(at(principal, "Service")), func(v any) bool { return text(v) == service }) {
			return true
		}
	}
	return false
}
