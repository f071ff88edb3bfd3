package relations

import (
	"regexp"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// roleTask wants the execution role of a task definition to allow what ECS does to start a task.
func roleTask(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	for _, d := range t.of(typeTask) {
		needs := t.startNeeds(d)
		arn := d.at("ExecutionRoleArn")
		if arn == nil && len(needs) > 0 {
			all = append(all, d.finding("role-task", "ExecutionRoleArn", problem{
				d.path + " has no execution role, and an image of ECR, a log or secrets", "it cannot be registered, or its tasks do not start",
				"give it a role that ecs-tasks.amazonaws.com may assume",
			}))
		}
		if role := t.made(arn); role != nil && role.typ == typeRole {
			all = append(all, lacking(role, "role-task", d.path, t.policyOf(role).lacks(needs),
				"tasks do not start: ResourceInitializationError, or CannotPullContainerError")...)
		}
	}
	return all
}

// ecrImage is an image of ECR: account, region, suffix and repository.
var ecrImage = regexp.MustCompile(`^([0-9]{12}|[^./]*)\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^@:]+)`)

func (t *tree) startNeeds(d *resource) []need {
	var needs []need
	for _, c := range list(d.at("ContainerDefinitions")) {
		if m := ecrImage.FindStringSubmatch(text(at(c, "Image"))); m != nil {
			on := []string{"arn:aws:ecr:" + m[2] + ":" + m[1] + ":repository/" + m[3]}
			if p := cloudformation.Placeholders(m[3]); p != nil {
				on = append(on, cloudformation.Placeholder{Path: p[0].Path, Attribute: "Arn"}.String())
			}
			needs = append(needs, need{"ecr:GetAuthorizationToken", []string{"*"}}, need{"ecr:BatchCheckLayerAvailability", on},
				need{"ecr:BatchGetImage", on}, need{"ecr:GetDownloadUrlForLayer", on})
		}
		if group := text(at(c, "LogConfiguration", "Options", "awslogs-group")); group != "" {
			made := t.made(group)
			if made == nil {
				made = t.groupNamed(group)
			}
			on := t.logResources(group, made)
			needs = append(needs, need{"logs:CreateLogStream", on}, need{"logs:PutLogEvents", on})
		}
		for _, s := range list(at(c, "Secrets")) {
			needs = append(needs, t.secretNeed(text(at(s, "ValueFrom"))))
		}
	}
	return needs
}

// secretNeed is for the value of a container's secret: a parameter's, or a secret's, whose ARN may go on with a key and a version.
func (t *tree) secretNeed(from string) need {
	const partsOfARN = 7
	switch parts := strings.Split(from, ":"); {
	case strings.Contains(from, ":parameter/"):
		return need{"ssm:GetParameters", []string{from}}
	case strings.HasPrefix(from, "arn:"):
		return need{"secretsmanager:GetSecretValue", []string{strings.Join(parts[:min(len(parts), partsOfARN)], ":")}}
	case strings.HasPrefix(from, "{{made:"):
		end := strings.Index(from, "}}") + len("}}")
		return need{"secretsmanager:GetSecretValue", []string{from[:end]}}
	}
	return need{"ssm:GetParameters", []string{"arn:aws:ssm:" + t.region + ":" + t.account + ":parameter/" + strings.TrimPrefix(from, "/")}}
}
