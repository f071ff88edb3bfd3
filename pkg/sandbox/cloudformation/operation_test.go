package cloudformation_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

func (w *world) create(t *testing.T, stack, body string) string {
	t.Helper()
	out, err := w.client.CreateStack(t.Context(), &cfn.CreateStackInput{StackName: &stack, TemplateBody: &body})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.StackId)
}

// events lists a stack's events, oldest first, as "logical status reason".
func (w *world) events(t *testing.T, stack string) []string {
	t.Helper()
	var out []string
	pages := cfn.NewDescribeStackEventsPaginator(w.client, &cfn.DescribeStackEventsInput{StackName: &stack})
	for pages.HasMorePages() {
		p, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.StackEvents {
			out = append(out, strings.TrimSpace(aws.ToString(e.LogicalResourceId)+" "+string(e.ResourceStatus)+" "+aws.ToString(e.ResourceStatusReason)))
		}
	}
	slices.Reverse(out)
	return out
}

func apiCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func TestIndependentResourcesAreMadeTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "app", `{"Resources": {
		"A": {"Type": "AWS::SQS::Queue", "Properties": {"Wait": "go"}},
		"B": {"Type": "AWS::SQS::Queue", "Properties": {"Wait": "go"}},
		"C": {"Type": "AWS::SQS::Queue", "Properties": {"Of": {"Ref": "A"}}}}}`)
	inside := []string{<-w.fake.entered, <-w.fake.entered} // both wait at the same gate: neither waited for the other
	slices.Sort(inside)
	if diff := gocmp.Diff([]string{"A", "B"}, inside); diff != "" {
		t.Error(diff)
	}
	if slices.Contains(w.fake.called(), "create C") {
		t.Error("C was begun before A, which it refers to")
	}
	close(w.fake.gate("go"))
	if status, reason := w.settled(t, "app"); status != "CREATE_COMPLETE" {
		t.Error(status, reason)
	}
}

func TestFailureCancelsSiblings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "app", `{"Resources": {
		"Slow": {"Type": "AWS::SQS::Queue", "Properties": {"Wait": "never"}},
		"Bad": {"Type": "AWS::SQS::Queue", "Properties": {"Wait": "bad", "FailCreate": "broken"}},
		"Later": {"Type": "AWS::SQS::Queue", "DependsOn": "Slow"}}}`)
	<-w.fake.entered
	<-w.fake.entered
	close(w.fake.gate("bad"))
	if status, _ := w.settled(t, "app"); status != "ROLLBACK_COMPLETE" {
		t.Error(status)
	}
	events := w.events(t, "app")
	for _, want := range []string{
		"Slow CREATE_FAILED Resource creation cancelled",
		"app ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad, Slow]. Rollback requested by user.",
	} {
		if !slices.Contains(events, want) {
			t.Errorf("no event %q in\n%s", want, strings.Join(events, "\n"))
		}
	}
	if slices.Contains(w.fake.called(), "create Later") {
		t.Error("Later was begun although what it depends on was cancelled")
	}
}

func TestDependenciesDecideTheOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "app", `{"Resources": {
		"A": {"Type": "AWS::SQS::Queue", "Properties": {"Of": {"Fn::GetAtt": ["B", "Arn"]}}},
		"B": {"Type": "AWS::SQS::Queue", "Properties": {"Of": {"Fn::Sub": "${C}"}}},
		"C": {"Type": "AWS::SQS::Queue", "DependsOn": "D"},
		"D": {"Type": "AWS::SQS::Queue"}}}`)
	w.settled(t, "app")
	if _, err := w.client.DeleteStack(t.Context(), &cfn.DeleteStackInput{StackName: aws.String("app")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: aws.String("app")}); apiCode(err) != "ValidationError" {
		t.Errorf("the stack is still there: %v", err)
	}
	want := []string{"create D", "create C", "create B", "create A", "delete A", "delete B", "delete C", "delete D"}
	if diff := gocmp.Diff(want, w.fake.called()); diff != "" {
		t.Error(diff)
	}
}

func TestDeleteWhileCreating(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.create(t, "app", `{"Resources": {
		"Done": {"Type": "AWS::SQS::Queue"},
		"Slow": {"Type": "AWS::SQS::Queue", "DependsOn": "Done", "Properties": {"Wait": "never"}}}}`)
	<-w.fake.entered
	if _, err := w.client.DeleteStack(t.Context(), &cfn.DeleteStackInput{StackName: &id}); err != nil {
		t.Fatal(err)
	}
	if status, reason := w.settled(t, id); status != "DELETE_COMPLETE" {
		t.Error(status, reason)
	}
	if left := w.fake.living(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestDescribeStacksWaitsOnceForTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *cloudformation.Config) { c.SettleWait = 50 * time.Millisecond })
	body := `{"Resources": {"Slow": {"Type": "AWS::SQS::Queue", "Properties": {"Wait": "go"}}}}`
	id := w.create(t, "app", body)
	<-w.fake.entered
	for i, atLeast := range []time.Duration{50 * time.Millisecond, 0} {
		begin := time.Now()
		out, err := w.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: &id})
		if err != nil || out.Stacks[0].StackStatus != types.StackStatusCreateInProgress {
			t.Fatalf("call %d: %v %v", i, out, err)
		}
		if took := time.Since(begin); took < atLeast {
			t.Errorf("call %d answered after %v, want at least %v", i, took, atLeast)
		}
	}
	close(w.fake.gate("go"))
	w.settled(t, id)

	long := newWorld(t) // the default wait is longer than this test may take: the answer comes from the end of the operation
	id = long.create(t, "app", body)
	<-long.fake.entered
	close(long.fake.gate("go"))
	out, err := long.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: &id})
	if err != nil || out.Stacks[0].StackStatus != types.StackStatusCreateComplete {
		t.Errorf("first answer: %+v, %v; want CREATE_COMPLETE", out, err)
	}
}

