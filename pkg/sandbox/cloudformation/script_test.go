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

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

var update = flag.Bool("update", false, "rewrite the want section of testdata/*.txtar with what happens")

// TestScripts runs every testdata/*.txtar. A file named "N verb" is one step: create, update, changeset (make and execute),
// review (make only), validate, processed (the template after its transform), delete, begin (an update that is not waited for, until a
// provisioner is called that waits), cancel (that update) or continue (a rollback that failed, with the resources to skip in
// the body); "N parameters" has the step's parameters as KEY=VALUE or KEY (previous value), "N options" what else it is called with;
// "object NAME" is a template at https://templates.s3.us-east-1.amazonaws.com/NAME.
// The section want is the transcript of all steps: status, events by resource, outputs, physical resources left, or the error; then
// the same of every nested stack.
func TestScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 60 {
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
	bucket := objects{}
	s := &script{
		world:      newWorld(t, func(c *cloudformation.Config) { c.Templates = bucket }),
		parameters: map[string][]types.Parameter{}, options: map[string]map[string]string{}, seen: map[string]int{},
	}
	var want []byte
	var steps []txtar.File
	for _, f := range archive.Files {
		number, kind, _ := strings.Cut(f.Name, " ")
		switch {
		case f.Name == "want":
			want = f.Data
		case number == "object":
			bucket["templates/"+kind] = string(f.Data)
		case kind == "parameters":
			s.parameters[number] = readParameters(string(f.Data))
		case kind == "options":
			s.options[number] = readOptions(string(f.Data))
		default:
			steps = append(steps, f)
		}
	}
	for _, f := range steps {
		s.step(t, f.Name, string(f.Data))
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

func readOptions(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		out[key] = value
	}
	return out
}

type script struct {
	*world
	parameters map[string][]types.Parameter
	options    map[string]map[string]string
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
	err := s.act(t, verb, call{stack, body, s.parameters[number], s.options[number]})
	if err != nil {
		var api smithy.APIError
		if !errors.As(err, &api) {
			t.Fatal(err)
		}
		fmt.Fprintf(&s.out, "error %s: %s\n", api.ErrorCode(), plain(api.ErrorMessage()))
		return
	}
	if !slices.Contains([]string{"validate", "review", "processed", "begin"}, verb) {
		s.report(t, stack)
	}
}

// call is what a step calls an action with.
type call struct {
	stack, body string
	parameters  []types.Parameter
	options     map[string]string
}

func (c call) has(option string) *bool {
	_, ok := c.options[option]
	return &ok
}

// capabilities are those of the option, by default what IAM and transforms need.
func (c call) capabilities() []types.Capability {
	list, ok := c.options["capabilities"]
	if !ok {
		return []types.Capability{types.CapabilityCapabilityIam, types.CapabilityCapabilityAutoExpand}
	}
	var out []types.Capability
	for name := range strings.SplitSeq(list, ",") {
		out = append(out, types.Capability(name))
	}
	return out
}

func (c call) tags() []types.Tag {
	var out []types.Tag
	if list := c.options["tags"]; list != "" {
		for pair := range strings.SplitSeq(list, ",") {
			key, value, _ := strings.Cut(pair, ":")
			out = append(out, types.Tag{Key: &key, Value: &value})
		}
	}
	return out
}

func (s *script) act(t *testing.T, verb string, c call) (err error) {
	switch verb {
	case "create":
		in := &cfn.CreateStackInput{
			StackName: &c.stack, TemplateBody: &c.body, Parameters: c.parameters, Capabilities: c.capabilities(), Tags: c.tags(),
			OnFailure: types.OnFailure(c.options["onFailure"]), RetainExceptOnCreate: c.has("retainExceptOnCreate"),
		}
		if in.OnFailure == "" {
			in.DisableRollback = c.has("disableRollback")
		}
		_, err = s.client.CreateStack(t.Context(), in)
	case "createnothing":
		_, err = s.client.CreateStack(t.Context(), &cfn.CreateStackInput{StackName: &c.stack, TemplateBody: &c.body, Parameters: c.parameters})
	case "update", "begin":
		_, err = s.client.UpdateStack(t.Context(), &cfn.UpdateStackInput{
			StackName: &c.stack, TemplateBody: &c.body, Parameters: c.parameters, Capabilities: c.capabilities(), Tags: c.tags(), DisableRollback: c.has("disableRollback"),
		})
		if err == nil && verb == "begin" {
			<-s.fake.entered
		}
	case "cancel":
		_, err = s.client.CancelUpdateStack(t.Context(), &cfn.CancelUpdateStackInput{StackName: &c.stack})
	case "continue":
		_, err = s.client.ContinueUpdateRollback(t.Context(), &cfn.ContinueUpdateRollbackInput{StackName: &c.stack, ResourcesToSkip: strings.Fields(c.body)})
	case "delete":
		_, err = s.client.DeleteStack(t.Context(), &cfn.DeleteStackInput{StackName: &c.stack})
	case "validate":
		out, err := s.client.ValidateTemplate(t.Context(), &cfn.ValidateTemplateInput{TemplateBody: &c.body})
		if err != nil {
			return err
		}
		fmt.Fprintln(&s.out, strings.Join(append([]string{"valid"}, out.DeclaredTransforms...), " "))
	case "processed":
		out, err := s.client.GetTemplate(t.Context(), &cfn.GetTemplateInput{StackName: &c.stack, TemplateStage: types.TemplateStageProcessed})
		if err != nil {
			return err
		}
		fmt.Fprintln(&s.out, aws.ToString(out.TemplateBody))
	case "review", "changeset":
		return s.changeSet(t, verb == "changeset", c)
	default:
		t.Fatalf("unknown verb %q", verb)
	}
	return err
}

// changeSet makes a change set, tells what is in it, and executes it where asked.
func (s *script) changeSet(t *testing.T, execute bool, c call) error {
	in := &cfn.CreateChangeSetInput{
		StackName: &c.stack, TemplateBody: &c.body, Parameters: c.parameters, Capabilities: c.capabilities(), Tags: c.tags(),
		ChangeSetName: aws.String("set"), ChangeSetType: types.ChangeSetTypeUpdate, IncludeNestedStacks: c.has("nested"),
	}
	if out, err := s.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: in.StackName}); err != nil || out.Stacks[0].StackStatus == types.StackStatusReviewInProgress {
		in.ChangeSetType = types.ChangeSetTypeCreate
	}
	made, err := s.client.CreateChangeSet(t.Context(), in)
	if err != nil {
		return err
	}
	if err := s.tellChanges(t, aws.ToString(made.Id), "", c); err != nil || !execute {
		return err
	}
	_, err = s.client.ExecuteChangeSet(t.Context(), &cfn.ExecuteChangeSetInput{ChangeSetName: made.Id})
	return err
}

