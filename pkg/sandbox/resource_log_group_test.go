package sandbox

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudformation "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/google/go-cmp/cmp"
)

// A log group of a template is one of CloudWatch Logs, with the retention that the
// template says last, and goes with the stack.
func TestLogGroupResource(t *testing.T) {
	_, cfg := running(t)
	cfn, cwl := awscloudformation.NewFromConfig(cfg), cloudwatchlogs.NewFromConfig(cfg)
	const body = `{"Resources":{"G":{"Type":"AWS::Logs::LogGroup","Properties":{"LogGroupName":"/a"RETENTION}}}}`
	in := &awscloudformation.DescribeStacksInput{StackName: aws.String("logs")}
	groups := func() map[string]int32 {
		t.Helper()
		out, err := cwl.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]int32{}
		for _, g := range out.LogGroups {
			all[*g.LogGroupName] = aws.ToInt32(g.RetentionInDays)
		}
		return all
	}
	if _, err := cfn.CreateStack(t.Context(), &awscloudformation.CreateStackInput{
		StackName: in.StackName, TemplateBody: aws.String(strings.Replace(body, "RETENTION", `,"RetentionInDays":7`, 1)),
	}); err != nil {
		t.Fatal(err)
	}
	if err := awscloudformation.NewStackCreateCompleteWaiter(cfn).Wait(t.Context(), in, stackPatience); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int32{"/a": 7}, groups()); diff != "" {
		t.Error(diff)
	}
	if _, err := cfn.UpdateStack(t.Context(), &awscloudformation.UpdateStackInput{
		StackName: in.StackName, TemplateBody: aws.String(strings.Replace(body, "RETENTION", "", 1)),
	}); err != nil {
		t.Fatal(err)
	}
	if err := awscloudformation.NewStackUpdateCompleteWaiter(cfn).Wait(t.Context(), in, stackPatience); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int32{"/a": 0}, groups()); diff != "" {
		t.Error(diff)
	}
	if _, err := cfn.DeleteStack(t.Context(), &awscloudformation.DeleteStackInput{StackName: in.StackName}); err != nil {
		t.Fatal(err)
	}
	if err := awscloudformation.NewStackDeleteCompleteWaiter(cfn).Wait(t.Context(), in, stackPatience); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int32{}, groups()); diff != "" {
		t.Error(diff)
	}
}
