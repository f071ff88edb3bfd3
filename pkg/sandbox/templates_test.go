package sandbox

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudformation "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	templates "github.com/spillway/spillway/deploy"
)

// templateText is a template of deploy.
func templateText(t testing.TB, name string) string {
	t.Helper()
	text, err := fs.ReadFile(templates.Nested, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// deployment drives a stack through the SDK.
type deployment struct {
	*testing.T
	cfn  *awscloudformation.Client
	name string
}

func deploying(t *testing.T, cfg aws.Config, name string) deployment {
	return deployment{t, awscloudformation.NewFromConfig(cfg), name}
}

func parameterList(values map[string]string) []types.Parameter {
	var list []types.Parameter
	for _, k := range slices.Sorted(maps.Keys(values)) {
		list = append(list, types.Parameter{ParameterKey: aws.String(k), ParameterValue: aws.String(values[k])})
	}
	return list
}

func allCapabilities() []types.Capability {
	return []types.Capability{types.CapabilityCapabilityIam, types.CapabilityCapabilityNamedIam, types.CapabilityCapabilityAutoExpand}
}

// create creates the stack and returns its outputs.
func (d deployment) create(body string, parameters map[string]string) map[string]string {
	d.Helper()
	if _, err := d.cfn.CreateStack(d.Context(), &awscloudformation.CreateStackInput{
		StackName: &d.name, TemplateBody: &body, Parameters: parameterList(parameters), Capabilities: allCapabilities(),
	}); err != nil {
		d.Fatal(err)
	}
	return d.settled(types.StackStatusCreateComplete)
}

// update updates the stack and returns its outputs.
func (d deployment) update(body string, parameters map[string]string) map[string]string {
	d.Helper()
	if _, err := d.cfn.UpdateStack(d.Context(), &awscloudformation.UpdateStackInput{
		StackName: &d.name, TemplateBody: &body, Parameters: parameterList(parameters), Capabilities: allCapabilities(),
	}); err != nil {
		d.Fatal(err)
	}
	return d.settled(types.StackStatusUpdateComplete)
}

// delete deletes the stack and wants nothing of it to be left.
func (d deployment) delete() {
	d.Helper()
	if _, err := d.cfn.DeleteStack(context.WithoutCancel(d.Context()), &awscloudformation.DeleteStackInput{StackName: &d.name}); err != nil {
		d.Fatal(err)
	}
	if err := awscloudformation.NewStackDeleteCompleteWaiter(d.cfn).Wait(d.Context(), &awscloudformation.DescribeStacksInput{StackName: &d.name}, stackPatience); err != nil {
		d.Fatalf("delete %s: %v\n%s", d.name, err, d.reasons())
	}
}

func (d deployment) settled(want types.StackStatus) map[string]string {
	d.Helper()
	for {
		out, err := d.cfn.DescribeStacks(d.Context(), &awscloudformation.DescribeStacksInput{StackName: &d.name})
		if err != nil {
			d.Fatal(err)
		}
		stack := out.Stacks[0]
		if strings.HasSuffix(string(stack.StackStatus), "_IN_PROGRESS") {
			continue // the answer waits for a change
		}
		if stack.StackStatus != want {
			d.Fatalf("stack %s is %s, want %s\n%s", d.name, stack.StackStatus, want, d.reasons())
		}
		outputs := map[string]string{}
		for _, o := range stack.Outputs {
			outputs[*o.OutputKey] = *o.OutputValue
		}
		return outputs
	}
}

// reasons lists why resources failed.
func (d deployment) reasons() string {
	out, err := d.cfn.DescribeStackEvents(d.Context(), &awscloudformation.DescribeStackEventsInput{StackName: &d.name})
	if err != nil {
		return err.Error()
	}
	var all []string
	for _, e := range out.StackEvents {
		if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") {
			all = append(all, fmt.Sprintf("%s: %s", *e.LogicalResourceId, aws.ToString(e.ResourceStatusReason)))
		}
	}
	return strings.Join(all, "\n")
}

// physical are the ids of the stack's resources by logical id.
func (d deployment) physical() map[string]string {
	d.Helper()
	out, err := d.cfn.DescribeStackResources(d.Context(), &awscloudformation.DescribeStackResourcesInput{StackName: &d.name})
	if err != nil {
		d.Fatal(err)
	}
	ids := map[string]string{}
	for _, r := range out.StackResources {
		ids[*r.LogicalResourceId] = aws.ToString(r.PhysicalResourceId)
	}
	return ids
}

// TestEveryTypeHasAProvisioner lists the types that the templates use and the sandbox cannot make.
func TestEveryTypeHasAProvisioner(t *testing.T) {
	s := unstarted(t, Config{Cognito: "http://127.0.0.1:1"})
	known := s.provisioners()
	const nested = "AWS::CloudFormation::Stack" // which is the engine's own
	names, err := fs.Glob(templates.Nested, "*.yaml")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	var used, missing []string
	line := regexp.MustCompile(`(?m)^\s+Type: (AWS::[A-Za-z0-9]+::[A-Za-z0-9]+)$`)
	for _, text := range append([]string{templates.AllSteps}, texts(t, names)...) {
		for _, m := range line.FindAllStringSubmatch(text, -1) {
			used = append(used, m[1])
		}
	}
	slices.Sort(used)
	used = slices.Compact(used)
	if len(used) < 40 {
		t.Errorf("only %d types are found in the templates: %v", len(used), used)
	}
	for _, typ := range used {
		if known[typ] == nil && typ != nested {
			missing = append(missing, typ)
		}
	}
	if diff := cmp.Diff([]string(nil), missing); diff != "" {
		t.Errorf("types without a provisioner (+):\n%s", diff)
	}
}

func texts(t *testing.T, names []string) (all []string) {
	for _, name := range names {
		all = append(all, templateText(t, name))
	}
	return all
}

// unstarted makes a sandbox that runs nothing.
func unstarted(t *testing.T, cfg Config) *Sandbox {
	t.Helper()
	cfg.Endpoint, cfg.StateDir = "http://127.0.0.1:1", t.TempDir()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestNetworkTemplate deploys the network in all its forms.
func TestNetworkTemplate(t *testing.T) {
	_, cfg := running(t)
	for _, egress := range []string{"nat-per-az", "nat-single", "public-ip"} {
		for _, endpoints := range []string{"true", "false"} {
			t.Run(egress+"/endpoints "+endpoints, func(t *testing.T) {
				d := deploying(t, cfg, strings.ReplaceAll("network-"+egress+"-"+endpoints, " ", ""))
				given := map[string]string{"Egress": egress, "InterfaceEndpoints": endpoints}
				outputs := d.create(templateText(t, "network.yaml"), given)
				for name, form := range map[string]string{
					"VPCID": `^vpc-0[0-9a-f]{16}$`, "SubnetID": `^subnet-0[0-9a-f]{16},subnet-0[0-9a-f]{16}$`, "SecurityGroup": `^sg-0[0-9a-f]{16}$`,
				} {
					if !regexp.MustCompile(form).MatchString(outputs[name]) {
						t.Errorf("output %s is %q: want %s", name, outputs[name], form)
					}
				}
				if public := outputs["AssignPublicIp"] == "ENABLED"; public != (egress == "public-ip") {
					t.Errorf("AssignPublicIp is %s", outputs["AssignPublicIp"])
				}
				before := d.physical()
				given["ListenPort"] = "8443"
				if diff := cmp.Diff(outputs, d.update(templateText(t, "network.yaml"), given)); diff != "" {
					t.Errorf("an update of a rule changes the outputs:\n%s", diff)
				}
				if diff := cmp.Diff(before, d.physical()); diff != "" {
					t.Errorf("an update of a rule makes resources anew:\n%s", diff)
				}
				d.delete()
			})
		}
	}
}

// TestWatchTemplate deploys alarms and dashboard for each kind of Redis and place of TLS.
func TestWatchTemplate(t *testing.T) {
	_, cfg := running(t)
	for mode, alarms := range map[string]int{"serverless": 15, "replication-group": 18, "fargate": 15} {
		for _, at := range []string{"listener", "gateway"} {
			t.Run(mode+"/"+at, func(t *testing.T) {
				d := deploying(t, cfg, "watch-"+mode+"-"+at)
				d.create(templateText(t, "watch.yaml"), map[string]string{
					"MetricsService": "gateway", "ClusterName": "c", "ServiceName": "s", "LoadBalancerFullName": "net/a/1", "TargetGroupFullName": "targetgroup/b/2",
					"RedisMode": mode, "TlsAt": at, "RedisId": "r", "StreamName": "stream", "FunctionName": "f", "EventSourceMappingId": "m",
				})
				want := alarms + 1 // the dashboard
				if at == "gateway" {
					want++ // the end of the certificate
				}
				if n := len(d.physical()); n != want {
					t.Errorf("%d resources: want %d", n, want)
				}
				d.delete()
			})
		}
	}
}

// fails wants the creation of the stack to fail for a reason that a resource's event tells, and nothing to be left.
func (d deployment) fails(body, reason string) {
	d.Helper()
	if _, err := d.cfn.CreateStack(d.Context(), &awscloudformation.CreateStackInput{
		StackName: &d.name, TemplateBody: &body, Capabilities: allCapabilities(),
	}); err != nil {
		d.Fatal(err)
	}
	d.settled(types.StackStatusRollbackComplete)
	if got := d.reasons(); !strings.Contains(got, reason) {
		d.Errorf("the stack failed because of\n%s\nwant %s", got, reason)
	}
	d.delete()
}
