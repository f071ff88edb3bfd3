package templates

import (
	"maps"
	"os/exec"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// maxInline is what CloudFormation takes inline.
const maxInline = 51_200

func TestTemplatesAreSmall(t *testing.T) {
	t.Parallel()
	for _, name := range allNames() {
		if n := len(templateText(t, name)); n > maxInline {
			t.Errorf("%s: %d bytes: more than CloudFormation takes inline", name, n)
		}
	}
}

func TestNestedIsAll(t *testing.T) {
	t.Parallel()
	entries, err := Nested.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(nestedNames)), got); diff != "" {
		t.Error(diff)
	}
	if data := templateText(t, "data.yaml"); data != Data {
		t.Error("Data is another one than the nested")
	}
}

// TestDataIsPortable: the local cloud runs the data path, so far.
func TestDataIsPortable(t *testing.T) {
	t.Parallel()
	known := []string{"AWS::IAM::Role", "AWS::Kinesis::Stream", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::S3::Bucket"}
	for id, r := range parse(t, Data).Resources {
		if typ := text(at(r, "Type")); !slices.Contains(known, typ) {
			t.Errorf("%s: %s is not made by every local cloud", id, typ)
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"data.yaml": {"EventSourceMappingId", "FailureBucket", "FunctionName", "KinesisStreamArn", "KinesisStreamName"},
		rootName: {
			"ClusterName", "CursorKeyArn", "Dashboard", "DomainEndpoint", "ELBURL", "EventSourceMappingId", "FailureBucket", "FunctionName", "KinesisStreamArn",
			"KinesisStreamName", "REDURL", "SecurityGroup", "ServiceName", "SubnetID", "UserPoolClientId", "UserPoolEndpoint", "UserPoolId", "VPCID",
		},
	} {
		got := slices.Sorted(maps.Keys(parse(t, templateText(t, name)).Outputs))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("NOT TESTED: cfn-lint is not installed, so nothing here proves the templates against AWS's rules")
	}
	args := append([]string{"--regions", "us-east-1", "--"}, allNames()...)
	if out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
