package cloudformation_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// A queue that names a topic by anything but its Ref is a finding of this test's Check.
func checkTopics(tree cloudformation.Tree) []cloudformation.Finding {
	topics := map[string]bool{}
	for _, r := range tree.Resources {
		if r.Type == "AWS::SNS::Topic" {
			topics[cloudformation.Placeholder{Path: r.Path}.String()] = true
		}
	}
	var out []cloudformation.Finding
	for _, r := range tree.Resources {
		if topic, ok := r.Properties["Topic"].(string); ok && !topics[topic] {
			out = append(out, cloudformation.Finding{Path: r.Path, Property: "Topic", Rule: "topic-by-ref", Message: "must be a topic of this deployment"})
		}
		if r.Properties["Odd"] != nil {
			out = append(out, cloudformation.Finding{Path: r.Path, Rule: "odd", Message: "is odd", Warning: true})
		}
	}
	return out
}

func TestFindings(t *testing.T) {
	t.Parallel()
	child := `Parameters:
  Topic: {Type: String}
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties:
      Odd: yes
      Topic: !Ref Topic
`
	w := newWorld(t, func(c *cloudformation.Config) {
		c.Check, c.Templates = checkTopics, objects{"templates/child.yaml": child}
	})
	root := func(topic string) *string {
		return aws.String(`Resources:
  T: {Type: AWS::SNS::Topic}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: "https://templates.s3.us-east-1.amazonaws.com/child.yaml", Parameters: {Topic: ` + topic + `}}
`)
	}
	want := "Template validation failed: child.yaml:8: Child/Q/Properties/Topic: must be a topic of this deployment (topic-by-ref)"
	_, err := w.client.CreateStack(t.Context(), &cfn.CreateStackInput{StackName: aws.String("app"), TemplateBody: root("!GetAtt T.TopicName")})
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("creation: %v, want %s", err, want)
	}
	made, err := w.client.CreateChangeSet(t.Context(), &cfn.CreateChangeSetInput{
		StackName: aws.String("app"), ChangeSetName: aws.String("set"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: root("arn-by-hand"),
	})
	if err != nil {
		t.Fatal(err)
	}
	set, err := w.client.DescribeChangeSet(t.Context(), &cfn.DescribeChangeSetInput{ChangeSetName: made.Id})
	if err != nil || set.Status != types.ChangeSetStatusFailed || aws.ToString(set.StatusReason) != want {
		t.Errorf("change set %s: %s %v", set.Status, aws.ToString(set.StatusReason), err)
	}
	if len(w.fake.called()) != 0 {
		t.Errorf("something was touched: %q", w.fake.called())
	}
	id := w.create(t, "good", *root("!Ref T"))
	if status, reason := w.settled(t, id); status != "CREATE_COMPLETE" {
		t.Errorf("a warning refuses: %s %s", status, reason)
	}
	_, err = w.client.UpdateStack(t.Context(), &cfn.UpdateStackInput{StackName: &id, TemplateBody: root("other")})
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("update: %v", err)
	}
}

func TestPlaceholder(t *testing.T) {
	t.Parallel()
	tests := []struct {
		p    cloudformation.Placeholder
		text string
	}{
		{cloudformation.Placeholder{Path: "Network/Vpc"}, "{{made:Network/Vpc}}"},
		{cloudformation.Placeholder{Path: "Stream", Attribute: "Arn"}, "{{made:Stream#Arn}}"},
		{cloudformation.Placeholder{Path: "Stream", Attribute: "Endpoint.Port", Derived: true}, "{{made:Stream#Endpoint.Port~}}"},
	}
	for _, tt := range tests {
		if got := tt.p.String(); got != tt.text {
			t.Errorf("%+v is %s, want %s", tt.p, got, tt.text)
		}
		if got, ok := cloudformation.ParsePlaceholder(tt.text); !ok || got != tt.p {
			t.Errorf("%s parses as %+v %v", tt.text, got, ok)
		}
		if _, ok := cloudformation.ParsePlaceholder(tt.text + "/*"); ok {
			t.Errorf("%s/* is not a placeholder alone", tt.text)
		}
		if got := cloudformation.Placeholders("a" + tt.text + "b" + tt.text); len(got) != 2 || got[1] != tt.p {
			t.Errorf("in a text: %+v", got)
		}
	}
	if got := cloudformation.Placeholders("{{resolve:ssm:x}}"); got != nil {
		t.Errorf("a dynamic reference is none: %+v", got)
	}
}

// announcer tells its physical id before it waits for the gate.
type announcer struct{ *fake }

func (a announcer) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	r.Announce("early-1")
	if err := a.call(ctx, "create", r); err != nil {
		return cloudformation.Result{}, err
	}
	tags, err := json.Marshal(r.Tags)
	return cloudformation.Result{PhysicalID: "early-1", Attributes: map[string]any{"Tags": string(tags)}}, err
}

func TestAnnouncedIDAndTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *cloudformation.Config) { c.SettleWait = -1 })
	a := newWorld(t, func(c *cloudformation.Config) {
		c.SettleWait = -1
		c.Provisioners["AWS::SQS::Queue"] = announcer{w.fake}
	})
	body := `{"Resources": {"Slow": {"Type": "AWS::SQS::Queue", "Properties": {"Wait": "go"}}}, "Outputs": {"Tags": {"Value": {"Fn::GetAtt": ["Slow", "Tags"]}}}}`
	_, err := a.client.CreateStack(t.Context(), &cfn.CreateStackInput{StackName: aws.String("app"), TemplateBody: &body, Tags: []types.Tag{{Key: aws.String("stage"), Value: aws.String("one")}}})
	if err != nil {
		t.Fatal(err)
	}
	<-w.fake.entered
	r, err := a.client.DescribeStackResource(t.Context(), &cfn.DescribeStackResourceInput{StackName: aws.String("app"), LogicalResourceId: aws.String("Slow")})
	if err != nil || aws.ToString(r.StackResourceDetail.PhysicalResourceId) != "early-1" {
		t.Errorf("while it is made: %+v %v", r, err)
	}
	close(w.fake.gate("go"))
	if status, reason := a.settled(t, "app"); status != "CREATE_COMPLETE" {
		t.Fatal(status, reason)
	}
	out, err := a.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: aws.String("app")})
	if err != nil {
		t.Fatal(err)
	}
	var tags map[string]string
	if err := json.Unmarshal([]byte(aws.ToString(out.Stacks[0].Outputs[0].OutputValue)), &tags); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"stage": "one", "aws:cloudformation:stack-name": "app", "aws:cloudformation:stack-id": aws.ToString(out.Stacks[0].StackId), "aws:cloudformation:logical-id": "Slow",
	}
	if diff := gocmp.Diff(want, tags); diff != "" {
		t.Error(diff)
	}
	initiated := 0
	events, err := a.client.DescribeStackEvents(t.Context(), &cfn.DescribeStackEventsInput{StackName: aws.String("app")})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events.StackEvents {
		if aws.ToString(e.ResourceStatusReason) == "Resource creation Initiated" {
			initiated++
		}
	}
	if initiated != 1 {
		t.Errorf("initiated %d times", initiated)
	}
}
