package relations

import (
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// lacking is the finding of a role that does not allow what is done with it.
func lacking(role *resource, rule, of string, missing []string, consequence string) []cloudformation.Finding {
	if len(missing) == 0 {
		return nil
	}
	actions := strings.Join(missing, ", ")
	return []cloudformation.Finding{role.finding(rule, "Policies", problem{
		role.path + " does not allow " + actions + ", which " + of + " needs", consequence, "allow " + actions + " on what they are for",
	})}
}

// roleFunction wants a function's role to allow its log and its network interfaces.
func roleFunction(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	for _, f := range t.of(typeFunction) {
		role := t.made(f.at("Role"))
		if role == nil || role.typ != typeRole {
			continue
		}
		p := t.policyOf(role)
		for _, found := range lacking(role, "role-function", "the log of "+f.path, p.lacks(t.logNeeds(f)), "what the function prints is lost") {
			found.Warning = true // it runs nevertheless
			all = append(all, found)
		}
		if len(list(f.at("VpcConfig", "SubnetIds"))) > 0 {
			all = append(all, lacking(role, "role-function", f.path+" in a VPC", p.lacks(interfaceNeeds()),
				"the function cannot be made: \"The provided execution role does not have permissions to call CreateNetworkInterface on EC2\"")...)
		}
	}
	return all
}

// logNeeds are a function's for its log group, which it makes itself where nobody has.
func (t *tree) logNeeds(f *resource) []need {
	group, name := text(f.at("LoggingConfig", "LogGroup")), text(f.at("FunctionName"))
	if name == "" {
		name = f.id()
	}
	if group == "" {
		group = "/aws/lambda/" + name
	}
	made := t.made(group)
	if made == nil {
		made = t.groupNamed(group)
	}
	on := t.logResources(group, made)
	needs := []need{{"logs:CreateLogStream", on}, {"logs:PutLogEvents", on}}
	if made == nil {
		needs = append(needs, need{"logs:CreateLogGroup", on})
	}
	return needs
}

// logResources are the ways a policy may name a log group.
func (t *tree) logResources(name string, made *resource) []string {
	on := []string{"arn:aws:logs:" + t.region + ":" + t.account + ":log-group:" + name + ":log-stream:x"}
	if made != nil {
		on = append(on, made.attribute("Arn")) // which ends with a star
	}
	return on
}

func interfaceNeeds() []need {
	var needs []need
	for _, action := range []string{
		"CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets", "DeleteNetworkInterface", "AssignPrivateIpAddresses",
		"UnassignPrivateIpAddresses",
	} {
		needs = append(needs, need{"ec2:" + action, []string{"*"}})
	}
	return needs
}
