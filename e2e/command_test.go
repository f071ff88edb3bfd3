package e2e

import (
	"bytes"
	cryptorand "crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/client"
)

// rand is a text that no other record has.
func rand() string { return cryptorand.Text() }

// output is what a program has written, which may be read while it runs.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start starts a program. says waits until its standard error says something.
func start(t *testing.T, cmd *exec.Cmd) (stdout *output, says func(t *testing.T, text string)) {
	t.Helper()
	stdout, stderr := &output{}, &output{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return stdout, func(t *testing.T, text string) {
		t.Helper()
		await(t, func() bool { return strings.Contains(stderr.String(), text) }, fmt.Sprintf("it does not say %q", text))
	}
}

// awsCommandLine: the stock AWS command line puts a record, and it is there within a
// second.
func awsCommandLine(t *testing.T, s Stack) {
	path, err := exec.LookPath("aws")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the aws command line is not installed")
		}
		t.Skip("the aws command line is not installed: its part is not tested")
	}
	sub := subscribe(t, s, NewYork, client.Subscription{})
	put(t, s, "KNYC", report(s, "ny", 0)) // the function is warm after it
	sub.take(t, 1)
	data := fmt.Sprintf(`{"state":%q}`, s.Own("ny"))
	cfg := s.AWS()
	args := []string{"--region", cfg.Region, "kinesis", "put-record", "--stream-name", s.StreamName(), "--partition-key", "KNYC", "--data", data}
	if version, err := exec.CommandContext(t.Context(), path, "--version").CombinedOutput(); err == nil && strings.HasPrefix(string(version), "aws-cli/2") {
		args = append(args, "--cli-binary-format", "raw-in-base64-out")
	}
	if cfg.BaseEndpoint != nil {
		args = append([]string{"--cli-read-timeout", "0", "--endpoint-url", *cfg.BaseEndpoint}, args...)
	}
	creds, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+creds.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+creds.SecretAccessKey, "AWS_SESSION_TOKEN="+creds.SessionToken)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("aws: %v\n%s", err, out)
	}
	ev, at := sub.next(t, time.After(patience))
	if string(ev.Data) != data {
		t.Errorf("event %s", ev.Data)
	}
	// Both clocks are this machine's on a local stack, and those of a cloud are close.
	wantPrompt(t, s, at.Sub(ev.ArrivalTime))
}
