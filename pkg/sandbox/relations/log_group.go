package relations

import "github.com/spillway/spillway/pkg/sandbox/cloudformation"

const typeLogGroup = "AWS::Logs::LogGroup"

// groupNamed is the log group that a text names.
func (t *tree) groupNamed(name string) *resource {
	for _, g := range t.of(typeLogGroup) {
		if name != "" && text(g.at("LogGroupName")) == name {
			return g
		}
	}
	return nil
}

// logGroups wants the log groups of containers to be made by somebody.
func logGroups(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	for _, d := range t.of(typeTask) {
		for i, c := range list(d.at("ContainerDefinitions")) {
			options := at(c, "LogConfiguration", "Options")
			group := text(at(options, "awslogs-group"))
			if group == "" || text(at(options, "awslogs-create-group")) == "true" || t.groupNamed(group) != nil {
				continue
			}
			if made := t.made(group); made != nil && made.typ == typeLogGroup || made == nil && len(cloudformation.Placeholders(group)) > 0 {
				continue
			}
			all = append(all, d.finding("log-group", index("ContainerDefinitions", i, "/LogConfiguration"), problem{
				"no resource makes the log group " + group, "tasks do not start: ResourceInitializationError, the specified log group does not exist",
				"add an AWS::Logs::LogGroup and name it by Ref",
			}))
		}
	}
	return all
}
