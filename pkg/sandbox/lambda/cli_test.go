package lambda_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The stock AWS CLI creates, lists and invokes a function.
func TestStockCLI(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("THE AWS CLI IS NOT INSTALLED: that `aws lambda` works is NOT shown by this run")
	}
	s := newSetup(t)
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), cli, append([]string{"--cli-read-timeout", "0", "--endpoint-url", s.url, "--region", region, "--output", "text", "lambda"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	code, err := functionZip()
	if err != nil {
		t.Fatal(err)
	}
	zip, answer := filepath.Join(s.dir, "function.zip"), filepath.Join(s.dir, "answer")
	if err := os.WriteFile(zip, code, 0o600); err != nil {
		t.Fatal(err)
	}
	run("create-function", "--function-name", "f", "--runtime", "provided.al2023", "--handler", "bootstrap", "--role", role,
		"--architectures", string(hostArchitecture()), "--zip-file", "fileb://"+zip)
	run("wait", "function-active-v2", "--function-name", "f")
	if out := run("list-functions", "--query", "Functions[].FunctionName"); strings.TrimSpace(out) != "f" {
		t.Errorf("list-functions: %s", out)
	}
	run("wait", "published-version-active", "--function-name", "f")
	if out := run("publish-version", "--function-name", "f", "--query", "Version"); strings.TrimSpace(out) != "1" {
		t.Errorf("publish-version: %s", out)
	}
	if out := run("create-alias", "--function-name", "f", "--name", "live", "--function-version", "1", "--query", "AliasArn"); !strings.HasSuffix(strings.TrimSpace(out), ":function:f:live") {
		t.Errorf("create-alias: %s", out)
	}
	run("add-permission", "--function-name", "f", "--qualifier", "live", "--statement-id", "s", "--action", "lambda:InvokeFunction", "--principal", "s3.amazonaws.com")
	run("put-function-event-invoke-config", "--function-name", "f", "--maximum-retry-attempts", "1")
	if out := run("invoke", "--function-name", "f", "--qualifier", "live", "--payload", `{"do":"echo","text":"from the CLI"}`, answer); !strings.Contains(out, "200") {
		t.Errorf("invoke: %s", out)
	}
	if got, err := os.ReadFile(answer); err != nil || string(got) != `"from the CLI"` {
		t.Errorf("answer %s (%v)", got, err)
	}
}
