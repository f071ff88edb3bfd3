package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// runCLI runs the AWS CLI against an endpoint and returns what it prints.
func runCLI(t *testing.T, cli, endpoint string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), cli, append([]string{"--cli-read-timeout", "0", "--endpoint-url", endpoint}, args...)...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_PAGER=",
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// claims are what a token says, which is not verified, of an issuer that is.
func claims(t *testing.T, text, issuer string) map[string]any {
	t.Helper()
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("no token: %d parts", len(parts))
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if all["iss"] != issuer {
		t.Errorf("issuer %v: want %s", all["iss"], issuer)
	}
	return all
}
