package cloudformation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

const (
	nestingBody = `{"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://t.s3.us-east-1.amazonaws.com/child"}}}}`
	nestedBody  = `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`
)

func withNested(c *cloudformation.Config) { c.Templates = objects{"t/child": nestedBody} }

func TestNestedStackKnowsItsParents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withNested)
	id := w.create(t, "app", nestingBody)
	w.settled(t, id)
	child := nestedOf(t, w, id)["Child"]
	out, err := w.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: &child})
	if err != nil || aws.ToString(out.Stacks[0].ParentId) != id || aws.ToString(out.Stacks[0].RootId) != id {
		t.Errorf("%+v %v", out, err)
	}
	if !strings.HasPrefix(aws.ToString(out.Stacks[0].StackName), "app-Child-") {
		t.Errorf("name %s", aws.ToString(out.Stacks[0].StackName))
	}
	for name, call := range map[string]func() error{
		"cancel": func() error {
			_, err := w.client.CancelUpdateStack(t.Context(), &cfn.CancelUpdateStackInput{StackName: &child})
			return err
		},
		"continue": func() error {
			_, err := w.client.ContinueUpdateRollback(t.Context(), &cfn.ContinueUpdateRollbackInput{StackName: &child})
			return err
		},
	} {
		if err := call(); apiCode(err) != "ValidationError" {
			t.Errorf("%s of a nested stack: %v", name, err)
		}
	}
}

// A change set of a tree that is not executed leaves nothing behind.
func TestNestedChangeSetIsDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withNested)
	made, err := w.client.CreateChangeSet(t.Context(), &cfn.CreateChangeSetInput{
		StackName: aws.String("app"), ChangeSetName: aws.String("set"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: aws.String(nestingBody), IncludeNestedStacks: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	set, err := w.client.DescribeChangeSet(t.Context(), &cfn.DescribeChangeSetInput{ChangeSetName: made.Id})
	if err != nil {
		t.Fatal(err)
	}
	nested := set.Changes[0].ResourceChange.ChangeSetId
	inner, err := w.client.DescribeChangeSet(t.Context(), &cfn.DescribeChangeSetInput{ChangeSetName: nested})
	if err != nil || aws.ToString(inner.ParentChangeSetId) != aws.ToString(made.Id) || aws.ToString(inner.RootChangeSetId) != aws.ToString(made.Id) {
		t.Fatalf("%+v %v", inner, err)
	}
	if _, err := w.client.ExecuteChangeSet(t.Context(), &cfn.ExecuteChangeSetInput{ChangeSetName: nested}); apiCode(err) != "ValidationError" {
		t.Errorf("execution of a nested change set: %v", err)
	}
	if _, err := w.client.DeleteChangeSet(t.Context(), &cfn.DeleteChangeSetInput{ChangeSetName: made.Id}); err != nil {
		t.Fatal(err)
	}
	if status, _ := w.settled(t, aws.ToString(inner.StackId)); status != "DELETE_COMPLETE" {
		t.Errorf("the stack that was registered for it is %s", status)
	}
	if _, err := w.client.DescribeChangeSet(t.Context(), &cfn.DescribeChangeSetInput{ChangeSetName: nested}); apiCode(err) != "ChangeSetNotFound" {
		t.Errorf("the nested change set: %v", err)
	}
}

func TestRequestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := func(v string) *string {
		return aws.String(`{"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"V": "` + v + `"}}}}`)
	}
	var ids []string
	for range 2 {
		out, err := w.client.CreateStack(t.Context(), &cfn.CreateStackInput{StackName: aws.String("app"), TemplateBody: body("1"), ClientRequestToken: aws.String("one")})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, aws.ToString(out.StackId))
	}
	w.settled(t, "app")
	for range 2 {
		out, err := w.client.UpdateStack(t.Context(), &cfn.UpdateStackInput{StackName: aws.String("app"), TemplateBody: body("2"), ClientRequestToken: aws.String("two")})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, aws.ToString(out.StackId))
		w.settled(t, "app")
	}
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("ids %q", ids)
	}
	if _, err := w.client.CreateStack(t.Context(), &cfn.CreateStackInput{StackName: aws.String("app"), TemplateBody: body("1"), ClientRequestToken: aws.String("three")}); apiCode(err) != "AlreadyExistsException" {
		t.Errorf("another token: %v", err)
	}
	var sets []string
	for range 2 {
		out, err := w.client.CreateChangeSet(t.Context(), &cfn.CreateChangeSetInput{StackName: aws.String("app"), ChangeSetName: aws.String("set"), TemplateBody: body("3"), ClientToken: aws.String("four")})
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, aws.ToString(out.Id))
	}
	if len(slices.Compact(sets)) != 1 {
		t.Errorf("change sets %q", sets)
	}
	for range 2 {
		if _, err := w.client.ExecuteChangeSet(t.Context(), &cfn.ExecuteChangeSetInput{ChangeSetName: &sets[0], ClientRequestToken: aws.String("five")}); err != nil {
			t.Fatal(err)
		}
	}
	w.settled(t, "app")
	if want := []string{"create A", "update A", "update A"}; !slices.Equal(w.fake.called(), want) {
		t.Errorf("calls %q, want %q", w.fake.called(), want)
	}
}

func TestListImports(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "giver", `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"Q": {"Value": {"Ref": "Q"}, "Export": {"Name": "the-queue"}}}}`)
	w.settled(t, "giver")
	in := &cfn.ListImportsInput{ExportName: aws.String("the-queue")}
	if _, err := w.client.ListImports(t.Context(), in); err == nil || !strings.Contains(err.Error(), "Export 'the-queue' is not imported by any stack.") {
		t.Errorf("before anybody imports: %v", err)
	}
	for _, name := range []string{"b", "a"} {
		w.create(t, name, `{"Resources": {"R": {"Type": "AWS::SQS::Queue", "Properties": {"A": {"Fn::ImportValue": "the-queue"}}}}}`)
		w.settled(t, name)
	}
	out, err := w.client.ListImports(t.Context(), in)
	if err != nil || !slices.Equal(out.Imports, []string{"a", "b"}) {
		t.Errorf("%+v %v", out, err)
	}
}

// A template that nests itself ends, also where only what is made tells where the template is.
func TestNestingEnds(t *testing.T) {
	t.Parallel()
	loop := `Resources:
  Where: {Type: AWS::SQS::Queue}
  Again: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !Sub ["https://t.s3.us-east-1.amazonaws.com/loop${Nothing}", {Nothing: !Select [0, !Split ["w", !Ref Where]]}]}}
`
	w := newWorld(t, func(c *cloudformation.Config) { c.Templates = objects{"t/loop": loop} })
	id := w.create(t, "app", loop)
	wantStatus(t, w, id, "ROLLBACK_COMPLETE")
	told := strings.Join(failures(t, w, id), "\n")
	if !strings.Contains(told, "CREATE_FAILED Stacks are nested deeper than 10 levels") {
		t.Errorf("nothing tells why:\n%s", told)
	}
	if left := w.fake.living(); len(left) != 0 {
		t.Errorf("left %q", left)
	}
}
