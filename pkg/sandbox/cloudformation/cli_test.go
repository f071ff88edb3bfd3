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
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("NOT TESTED: the stock AWS CLI is not installed, so nothing here proves that it works with the emulator")
	}
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "data.yaml")
	if err := os.WriteFile(file, []byte(templates.Data), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), path, append([]string{"--endpoint-url", w.url, "--region", testRegion, "--output", "text", "cloudformation"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_PAGER=")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	deploy := []string{"deploy", "--stack-name", "data", "--template-file", file, "--capabilities", "CAPABILITY_IAM", "--parameter-overrides", "CodeBucket=code", "CodeKey=k", "RedisUrl=redis://r"}
	tests := []struct {
		name   string
		args   []string
		want   string
		failed bool
	}{
		{"deploy", deploy, "Successfully created/updated stack - data", false},
		{"deploy again", append(deploy, "--no-fail-on-empty-changeset"), "No changes to deploy. Stack data is up to date", false},
		{"describe-stacks", []string{"describe-stacks", "--stack-name", "data", "--query", "Stacks[0].[StackStatus,Outputs[?OutputKey=='KinesisStreamName'].OutputValue|[0]]"}, "CREATE_COMPLETE\tstream-1", false},
		{"describe-stack-events", []string{"describe-stack-events", "--stack-name", "data", "--query", "StackEvents[0].[LogicalResourceId,ResourceStatus]"}, "data\tCREATE_COMPLETE", false},
		{"validate-template", []string{"validate-template", "--template-body", "file://" + file, "--query", "Capabilities"}, "CAPABILITY_IAM", false},
		{"validate-template, wrong", []string{"validate-template", "--template-body", "Resources: {X: {Type: AWS::ECS::Cluster}}"}, "Template format error: Unrecognized resource types: [AWS::ECS::Cluster]", true},
		{"delete-stack", []string{"delete-stack", "--stack-name", "data"}, "", false},
		{"wait", []string{"wait", "stack-delete-complete", "--stack-name", "data"}, "", false},
		{"describe what is gone", []string{"describe-stacks", "--stack-name", "data"}, "Stack with id data does not exist", true},
	}
	for _, tt := range tests {
		out, err := run(tt.args...)
		if !strings.Contains(out, tt.want) || (err != nil) != tt.failed {
			t.Fatalf("%s: %v\n%s\nwant %q", tt.name, err, out, tt.want)
		}
	}
}
