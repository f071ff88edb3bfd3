package cloudformation_test

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the want section of testdata/*.txtar with what happens")

// TestScripts runs every testdata/*.txtar. A file named "N verb" is one step: create, update, changeset (make and execute),
// review (make only), validate or delete; "N parameters" has the step's parameters as KEY=VALUE or KEY (previous value).
// The section want is the transcript of all steps: status, events by resource, outputs, physical resources left, or the error.
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d scripts in testdata, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runScript(t, file)
		})
	}
}

func runScript(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &script{world: newWorld(t), parameters: map[string][]types.Parameter{}, seen: map[string]int{}}
	var want []byte
	for _, f := range archive.Files {
		if number, ok := strings.CutSuffix(f.Name, " parameters"); ok {
			s.parameters[number] = readParameters(string(f.Data))
		}
	}
	for _, f := range archive.Files {
		switch {
		case f.Name == "want":
			want = f.Data
		case !strings.HasSuffix(f.Name, " parameters"):
			s.step(t, f.Name, string(f.Data))
		}
	}
	if *update {
		archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
		archive.Files = append(archive.Files, txtar.File{Name: "want", Data: s.out.Bytes()})
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(s.out.String(), "\n")); diff != "" {
		t.Errorf("transcript (-want +got):\n%s", diff)
	}
}

func readParameters(text string) []types.Parameter {
	var out []types.Parameter
	for line := range strings.Lines(text) {
		key, value, given := strings.Cut(strings.TrimSpace(line), "=")
		p := types.Parameter{ParameterKey: &key}
		if given {
			p.ParameterValue = &value
		} else {
			p.UsePreviousValue = aws.Bool(true)
		}
		out = append(out, p)
	}
	return out
}

type script struct {
	*world
	parameters map[string][]types.Parameter
	seen       map[string]int // events already told, by stack
	out        bytes.Buffer
}

// step runs "1 create" or "1 create otherstack".
func (s *script) step(t *testing.T, name, body string) {
	fields := strings.Fields(name)
	number, verb, stack := fields[0], fields[1], "app"
	if len(fields) > 2 {
		stack = fields[2]
	}
	fmt.Fprintf(&s.out, "# %s\n", name)
	err := s.act(t, verb, stack, body, s.parameters[number])
	if err != nil {
		var api smithy.APIError
		if !errors.As(err, &api) {
			t.Fatal(err)
		}
		fmt.Fprintf(&s.out, "error %s: %s\n", api.ErrorCode(), plain(api.ErrorMessage()))
		return
	}
	if verb != "validate" && verb != "review" {
		s.report(t, stack)
	}
}

func (s *script) act(t *testing.T, verb, stack, body string, p []types.Parameter) (err error) {
	iam := []types.Capability{types.CapabilityCapabilityIam}
	switch verb {
	case "create":
		_, err = s.client.CreateStack(t.Context(), &cfn.CreateStackInput{StackName: &stack, TemplateBody: &body, Parameters: p, Capabilities: iam})
	case "createnothing":
		_, err = s.client.CreateStack(t.Context(), &cfn.CreateStackInput{StackName: &stack, TemplateBody: &body, Parameters: p})
	case "update":
		_, err = s.client.UpdateStack(t.Context(), &cfn.UpdateStackInput{StackName: &stack, TemplateBody: &body, Parameters: p, Capabilities: iam})
	case "delete":
		_, err = s.client.DeleteStack(t.Context(), &cfn.DeleteStackInput{StackName: &stack})
	case "validate":
		_, err = s.client.ValidateTemplate(t.Context(), &cfn.ValidateTemplateInput{TemplateBody: &body})
		if err == nil {
			fmt.Fprintln(&s.out, "valid")
		}
	case "review", "changeset":
		return s.changeSet(t, verb == "changeset", &cfn.CreateChangeSetInput{StackName: &stack, TemplateBody: &body, Parameters: p, Capabilities: iam})
	default:
		t.Fatalf("unknown verb %q", verb)
	}
	return err
}

// changeSet makes a change set, tells what is in it, and executes it where asked.
func (s *script) changeSet(t *testing.T, execute bool, in *cfn.CreateChangeSetInput) error {
	in.ChangeSetName, in.ChangeSetType = aws.String("set"), types.ChangeSetTypeUpdate
	if out, err := s.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: in.StackName}); err != nil || out.Stacks[0].StackStatus == types.StackStatusReviewInProgress {
		in.ChangeSetType = types.ChangeSetTypeCreate
	}
	made, err := s.client.CreateChangeSet(t.Context(), in)
	if err != nil {
		return err
	}
	set, err := s.client.DescribeChangeSet(t.Context(), &cfn.DescribeChangeSetInput{ChangeSetName: made.Id})
	if err != nil {
		return err
	}
	fmt.Fprintf(&s.out, "change set %s %s %s\n", set.Status, set.ExecutionStatus, plain(aws.ToString(set.StatusReason)))
	for _, c := range set.Changes {
		r := c.ResourceChange
		fmt.Fprintf(&s.out, "  %s\n", strings.Join(strings.Fields(fmt.Sprint(r.Action, " ", aws.ToString(r.LogicalResourceId), " ", aws.ToString(r.PhysicalResourceId), " ",
			r.Replacement, " ", r.PolicyAction)), " "))
		for _, d := range r.Details {
			fmt.Fprintf(&s.out, "    %s %s %s %s\n", d.Target.Attribute, aws.ToString(d.Target.Name), d.Target.RequiresRecreation, d.Evaluation)
		}
	}
	if !execute {
		return nil
	}
	_, err = s.client.ExecuteChangeSet(t.Context(), &cfn.ExecuteChangeSetInput{ChangeSetName: made.Id})
	return err
}

func (s *script) report(t *testing.T, stack string) {
	ids := s.identify(t, stack)
	status, reason := s.settled(t, ids)
	fmt.Fprintf(&s.out, "%s %s\n", status, plain(reason))
	s.reportEvents(t, ids)
	out, err := s.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: &ids})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out.Stacks[0].Outputs {
		fmt.Fprintf(&s.out, "output %s=%s %s\n", aws.ToString(o.OutputKey), plain(aws.ToString(o.OutputValue)), aws.ToString(o.ExportName))
	}
	for _, p := range out.Stacks[0].Parameters {
		fmt.Fprintf(&s.out, "parameter %s=%s %s\n", aws.ToString(p.ParameterKey), aws.ToString(p.ParameterValue), aws.ToString(p.ResolvedValue))
	}
	fmt.Fprintf(&s.out, "living %v\n", s.fake.living())
}

// identify finds a stack's id, deleted or not.
func (s *script) identify(t *testing.T, stack string) string {
	out, err := s.client.ListStacks(t.Context(), &cfn.ListStacksInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, sum := range out.StackSummaries {
		if aws.ToString(sum.StackName) == stack {
			return aws.ToString(sum.StackId)
		}
	}
	t.Fatalf("no stack %s", stack)
	return ""
}

// reportEvents tells the events since the last step: the stack's in order, then each resource's in order.
func (s *script) reportEvents(t *testing.T, id string) {
	var events []types.StackEvent
	pages := cfn.NewDescribeStackEventsPaginator(s.client, &cfn.DescribeStackEventsInput{StackName: &id})
	for pages.HasMorePages() {
		p, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, p.StackEvents...)
	}
	slices.Reverse(events)
	fresh := events[s.seen[id]:]
	s.seen[id] = len(events)
	slices.SortStableFunc(fresh, func(a, b types.StackEvent) int { return cmp.Compare(rank(a), rank(b)) })
	for _, e := range fresh {
		physical := aws.ToString(e.PhysicalResourceId)
		if physical == id {
			physical = ""
		}
		line := fmt.Sprint("  ", aws.ToString(e.LogicalResourceId), " ", e.ResourceStatus, " ", physical, " ", aws.ToString(e.ResourceStatusReason))
		fmt.Fprintln(&s.out, strings.TrimRight(plain(strings.ReplaceAll(line, "  ", " ")), " "))
	}
}

func rank(e types.StackEvent) string {
	if aws.ToString(e.ResourceType) == "AWS::CloudFormation::Stack" {
		return ""
	}
	return aws.ToString(e.LogicalResourceId)
}

var (
	uuids  = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	random = regexp.MustCompile(`-[0-9A-Z]{12}\b`)
)

// plain takes what differs from run to run out of a text.
func plain(text string) string {
	text = uuids.ReplaceAllString(text, "UUID")
	return random.ReplaceAllString(strings.ReplaceAll(text, "\n", "\\n"), "-RANDOM")
}
