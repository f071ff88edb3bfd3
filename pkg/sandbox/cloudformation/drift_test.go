package cloudformation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	gocmp "github.com/google/go-cmp/cmp"
)

// detectDrift runs a detection to its end.
func detectDrift(t *testing.T, w *world, stack string) *cfn.DescribeStackDriftDetectionStatusOutput {
	t.Helper()
	begun, err := w.client.DetectStackDrift(t.Context(), &cfn.DetectStackDriftInput{StackName: &stack})
	if err != nil {
		t.Fatal(err)
	}
	for {
		out, err := w.client.DescribeStackDriftDetectionStatus(t.Context(), &cfn.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: begun.StackDriftDetectionId})
		if err != nil {
			t.Fatal(err)
		}
		if out.DetectionStatus != types.StackDriftDetectionStatusDetectionInProgress {
			return out
		}
	}
}

func TestDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "app", `{
		"Parameters": {"Secret": {"Type": "String", "NoEcho": true, "Default": "hidden"}},
		"Resources": {
			"Same": {"Type": "AWS::SQS::Queue", "Properties": {"A": 1}},
			"Other": {"Type": "AWS::SQS::Queue", "Properties": {"A": {"B": 1, "C": 2, "D": [1]}, "S": {"Ref": "Secret"}, "Unread": 1, "R": "{{resolve:ssm:/app/word}}"}},
			"Gone": {"Type": "AWS::SQS::Queue"},
			"Unreadable": {"Type": "AWS::Logs::LogGroup"}}}`)
	w.settled(t, "app")
	if out := detectDrift(t, w, "app"); out.StackDriftStatus != types.StackDriftStatusInSync {
		t.Errorf("before anything changed: %s", out.StackDriftStatus)
	}
	w.fake.mu.Lock()
	w.fake.alive["other-1"] = map[string]any{"A": map[string]any{"B": int64(1), "C": int64(3), "Extra": true}, "S": "open", "R": "blue"}
	delete(w.fake.alive, "gone-1")
	w.fake.mu.Unlock()
	out := detectDrift(t, w, "app")
	if out.StackDriftStatus != types.StackDriftStatusDrifted || aws.ToInt32(out.DriftedStackResourceCount) != 2 || out.DetectionStatus != types.StackDriftDetectionStatusDetectionComplete {
		t.Errorf("%+v", out)
	}
	drifts, err := w.client.DescribeStackResourceDrifts(t.Context(), &cfn.DescribeStackResourceDriftsInput{StackName: aws.String("app")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range drifts.StackResourceDrifts {
		got = append(got, fmt.Sprint(aws.ToString(d.LogicalResourceId), " ", d.StackResourceDriftStatus))
		for _, p := range d.PropertyDifferences {
			got = append(got, fmt.Sprint("  ", aws.ToString(p.PropertyPath), " ", p.DifferenceType, " ", aws.ToString(p.ExpectedValue), " ", aws.ToString(p.ActualValue)))
		}
	}
	want := []string{
		"Gone DELETED", "Other MODIFIED", "  /A/C NOT_EQUAL 2 3", "  /A/D REMOVE [1] null", "  /S NOT_EQUAL **** open", "Same IN_SYNC", "Unreadable NOT_CHECKED",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	one, err := w.client.DetectStackResourceDrift(t.Context(), &cfn.DetectStackResourceDriftInput{StackName: aws.String("app"), LogicalResourceId: aws.String("Same")})
	if err != nil || one.StackResourceDrift.StackResourceDriftStatus != types.StackResourceDriftStatusInSync {
		t.Errorf("%+v %v", one, err)
	}
	stacks, err := w.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: aws.String("app")})
	if err != nil || stacks.Stacks[0].DriftInformation.StackDriftStatus != types.StackDriftStatusDrifted {
		t.Errorf("%+v %v", stacks, err)
	}
	resource, err := w.client.DescribeStackResource(t.Context(), &cfn.DescribeStackResourceInput{StackName: aws.String("app"), LogicalResourceId: aws.String("Other")})
	if err != nil || resource.StackResourceDetail.DriftInformation.StackResourceDriftStatus != types.StackResourceDriftStatusModified {
		t.Errorf("%+v %v", resource, err)
	}
}

func TestDriftIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "app", `{"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"FailCreate": "broken"}}}}`)
	w.settled(t, "app")
	_, err := w.client.DetectStackDrift(t.Context(), &cfn.DetectStackDriftInput{StackName: aws.String("app")})
	if err == nil || !strings.Contains(err.Error(), "while it is in ROLLBACK_COMPLETE state") {
		t.Errorf("detection on a dead stack: %v", err)
	}
	_, err = w.client.DescribeStackDriftDetectionStatus(t.Context(), &cfn.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: aws.String("00000000-0000-0000-0000-000000000000")})
	if apiCode(err) != "ValidationError" {
		t.Errorf("unknown detection: %v", err)
	}
}
