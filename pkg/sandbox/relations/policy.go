package relations

import (
	"slices"
	"strings"
)

const typeRole = "AWS::IAM::Role"

// policy is what a role may do, as far as the tree says.
type policy struct {
	statements []any
	known      bool // all of it is in the tree
}

// policyOf gathers what is attached to a role.
func (t *tree) policyOf(role *resource) policy {
	p := policy{known: true}
	for _, inline := range list(role.at("Policies")) {
		p.add(at(inline, "PolicyDocument"))
	}
	for _, arn := range list(role.at("ManagedPolicyArns")) {
		if made := t.made(arn); made != nil {
			p.add(made.at("PolicyDocument"))
			continue
		}
		actions, ok := managedPolicies()[managedName(text(arn))]
		p.known = p.known && ok
		p.statements = append(p.statements, map[string]any{"Effect": "Allow", "Action": actions, "Resource": "*"})
	}
	for _, typ := range []string{"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"} {
		for _, r := range t.of(typ) {
			for _, v := range append(list(r.at("Roles")), list(r.at("RoleName"))...) {
				if t.made(v) == role {
					p.add(r.at("PolicyDocument"))
				}
			}
		}
	}
	return p
}

func (p *policy) add(document any) {
	p.statements = append(p.statements, list(at(document, "Statement"))...)
}

// need is an action with the resources that it is asked for on; any of them being allowed is enough, for one thing may be
// named in several ways.
type need struct {
	action    string
	resources []string
}

// lacks are the needed actions that a policy does not allow.
func (p policy) lacks(needs []need) []string {
	if !p.known {
		return nil
	}
	var missing []string
	for _, n := range needs {
		if !p.allows(n) && !slices.Contains(missing, n.action) {
			missing = append(missing, n.action)
		}
	}
	return missing
}

// allows follows "Policy evaluation logic": an explicit deny wins, then an allow. A deny under a condition is left out.
func (p policy) allows(n need) bool {
	return slices.ContainsFunc(n.resources, func(on string) bool {
		allowed := false
		for _, st := range p.statements {
			if !applies(st, n.action, on) {
				continue
			}
			switch {
			case text(at(st, "Effect")) == "Allow":
				allowed = true
			case at(st, "Condition") == nil:
				return false
			}
		}
		return allowed
	})
}

func applies(statement any, action, on string) bool {
	return matches(at(statement, "Action"), at(statement, "NotAction"), strings.ToLower(action), true) &&
		matches(at(statement, "Resource"), at(statement, "NotResource"), on, false)
}

// matches tells whether a value is among those that a statement names, or not among those that it excepts.
func matches(named, excepted any, value string, fold bool) bool {
	if excepted != nil {
		return !matches(excepted, nil, value, fold)
	}
	for _, v := range list(named) {
		pattern := text(v)
		if fold {
			pattern = strings.ToLower(pattern)
		}
		if glob(pattern, value) {
			return true
		}
	}
	return false
}

// glob matches * with any text and ? with one character.
func glob(pattern, value string) bool {
	star, mark := -1, 0
	p, v := 0, 0
	for v < len(value) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, v
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == value[v]):
			p++
			v++
		case star >= 0:
			mark++
			p, v = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