func TestOnFailure(t *testing.T) {
	t.Parallel()
	body := aws.String(`{"Resources": {
		"Good": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain"},
		"Bad": {"Type": "AWS::SQS::Queue", "DependsOn": "Good", "Properties": {"FailCreate": "broken"}}}}`)
	tests := []struct {
		name   string
		in     cfn.CreateStackInput
		status string
		living []string
	}{
		{"default", cfn.CreateStackInput{}, "ROLLBACK_COMPLETE", []string{"good-1"}},
		{"retain except on create", cfn.CreateStackInput{RetainExceptOnCreate: aws.Bool(true)}, "ROLLBACK_COMPLETE", nil},
		{"do nothing", cfn.CreateStackInput{OnFailure: types.OnFailureDoNothing}, "CREATE_FAILED", []string{"good-1"}},
		{"disable rollback", cfn.CreateStackInput{DisableRollback: aws.Bool(true)}, "CREATE_FAILED", []string{"good-1"}},
		{"delete", cfn.CreateStackInput{OnFailure: types.OnFailureDelete, RetainExceptOnCreate: aws.Bool(true)}, "DELETE_COMPLETE", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tt.in.StackName, tt.in.TemplateBody = aws.String("app"), body
			out, err := w.client.CreateStack(t.Context(), &tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if status, reason := w.settled(t, aws.ToString(out.StackId)); status != tt.status {
				t.Errorf("%s (%s), want %s", status, reason, tt.status)
			}
			if diff := gocmp.Diff(tt.living, w.fake.living()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUpdateWithoutRollbackCanBeRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "app", `{"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"V": 1}}}}`)
	w.settled(t, "app")
	for _, step := range []struct{ body, status string }{
		{`{"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"V": 2, "FailUpdate": "broken"}}}}`, "UPDATE_FAILED"},
		{`{"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"V": 3}}}}`, "UPDATE_COMPLETE"},
	} {
		_, err := w.client.UpdateStack(t.Context(), &cfn.UpdateStackInput{StackName: aws.String("app"), TemplateBody: &step.body, DisableRollback: aws.Bool(true)})
		if err != nil {
			t.Fatal(err)
		}
		if status, _ := w.settled(t, "app"); status != step.status {
			t.Errorf("%s, want %s", status, step.status)
		}
	}
}

func TestBusyStackRefusesUpdatesAndDeletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *cloudformation.Config) { c.SettleWait = -1 })
	w.create(t, "app", `{"Resources": {"A": {"Type": "AWS::SQS::Queue"}}}`)
	w.settled(t, "app")
	slow := aws.String(`{"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"Wait": "go"}}}}`)
	in := &cfn.UpdateStackInput{StackName: aws.String("app"), TemplateBody: slow}
	if _, err := w.client.UpdateStack(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	<-w.fake.entered
	if _, err := w.client.UpdateStack(t.Context(), in); err == nil || !strings.Contains(err.Error(), "is in UPDATE_IN_PROGRESS state and can not be updated.") {
		t.Errorf("second update: %v", err)
	}
	if _, err := w.client.DeleteStack(t.Context(), &cfn.DeleteStackInput{StackName: aws.String("app")}); err == nil || !strings.Contains(err.Error(), "cannot be deleted while in status UPDATE_IN_PROGRESS") {
		t.Errorf("deletion: %v", err)
	}
	close(w.fake.gate("go"))
	w.settled(t, "app")
}

func TestCloseEndsOperations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *cloudformation.Config) { c.SettleWait = -1 })
	w.create(t, "app", `{"Resources": {"Slow": {"Type": "AWS::SQS::Queue", "Properties": {"Wait": "never"}}}}`)
	<-w.fake.entered
	if err := w.service.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := w.client.CreateStack(t.Context(), &cfn.CreateStackInput{StackName: aws.String("next"), TemplateBody: aws.String(`{"Resources": {"A": {"Type": "AWS::SQS::Queue"}}}`)})
	if apiCode(err) != "ServiceUnavailable" {
		t.Errorf("create after Close: %v", err)
	}
}

func TestTerminationProtection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := aws.String("app")
	_, err := w.client.CreateStack(t.Context(), &cfn.CreateStackInput{
		StackName: name, TemplateBody: aws.String(`{"Resources": {"A": {"Type": "AWS::SQS::Queue"}}}`), EnableTerminationProtection: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settled(t, "app")
	if _, err := w.client.DeleteStack(t.Context(), &cfn.DeleteStackInput{StackName: name}); err == nil || !strings.Contains(err.Error(), "cannot be deleted while TerminationProtection is enabled") {
		t.Errorf("deletion of a protected stack: %v", err)
	}
	if _, err := w.client.UpdateTerminationProtection(t.Context(), &cfn.UpdateTerminationProtectionInput{StackName: name, EnableTerminationProtection: aws.Bool(false)}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.DeleteStack(t.Context(), &cfn.DeleteStackInput{StackName: name}); err != nil {
		t.Errorf("deletion after the protection is off: %v", err)
	}
}
