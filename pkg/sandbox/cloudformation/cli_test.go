package cloudformation_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	templates "github.com/spillway/spillway/deploy"
)

// TestStockCLI drives the emulator with the aws command as it is installed: deploy twice, describe, events, a template that is wrong.
func TestStockCLI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := stockCLI(t, w)
	file := filepath.Join(t.TempDir(), "data.yaml")
	if err := os.WriteFile(file, []byte(templates.Data), 0o600); err != nil {
		t.Fatal(err)
	}
	deploy := []string{"deploy", "--stack-name", "data", "--template-file", file, "--capabilities", "CAPABILITY_IAM", "--parameter-overrides", "CodeBucket=code", "CodeKey=k", "RedisUrl=redis://r"}
	tests := []cliStep{
		{"deploy", deploy, "Successfully created/updated stack - data", false},
		{"deploy again", append(deploy, "--no-fail-on-empty-changeset"), "No changes to deploy. Stack data is up to date", false},
		{"describe-stacks", []string{"describe-stacks", "--stack-name", "data", "--query", "Stacks[0].[StackStatus,Outputs[?OutputKey=='KinesisStreamName'].OutputValue|[0]]"}, "CREATE_COMPLETE\tstream-1", false},
		{"describe-stack-events", []string{"describe-stack-events", "--stack-name", "data", "--query", "StackEvents[0].[LogicalResourceId,ResourceStatus]"}, "data\tCREATE_COMPLETE", false},
		{"validate-template", []string{"validate-template", "--template-body", "file://" + file, "--query", "Capabilities"}, "CAPABILITY_IAM", false},
		{"validate-template, wrong", []string{"validate-template", "--template-body", "Resources: {X: {Type: AWS::ECS::Cluster}}"}, "Template format error: Unrecognized resource types: [AWS::ECS::Cluster]", true},
		{"detect-stack-drift", []string{"detect-stack-drift", "--stack-name", "data", "--query", "length(StackDriftDetectionId)"}, "36", false},
		{"delete-stack", []string{"delete-stack", "--stack-name", "data"}, "", false},
		{"wait", []string{"wait", "stack-delete-complete", "--stack-name", "data"}, "", false},
		{"describe what is gone", []string{"describe-stacks", "--stack-name", "data"}, "Stack with id data does not exist", true},
	}
	run.all(t, tests)
}

// TestStockCLINested drives the production templates with the aws command: a change set of the whole tree, its execution, the
// events of what it nests.
func TestStockCLINested(t *testing.T) {
	t.Parallel()
	w := newProduction(t)
	run := stockCLI(t, w)
	given := []string{"--parameters"}
	for _, p := range productionParameters() {
		given = append(given, "ParameterKey="+*p.ParameterKey+`,ParameterValue="`+*p.ParameterValue+`"`)
	}
	changeSet := append([]string{
		"create-change-set", "--stack-name", "spillway", "--change-set-name", "one", "--change-set-type", "CREATE", "--include-nested-stacks",
		"--template-url", "https://templates.s3.us-east-1.amazonaws.com/v1/all-steps.yaml", "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND",
	}, given...)
	run.all(t, []cliStep{
		{"create-change-set", changeSet, "changeSet/one/", false},
		{
			"describe-change-set", []string{"describe-change-set", "--stack-name", "spillway", "--change-set-name", "one", "--query", "[Status,length(Changes[?ResourceChange.ChangeSetId])]"},
			"CREATE_COMPLETE\t5", false,
		},
		{"execute-change-set", []string{"execute-change-set", "--stack-name", "spillway", "--change-set-name", "one"}, "", false},
		{"wait for the creation", []string{"wait", "stack-create-complete", "--stack-name", "spillway"}, "", false},
		{
			"describe-stack-events", []string{"describe-stack-events", "--stack-name", "spillway", "--query", "StackEvents[?LogicalResourceId=='Gateway']|[0].[ResourceType,ResourceStatus]"},
			"AWS::CloudFormation::Stack\tCREATE_COMPLETE", false,
		},
	})
}

// cliStep is one call of the aws command: what its output has in it, and whether it fails.
type cliStep struct {
	name   string
	args   []string
	want   string
	failed bool
}

// cli calls the aws command's cloudformation commands.
type cli func(args ...string) (string, error)

// stockCLI finds the aws command, which talks to w.
func stockCLI(t *testing.T, w *world) cli {
	t.Helper()
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("NOT TESTED: the stock AWS CLI is not installed, so nothing here proves that it works with the emulator")
	}
	return func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), path, append([]string{"--cli-read-timeout", "0", "--endpoint-url", w.url, "--region", testRegion, "--output", "text", "cloudformation"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_PAGER=")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

func (run cli) all(t *testing.T, steps []cliStep) {
	t.Helper()
	for _, tt := range steps {
		out, err := run(tt.args...)
		if !strings.Contains(out, tt.want) || (err != nil) != tt.failed {
			t.Fatalf("%s: %v\n%s\nwant %q", tt.name, err, out, tt.want)
		}
	}
}
