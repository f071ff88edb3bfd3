package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spillway/spillway/deploy/evaluate"
)

// actions compares what each role of the templates allows with what is needed: by the program that has the role, as its code tells, and by
// the services that act for it. It compares what the commands of operators call with what their help says, too.
func actions(ctx context.Context, h house) ([]*table, error) {
	t := &table{title: "AWS actions of roles", header: []string{"role", "action", "on", "needed by"}}
	for _, name := range []string{"network.yaml", "cognito.yaml", "gateway.yaml", "data.yaml", "watch.yaml"} {
		scenarios, err := h.scenarios(name)
		if err != nil {
			return nil, err
		}
		if err := h.roles(ctx, t, scenarios); err != nil {
			return nil, err
		}
	}
	if len(t.rows) == 0 {
		t.wrong("no template has a role", "any")
	}
	commands, err := h.operators(ctx)
	return []*table{t, commands}, err
}

// permission is an action on something.
type permission struct{ action, on string }

// granted is what a role allows or needs, each with who needs it.
type granted map[permission]string

// roles adds a row for each permission that a role has or needs in any of the scenarios of a template.
func (h house) roles(ctx context.Context, t *table, scenarios []*evaluate.Scenario) error {
	rows := map[[3]string]struct {
		by   string
		hows []string
	}{}
	for i, s := range scenarios {
		for id, role := range s.Of("AWS::IAM::Role") {
			allowed := allows(role)
			needed, err := h.needs(ctx, s, id)
			if err != nil {
				return err
			}
			needed.settle(allowed)
			all := slices.Collect(maps.Keys(allowed))
			for p := range needed {
				all = append(all, p)
			}
			for _, p := range all {
				key := [3]string{id, p.action, p.on}
				r := rows[key]
				_, ok := allowed[p]
				by, need := needed[p]
				if need {
					r.by = by
				}
				switch {
				case need && !ok:
					r.hows = append(r.hows, fmt.Sprintf("not allowed in scenario %d", i))
				case ok && !need:
					r.hows = append(r.hows, fmt.Sprintf("nobody needs it in scenario %d", i))
				}
				rows[key] = r
			}
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(rows), func(a, b [3]string) int { return slices.Compare(a[:], b[:]) }) {
		r := rows[key]
		slices.Sort(r.hows)
		t.judge(slices.Compact(r.hows), "", key[0], key[1], key[2], r.by)
	}
	return nil
}

// allows are the permissions of a role's policies.
func allows(role evaluate.Resource) granted {
	out := granted{}
	for _, policy := range evaluate.List(role.At("Policies")) {
		for _, st := range evaluate.List(evaluate.At(policy, "PolicyDocument", "Statement")) {
			for _, action := range evaluate.List(evaluate.At(st, "Action")) {
				for _, on := range evaluate.List(evaluate.At(st, "Resource")) {
					out[permission{evaluate.Text(action), evaluate.Text(on)}] = ""
				}
			}
		}
	}
	for _, managed := range evaluate.List(role.At("ManagedPolicyArns")) {
		out[permission{"managed policy", evaluate.Text(managed)}] = ""
	}
	return out
}

func (g granted) add(by, on string, actions ...string) {
	for _, a := range actions {
		g[permission{a, on}] = by
	}
}

// settle has what is needed on anything be needed on what the action is allowed on, if that is something.
func (g granted) settle(allowed granted) {
	for p, by := range maps.Clone(g) {
		if p.on != anything {
			continue
		}
		for q := range allowed {
			if q.action == p.action {
				g[q] = by
				delete(g, p)
			}
		}
	}
}

// needs are the permissions that a role is needed for in a scenario. What services need on behalf of it is as AWS documents it.
func (h house) needs(ctx context.Context, s *evaluate.Scenario, role string) (granted, error) {
	out := granted{}
	is := func(v any) bool { return evaluate.Text(v) == role+".Arn" }
	for id, f := range s.Of("AWS::Lambda::Function") {
		if !is(f.At("Role")) {
			continue
		}
		if err := h.code(ctx, out, "./cmd/consumer"); err != nil {
			return nil, err
		}
		ofFunction(out, f)
		for _, m := range s.Of("AWS::Lambda::EventSourceMapping") {
			if evaluate.Text(m.At("FunctionName")) == id {
				ofMapping(out, m)
			}
		}
	}
	for _, d := range s.Of("AWS::ECS::TaskDefinition") {
		if is(d.At("TaskRoleArn")) {
			if err := h.code(ctx, out, "./cmd/gateway"); err != nil {
				return nil, err
			}
		}
		if is(d.At("ExecutionRoleArn")) {
			for _, c := range evaluate.List(d.At("ContainerDefinitions")) {
				ofContainer(out, c)
			}
		}
	}
	return out, nil
}

// anything is on what code calls an action: that nobody can tell from the call.
const anything = "anything"

// code adds what a program calls.
func (h house) code(ctx context.Context, out granted, program string) error {
	paths, err := h.ours(ctx, program)
	if err != nil {
		return err
	}
	calls, err := h.calls(ctx, paths...)
	if err != nil {
		return err
	}
	for action, where := range calls {
		out.add(where, anything, action)
	}
	return nil
}

// ofFunction: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html and
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html.
func ofFunction(out granted, f evaluate.Resource) {
	if group := evaluate.Text(f.At("LoggingConfig", "LogGroup")); group != "" {
		out.add("Lambda, for logs", group+".Arn", "logs:CreateLogStream", "logs:PutLogEvents")
	}
	if f.At("VpcConfig") != nil {
		out.add("Lambda, for the VPC", "*", "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
			"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")
	}
}

// ofMapping: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html for the stream, and
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html for a bucket.
func ofMapping(out granted, m evaluate.Resource) {
	stream := evaluate.Text(m.At("EventSourceArn"))
	out.add("event source mapping", stream, "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards")
	out.add("event source mapping", "*", "kinesis:ListStreams")
	if bucket := evaluate.Text(m.At("DestinationConfig", "OnFailure", "Destination")); bucket != "" {
		out.add("failure destination", bucket+"/*", "s3:PutObject")
		out.add("failure destination", bucket, "s3:ListBucket")
	}
}

// ofContainer: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html and
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/ECR_on_ECS.html.
func ofContainer(out granted, c any) {
	if evaluate.Text(evaluate.At(c, "LogConfiguration", "LogDriver")) == "awslogs" {
		group := evaluate.Text(evaluate.At(c, "LogConfiguration", "Options", "awslogs-group"))
		out.add("log driver", group+".Arn", "logs:CreateLogStream", "logs:PutLogEvents")
	}
	host, repository, _ := strings.Cut(evaluate.Text(evaluate.At(c, "Image")), "/")
	if parts := strings.Split(host, "."); len(parts) > 4 && parts[1] == "dkr" && parts[2] == "ecr" {
		repository, _, _ = strings.Cut(repository, "@")
		out.add("image", "*", "ecr:GetAuthorizationToken")
		out.add("image", fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s", parts[3], parts[0], repository),
			"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
	}
	for _, secret := range evaluate.Named(evaluate.At(c, "Secrets")) {
		out.add("secret of the task", secretOf(secret), "secretsmanager:GetSecretValue")
	}
}

// secretOf is the ARN in what may name a JSON key, a stage and a version beside it.
func secretOf(from string) string {
	const partsOfARN = 7
	if parts := strings.Split(from, ":"); len(parts) > partsOfARN {
		return strings.Join(parts[:partsOfARN], ":")
	}
	return from
}
