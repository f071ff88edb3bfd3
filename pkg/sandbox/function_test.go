package sandbox

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
)

// functionInput is a function that ends before it starts.
func functionInput(t *testing.T) lambda.CreateFunctionInput {
	t.Helper()
	return lambda.CreateFunctionInput{
		FunctionName: "f", Runtime: "provided.al2023", Handler: "bootstrap", Role: "arn:aws:iam::000000000000:role/r",
		Architectures: []string{hostArchitecture()}, Code: lambda.FunctionCode{ZipFile: archive(t)},
	}
}

// TestFunctionsPersist starts a second sandbox on the directory of a first.
func TestFunctionsPersist(t *testing.T) {
	t.Parallel()
	for _, persist := range []bool{true, false} {
		cfg := Config{Endpoint: "http://127.0.0.1:4566", StateDir: t.TempDir(), Persist: persist}
		for i := range 2 {
			s, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.lambda.CreateFunction(t.Context(), functionInput(t))
			if taken := err != nil; taken != (persist && i == 1) {
				t.Errorf("persist %t, start %d: create: %v", persist, i, err)
			}
			s.lambda.Close(context.Background())
			s.kinesis.Close()
		}
	}
}

func TestLambdaKnobsAreServed(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Endpoint: "http://127.0.0.1:4566", StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/_sandbox/lambda/fault", strings.NewReader(`{"operation":"Invoke","count":1,"delay":"1ms"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"operation":"Invoke"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// What a function's environment says is in CloudWatch Logs, for the stock AWS CLI.
func TestFunctionLogs(t *testing.T) {
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("THE AWS CLI IS NOT INSTALLED: that `aws logs` shows what functions print is NOT shown by this run")
	}
	s, cfg := running(t)
	if _, err := s.lambda.CreateFunction(t.Context(), functionInput(t)); err != nil {
		t.Fatal(err)
	}
	out, err := awslambda.NewFromConfig(cfg).Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f"), LogType: types.LogTypeTail})
	if err != nil {
		t.Fatal(err)
	}
	if tail, _ := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult)); aws.ToString(out.FunctionError) == "" {
		t.Fatalf("a function that cannot start: %s, log %s", out.Payload, tail)
	}
	cmd := exec.CommandContext(t.Context(), cli, "--cli-read-timeout", "0", "--endpoint-url", *cfg.BaseEndpoint, "--region", DefaultRegion, "--output", "text",
		"logs", "filter-log-events", "--log-group-name", "/aws/lambda/f", "--filter-pattern", "INIT_REPORT", "--query", "events[].message")
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
	if text, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(text), "INIT_REPORT Init Duration: ") {
		t.Errorf("the log: %s, %v", text, err)
	}
}
