package cloudformation_test

import (
	"context"
	"encoding/json"
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
	gocmp "github.com/google/go-cmp/cmp"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// typed is a fake whose resources have the read-only properties of their schemas as attributes.
type typed struct {
	*fake
	attributes map[string][]string // by type, with slashes between levels
}

func (t typed) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	res, err := t.fake.Create(ctx, r)
	if err != nil {
		return res, err
	}
	res.Attributes = map[string]any{}
	for _, path := range t.attributes[r.Type] {
		m := res.Attributes
		parts := strings.Split(path, "/")
		for _, part := range parts[:len(parts)-1] {
			inner, ok := m[part].(map[string]any)
			if !ok {
				inner = map[string]any{}
				m[part] = inner
			}
			m = inner
		}
		last := parts[len(parts)-1]
		m[last] = res.PhysicalID + "/" + path
		switch {
		case strings.HasSuffix(last, "URL"):
			m[last] = "https://" + res.PhysicalID
		case r.Type == "AWS::IAM::Role" && last == "Arn":
			m[last] = "arn:aws:iam::000000000000:role/" + res.PhysicalID
		case strings.HasSuffix(last, "Arn"):
			m[last] = "arn:aws:fake:us-east-1:000000000000:" + res.PhysicalID
		}
	}
	return res, nil
}

// readAttributes lists the read-only properties of the vendored schemas.
func readAttributes(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("schemas/*.json")
	if err != nil || files == nil {
		t.Fatal("no schemas", err)
	}
	out := map[string][]string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var s struct {
			TypeName           string   `json:"typeName"`
			ReadOnlyProperties []string `json:"readOnlyProperties"`
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(file, err)
		}
		out[s.TypeName] = []string{}
		for _, p := range s.ReadOnlyProperties {
			out[s.TypeName] = append(out[s.TypeName], strings.TrimPrefix(p, "/properties/"))
		}
	}
	return out
}

// newProduction is a world that can make every type of the templates under deploy/, which are in its bucket.
func newProduction(t *testing.T, change ...func(*cloudformation.Config)) *world {
	t.Helper()
	attributes := readAttributes(t)
	bucket := objects{}
	entries, err := templates.Nested.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := templates.Nested.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		bucket["templates/v1/"+e.Name()] = string(text)
		bucket["templates/wrong/"+e.Name()] = strings.Replace(string(text), "      DeploymentConfiguration:", "      DeploymentSettings:", 1)
	}
	bucket["templates/v1/all-steps.yaml"], bucket["templates/wrong/all-steps.yaml"] = templates.AllSteps, templates.AllSteps
	shared := newFake()
	return newWorldOf(t, shared, append([]func(*cloudformation.Config){func(c *cloudformation.Config) {
		c.Templates = bucket
		for typ := range attributes {
			if typ != "AWS::CloudFormation::Stack" {
				c.Provisioners[typ] = typed{shared, attributes}
			}
		}
	}}, change...)...)
}

func productionParameters(more ...string) []types.Parameter {
	given := append([]string{
		"TemplateUrl=https://templates.s3.us-east-1.amazonaws.com/v1", "CertificateArn=arn:aws:acm:us-east-1:000000000000:certificate/c",
		"ImageRepository=spillway/gateway", "ImageDigest=sha256:" + strings.Repeat("a", 64), "CodeBucket=code", "CodeKey=consumer.zip",
		"Customers=newschannel,institute", "Grants=newschannel=weather.us.ny;institute=weather.us.>", "Patterns=weather.us.ny,weather.us.>",
	}, more...)
	return readParameters(strings.Join(given, "\n"))
}

var bothCapabilities = []types.Capability{types.CapabilityCapabilityIam, types.CapabilityCapabilityAutoExpand}