// tellChanges tells what is in a change set and in those of nested stacks.
func (s *script) tellChanges(t *testing.T, id, indent string, c call) error {
	set, err := s.client.DescribeChangeSet(t.Context(), &cfn.DescribeChangeSetInput{ChangeSetName: &id, IncludePropertyValues: c.has("values")})
	if err != nil {
		return err
	}
	fmt.Fprintf(&s.out, "%schange set %s %s %s\n", indent, set.Status, set.ExecutionStatus, plain(aws.ToString(set.StatusReason)))
	for _, change := range set.Changes {
		r := change.ResourceChange
		fmt.Fprintf(&s.out, "%s  %s\n", indent, words(r.Action, aws.ToString(r.LogicalResourceId), aws.ToString(r.PhysicalResourceId), r.Replacement, r.PolicyAction))
		for _, d := range r.Details {
			fmt.Fprintf(&s.out, "%s    %s\n", indent, words(d.Target.Attribute, aws.ToString(d.Target.Name), d.Target.RequiresRecreation, d.Evaluation, d.ChangeSource,
				aws.ToString(d.CausingEntity), d.Target.AttributeChangeType, aws.ToString(d.Target.BeforeValue), aws.ToString(d.Target.AfterValue)))
		}
		if r.ChangeSetId != nil {
			if err := s.tellChanges(t, aws.ToString(r.ChangeSetId), indent+"    ", c); err != nil {
				return err
			}
		}
	}
	return nil
}

// words puts what is not empty into a line.
func words(parts ...any) string {
	return plain(strings.Join(strings.Fields(fmt.Sprintln(parts...)), " "))
}

func (s *script) report(t *testing.T, stack string) {
	id := s.identify(t, stack)
	s.settled(t, id)
	s.reportStack(t, id)
	all, err := s.client.ListStacks(t.Context(), &cfn.ListStacksInput{})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all.StackSummaries, func(a, b types.StackSummary) int {
		return cmp.Or(cmp.Compare(plain(aws.ToString(a.StackName)), plain(aws.ToString(b.StackName))), a.CreationTime.Compare(*b.CreationTime))
	})
	for _, sum := range all.StackSummaries {
		if aws.ToString(sum.RootId) == id {
			fmt.Fprintf(&s.out, "## %s\n", plain(aws.ToString(sum.StackName)))
			s.reportStack(t, aws.ToString(sum.StackId))
		}
	}
	fmt.Fprintf(&s.out, "living %v\n", s.fake.living())
}

func (s *script) reportStack(t *testing.T, ids string) {
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
	if aws.ToString(e.ResourceType) == "AWS::CloudFormation::Stack" && aws.ToString(e.PhysicalResourceId) == aws.ToString(e.StackId) {
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
