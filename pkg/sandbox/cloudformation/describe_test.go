package cloudformation_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// wide is a template of n queues.
func wide(n int) string {
	var b strings.Builder
	b.WriteString("Resources:\n")
	for i := range n {
		fmt.Fprintf(&b, "  Q%d: {Type: AWS::SQS::Queue}\n", i)
	}
	return b.String()
}

func TestPaging(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "app", wide(130))
	w.settled(t, "app")
	if got, want := len(w.events(t, "app")), 130*3+2; got != want {
		t.Errorf("%d events, want %d", got, want)
	}
	names := map[string]bool{}
	pages := cfn.NewListStackResourcesPaginator(w.client, &cfn.ListStackResourcesInput{StackName: aws.String("app")})
	for pages.HasMorePages() {
		p, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(p.StackResourceSummaries) > 100 {
			t.Errorf("a page of %d", len(p.StackResourceSummaries))
		}
		for _, r := range p.StackResourceSummaries {
			names[aws.ToString(r.LogicalResourceId)] = true
		}
	}
	if len(names) != 130 {
		t.Errorf("%d resources, want 130", len(names))
	}
	_, err := w.client.DescribeStackEvents(t.Context(), &cfn.DescribeStackEventsInput{StackName: aws.String("app"), NextToken: aws.String("9999999")})
	if apiCode(err) != "ValidationError" {
		t.Errorf("a made-up token: %v", err)
	}
}

func TestDescriptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"AWSTemplateFormatVersion": "2010-09-09", "Description": "two queues", "Metadata": {"Owner": "me"},
		"Parameters": {"Size": {"Type": "Number", "Default": 3, "AllowedValues": [3, 4], "Description": "how big"}},
		"Resources": {"A": {"Type": "AWS::SQS::Queue", "Metadata": {"k": "v"}}, "R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}}}`
	_, err := w.client.CreateStack(t.Context(), &cfn.CreateStackInput{
		StackName: aws.String("app"), TemplateBody: &body, Capabilities: []types.Capability{types.CapabilityCapabilityIam},
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settled(t, "app")
	stacks, err := w.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{})
	if err != nil || len(stacks.Stacks) != 1 {
		t.Fatalf("%+v %v", stacks, err)
	}
	s := stacks.Stacks[0]
	if aws.ToString(s.Description) != "two queues" || len(s.Tags) != 1 || aws.ToString(s.Parameters[0].ParameterValue) != "3" || s.CreationTime == nil || len(s.Capabilities) != 1 {
		t.Errorf("stack: %+v", s)
	}
	one, err := w.client.DescribeStackResource(t.Context(), &cfn.DescribeStackResourceInput{StackName: aws.String("app"), LogicalResourceId: aws.String("A")})
	if err != nil || aws.ToString(one.StackResourceDetail.PhysicalResourceId) != "a-1" || aws.ToString(one.StackResourceDetail.Metadata) != `{"k":"v"}` {
		t.Errorf("resource: %+v %v", one, err)
	}
	byPhysical, err := w.client.DescribeStackResources(t.Context(), &cfn.DescribeStackResourcesInput{PhysicalResourceId: aws.String("a-1")})
	if err != nil || len(byPhysical.StackResources) != 2 {
		t.Errorf("resources of the stack that owns a-1: %+v %v", byPhysical, err)
	}
	text, err := w.client.GetTemplate(t.Context(), &cfn.GetTemplateInput{StackName: aws.String("app")})
	if err != nil || aws.ToString(text.TemplateBody) != body {
		t.Errorf("template: %v %v", aws.ToString(text.TemplateBody), err)
	}
	sum, err := w.client.GetTemplateSummary(t.Context(), &cfn.GetTemplateSummaryInput{StackName: aws.String("app")})
	if err != nil || len(sum.ResourceTypes) != 2 || aws.ToString(sum.Parameters[0].DefaultValue) != "3" || len(sum.Parameters[0].ParameterConstraints.AllowedValues) != 2 ||
		sum.Capabilities[0] != types.CapabilityCapabilityIam || aws.ToString(sum.Metadata) != `{"Owner":"me"}` {
		t.Errorf("summary: %+v %v", sum, err)
	}
	valid, err := w.client.ValidateTemplate(t.Context(), &cfn.ValidateTemplateInput{TemplateBody: &body})
	if err != nil || aws.ToString(valid.Parameters[0].Description) != "how big" || aws.ToString(valid.CapabilitiesReason) != "The following resource(s) require capabilities: [AWS::IAM::Role]" {
		t.Errorf("validation: %+v %v", valid, err)
	}
	listed, err := w.client.ListStacks(t.Context(), &cfn.ListStacksInput{StackStatusFilter: []types.StackStatus{types.StackStatusDeleteComplete}})
	if err != nil || len(listed.StackSummaries) != 0 {
		t.Errorf("deleted stacks: %+v %v", listed, err)
	}
}

func TestMissingStackTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := aws.String("nobody")
	ctx := t.Context()
	tests := []struct {
		name, want string
		call       func() error
	}{
		{"DescribeStacks", "Stack with id nobody does not exist", func() error {
			_, err := w.client.DescribeStacks(ctx, &cfn.DescribeStacksInput{StackName: name})
			return err
		}},
		{"DescribeStackEvents", "Stack [nobody] does not exist", func() error {
			_, err := w.client.DescribeStackEvents(ctx, &cfn.DescribeStackEventsInput{StackName: name})
			return err
		}},
		{"DescribeStackResource", "Stack 'nobody' does not exist", func() error {
			_, err := w.client.DescribeStackResource(ctx, &cfn.DescribeStackResourceInput{StackName: name, LogicalResourceId: name})
			return err
		}},
		{"ListStackResources", "Stack with id nobody does not exist", func() error {
			_, err := w.client.ListStackResources(ctx, &cfn.ListStackResourcesInput{StackName: name})
			return err
		}},
		{"GetTemplate", "Stack with id nobody does not exist", func() error {
			_, err := w.client.GetTemplate(ctx, &cfn.GetTemplateInput{StackName: name})
			return err
		}},
		{"CreateChangeSet", "Stack [nobody] does not exist", func() error {
			_, err := w.client.CreateChangeSet(ctx, &cfn.CreateChangeSetInput{StackName: name, ChangeSetName: name, TemplateBody: aws.String(wide(1))})
			return err
		}},
		{"DescribeChangeSet", "ChangeSet [arn:aws:x] does not exist", func() error {
			_, err := w.client.DescribeChangeSet(ctx, &cfn.DescribeChangeSetInput{ChangeSetName: aws.String("arn:aws:x")})
			return err
		}},
		{"ListChangeSets", "Stack [nobody] does not exist", func() error {
			_, err := w.client.ListChangeSets(ctx, &cfn.ListChangeSetsInput{StackName: name})
			return err
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.call(); err == nil || !strings.HasSuffix(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := w.client.DeleteStack(ctx, &cfn.DeleteStackInput{StackName: name}); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
}

func TestTemplateURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *cloudformation.Config) {
		c.Templates = objects{"bucket/dir/t.yaml": wide(1), "bucket/big.yaml": wide(1) + strings.Repeat("#", 1<<20), "bucket/500.yaml": wide(500), "bucket/501.yaml": wide(501)}
	})
	tests := []struct{ url, want string }{
		{"https://bucket.s3.us-east-1.amazonaws.com/dir/t.yaml", ""},
		{"https://s3.amazonaws.com/bucket/dir/t.yaml", ""},
		{"http://127.0.0.1:4566/bucket/dir/t.yaml", ""},
		{"http://localhost:4566/bucket/500.yaml", ""},
		{"http://localhost:4566/bucket/501.yaml", "Number of resources, 501, is greater than maximum allowed, 500"},
		{"http://localhost:4566/bucket/big.yaml", "Template may not exceed 1048576 bytes in size."},
		{"http://localhost:4566/bucket/none.yaml", "S3 error: The specified key does not exist."},
		{"http://localhost:4566/bucket", "TemplateURL must be a supported URL."},
		{"ftp://localhost/bucket/key", "TemplateURL must be a supported URL."},
	}
	for _, tt := range tests {
		_, err := w.client.ValidateTemplate(t.Context(), &cfn.ValidateTemplateInput{TemplateURL: &tt.url})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.url, err, tt.want)
		}
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inline := func(body string) error {
		_, err := w.client.ValidateTemplate(t.Context(), &cfn.ValidateTemplateInput{TemplateBody: &body})
		return err
	}
	tests := []struct{ name, body, want string }{
		{"largest inline template", wide(1) + strings.Repeat("#", 51200-len(wide(1))), ""},
		{"too large an inline template", wide(1) + strings.Repeat("#", 51201-len(wide(1))), "Member must have length less than or equal to 51200"},
		{"deep YAML", "Resources: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), "nesting is deeper than 64 levels"},
		{"deep JSON", `{"Resources": ` + strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 101), "nesting is deeper than 64 levels"},
		{"very deep YAML", "Resources: " + strings.Repeat("[", 20000), "YAML not well-formed"},
		{"not UTF-8", "Resources: \xff", "not valid UTF-8"},
	}
	for _, tt := range tests {
		err := inline(tt.body)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	// Each join repeats a 4 KiB parameter a thousand times.
	amplified := `{"Parameters": {"P": {"Type": "String"}}, "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"A": {"Fn::Join": ["", [` +
		strings.TrimSuffix(strings.Repeat(`{"Ref":"P"},`, 2000), ",") + `]]}}}}}`
	_, err := w.client.CreateStack(t.Context(), &cfn.CreateStackInput{StackName: aws.String("big"), TemplateBody: &amplified, Parameters: []types.Parameter{
		{ParameterKey: aws.String("P"), ParameterValue: aws.String(strings.Repeat("x", 4096))},
	}})
	if err == nil || !strings.Contains(err.Error(), "evaluating the template produces more than") {
		t.Errorf("amplification: %v", err)
	}
}

func TestProtocolErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := []struct {
		name, body, want string
		status           int
	}{
		{"no action", "Version=2010-05-15", "<Code>MissingAction</Code>", 400},
		{"unknown action", "Action=Fly&Version=2010-05-15", "Could not find operation Fly for version 2010-05-15", 400},
		{"wrong version", "Action=ListStacks&Version=2009-01-01", "<Code>InvalidAction</Code>", 400},
		{"bad form", "Action=%zz", "<Code>MalformedQueryString</Code>", 400},
		{"huge body", "Action=" + strings.Repeat("x", 2<<20), "<Code>RequestEntityTooLarge</Code>", 413},
		{"bad boolean", "Action=CreateStack&Version=2010-05-15&StackName=a&TemplateBody=" + url.QueryEscape(wide(1)) + "&DisableRollback=perhaps", "<Code>MalformedInput</Code>", 400},
		{"far member number", "Action=CreateStack&Version=2010-05-15&StackName=a&TemplateBody=" + url.QueryEscape(wide(1)) + "&Tags.member.999999999.Key=a", "<StackId>", 200},
		{"stack policy", "Action=CreateStack&Version=2010-05-15&StackName=b&StackPolicyBody=x&TemplateBody=x", "StackPolicyBody is not supported by this emulator", 400},
		{"unknown change set 404", "Action=DescribeChangeSet&Version=2010-05-15&ChangeSetName=arn:aws:x", "<Code>ChangeSetNotFound</Code>", 404},
		{"empty list is written", "Action=ListExports&Version=2010-05-15", "<Exports></Exports>", 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp, err := http.Post(w.url, "application/x-www-form-urlencoded", strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status || !strings.Contains(string(text), tt.want) || resp.Header.Get("x-amzn-RequestId") == "" {
				t.Errorf("%d %s, want %d with %q", resp.StatusCode, text, tt.status, tt.want)
			}
		})
	}
}

func TestPhysicalNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, stack, logical string
		limit                int
		prefix               string
	}{
		{"short", "app", "Stream", 128, "app-Stream-"},
		{"long stack", strings.Repeat("s", 100), "Func", 64, strings.Repeat("s", 46) + "-Func-"},
		{"both long", strings.Repeat("s", 100), strings.Repeat("l", 100), 64, strings.Repeat("s", 25) + "-" + strings.Repeat("l", 25) + "-"},
		{"no dash twice", "ab-" + strings.Repeat("c", 50), strings.Repeat("l", 50), 20, "ab-lll-"},
	}
	for _, tt := range tests {
		r := cloudformation.Request{StackName: tt.stack, LogicalID: tt.logical}
		got := cloudformation.PhysicalName(r, tt.limit)
		if !strings.HasPrefix(got, tt.prefix) || len(got) > tt.limit || len(got) != len(tt.prefix)+12 {
			t.Errorf("%s: %q, want %q and 12 random characters within %d", tt.name, got, tt.prefix, tt.limit)
		}
		if low := cloudformation.LowerPhysicalName(r, tt.limit); low != strings.ToLower(low) {
			t.Errorf("%s: %q is not in small letters", tt.name, low)
		}
	}
}