// deployAll makes and executes a change set of the root template, and returns the change set as it was before.
func deployAll(t *testing.T, w *world, typ types.ChangeSetType, parameters []types.Parameter) *cfn.DescribeChangeSetOutput {
	t.Helper()
	made, err := w.client.CreateChangeSet(t.Context(), &cfn.CreateChangeSetInput{
		StackName: aws.String("spillway"), ChangeSetName: aws.String("deploy"), ChangeSetType: typ, IncludeNestedStacks: aws.Bool(true),
		TemplateURL: aws.String("https://templates.s3.us-east-1.amazonaws.com/v1/all-steps.yaml"), Parameters: parameters, Capabilities: bothCapabilities,
	})
	if err != nil {
		t.Fatal(err)
	}
	set, err := w.client.DescribeChangeSet(t.Context(), &cfn.DescribeChangeSetInput{ChangeSetName: made.Id, IncludePropertyValues: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	if set.Status != types.ChangeSetStatusCreateComplete {
		t.Fatalf("change set %s: %s", set.Status, aws.ToString(set.StatusReason))
	}
	if _, err := w.client.ExecuteChangeSet(t.Context(), &cfn.ExecuteChangeSetInput{ChangeSetName: made.Id}); err != nil {
		t.Fatal(err)
	}
	return set
}

// nestedOf are the ids of the stacks that a stack nests, by logical id.
func nestedOf(t *testing.T, w *world, stack string) map[string]string {
	t.Helper()
	out, err := w.client.DescribeStackResources(t.Context(), &cfn.DescribeStackResourcesInput{StackName: &stack})
	if err != nil {
		t.Fatal(err)
	}
	nested := map[string]string{}
	for _, r := range out.StackResources {
		if aws.ToString(r.ResourceType) == "AWS::CloudFormation::Stack" {
			nested[aws.ToString(r.LogicalResourceId)] = aws.ToString(r.PhysicalResourceId)
		}
	}
	return nested
}

func wantStatus(t *testing.T, w *world, stack, want string) {
	t.Helper()
	if status, reason := w.settled(t, stack); status != want {
		t.Fatalf("%s is %s (%s), want %s\n%s", stack, status, reason, want, strings.Join(failures(t, w, stack), "\n"))
	}
}

// failures are what the events of a stack and of those it nests tell of failures.
func failures(t *testing.T, w *world, stack string) []string {
	t.Helper()
	all, err := w.client.ListStacks(t.Context(), &cfn.ListStacksInput{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range all.StackSummaries {
		events, err := w.client.DescribeStackEvents(t.Context(), &cfn.DescribeStackEventsInput{StackName: s.StackId})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events.StackEvents {
			if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") {
				out = append(out, fmt.Sprint(aws.ToString(e.StackName), " ", aws.ToString(e.LogicalResourceId), " ", e.ResourceStatus, " ", aws.ToString(e.ResourceStatusReason)))
			}
		}
	}
	return out
}

func TestAllSteps(t *testing.T) {
	t.Parallel()
	var tree cloudformation.Tree
	w := newProduction(t, func(c *cloudformation.Config) {
		c.Check = func(seen cloudformation.Tree) []cloudformation.Finding { tree = seen; return nil }
	})
	deployAll(t, w, types.ChangeSetTypeCreate, productionParameters())
	wantStatus(t, w, "spillway", "CREATE_COMPLETE")
	nested := nestedOf(t, w, "spillway")
	for _, id := range []string{"Network", "Cognito", "Gateway", "Data", "Watch"} {
		wantStatus(t, w, nested[id], "CREATE_COMPLETE")
	}
	checkTree(t, tree)

	t.Run("update", func(t *testing.T) {
		set := deployAll(t, w, types.ChangeSetTypeUpdate, productionParameters("MinTasks=3", "StreamRetentionHours=48"))
		wantStatus(t, w, "spillway", "UPDATE_COMPLETE")
		var changed []string
		for _, c := range set.Changes {
			changed = append(changed, aws.ToString(c.ResourceChange.LogicalResourceId))
			wantStatus(t, w, nested[aws.ToString(c.ResourceChange.LogicalResourceId)], "UPDATE_COMPLETE")
			if c.ResourceChange.ChangeSetId == nil {
				t.Errorf("%s has no change set of its own", changed[len(changed)-1])
			}
		}
		if want := []string{"Data", "Gateway"}; !slices.Equal(changed, want) {
			t.Errorf("changes %q, want %q", changed, want)
		}
		if got := w.fake.alive["stream-1"]["RetentionPeriodHours"]; got != int64(48) {
			t.Errorf("retention after the update: %v", got)
		}
	})
	t.Run("rollback", func(t *testing.T) {
		w.fake.mu.Lock()
		w.fake.broken = "AWS::ECS::Service"
		w.fake.mu.Unlock()
		before := w.fake.living()
		deployAll(t, w, types.ChangeSetTypeUpdate, productionParameters("MinTasks=3", "StreamRetentionHours=72", "Heartbeat=20s"))
		wantStatus(t, w, "spillway", "UPDATE_ROLLBACK_COMPLETE")
		wantStatus(t, w, nested["Gateway"], "UPDATE_ROLLBACK_COMPLETE")
		wantStatus(t, w, nested["Data"], "UPDATE_COMPLETE") // it never came to it
		if diff := gocmp.Diff(before, w.fake.living()); diff != "" {
			t.Errorf("resources before and after: %s", diff)
		}
		if got := w.fake.alive["stream-1"]["RetentionPeriodHours"]; got != int64(48) {
			t.Errorf("retention after the rollback: %v", got)
		}
	})
	t.Run("wrong property", func(t *testing.T) {
		made, err := w.client.CreateChangeSet(t.Context(), &cfn.CreateChangeSetInput{
			StackName: aws.String("spillway"), ChangeSetName: aws.String("wrong"), Capabilities: bothCapabilities,
			TemplateURL: aws.String("https://templates.s3.us-east-1.amazonaws.com/wrong/all-steps.yaml"),
			Parameters:  productionParameters("TemplateUrl=https://templates.s3.us-east-1.amazonaws.com/wrong"),
		})
		if err != nil {
			t.Fatal(err)
		}
		set, err := w.client.DescribeChangeSet(t.Context(), &cfn.DescribeChangeSetInput{ChangeSetName: made.Id})
		if err != nil {
			t.Fatal(err)
		}
		want := regexp.MustCompile(`PropertyValidation\]\. gateway\.yaml:[0-9]{3}: Gateway/Service/Properties: extraneous key \[DeploymentSettings\] is not permitted$`)
		if got := aws.ToString(set.StatusReason); set.Status != types.ChangeSetStatusFailed || !want.MatchString(got) {
			t.Errorf("%s: %s", set.Status, got)
		}
	})
	t.Run("delete", func(t *testing.T) {
		stack, err := w.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: aws.String("spillway")})
		if err != nil {
			t.Fatal(err)
		}
		id := aws.ToString(stack.Stacks[0].StackId)
		if _, err := w.client.DeleteStack(t.Context(), &cfn.DeleteStackInput{StackName: &id}); err != nil {
			t.Fatal(err)
		}
		wantStatus(t, w, id, "DELETE_COMPLETE")
		for _, child := range nested {
			wantStatus(t, w, child, "DELETE_COMPLETE")
		}
		want := []string{"cursorkey-1", "failurebucket-1", "resourceserver-1", "stream-1", "userpool-1", "domain-1"}
		slices.Sort(want)
		if got := w.fake.living(); !slices.Equal(got, want) {
			t.Errorf("left %q, want what is retained: %q", got, want)
		}
	})
}

// checkTree looks at how relations across nested stacks read.
func checkTree(t *testing.T, tree cloudformation.Tree) {
	t.Helper()
	find := func(path string) cloudformation.Planned {
		for _, r := range tree.Resources {
			if r.Path == path {
				return r
			}
		}
		t.Fatalf("no %s in the tree", path)
		return cloudformation.Planned{}
	}
	group := cloudformation.Placeholder{Path: "Network/Vpc"}.String()
	if got := find("Gateway/TargetGroup").Properties["VpcId"]; got != group {
		t.Errorf("the target group's VPC is %v, want %s", got, group)
	}
	if got := find("Cognito/Clientnewschannel").Properties["AllowedOAuthScopes"]; fmt.Sprint(got) != "[spillway/weather.us.ny]" {
		t.Errorf("scopes: %v", got)
	}
}
