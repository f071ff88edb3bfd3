package lambda_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
)

const uuidExpr = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

func TestInvoke(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	s.create(t, "short", func(in *awslambda.CreateFunctionInput) { in.Timeout = aws.Int32(1) })
	tests := map[string]struct {
		payload string
		failed  bool
		want    string // of the payload, an expression
	}{
		"echo":  {`{"do":"echo","text":"hello"}`, false, `"hello"`},
		"error": {`{"do":"fail","text":"broken"}`, true, `{"errorMessage":"broken","errorType":"errorString"}`},
		"timeout": {`{"do":"sleep","n":60000}`, true,
			`{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ` + uuidExpr + ` Error: Task timed out after 1.00 seconds"}`},
		"exit with a status": {`{"do":"exit","n":127}`, true,
			`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ` + uuidExpr + ` Error: Runtime exited with error: exit status 127"}`},
		"exit without one": {`{"do":"exit"}`, true,
			`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ` + uuidExpr + ` Error: Runtime exited without providing a reason"}`},
		"answer too large": {`{"do":"big","n":6500000}`, true,
			`{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size \(6291556 bytes\)."}`},
		"panic": {`{"do":"panic","text":"boom"}`, true, `{"errorMessage":"boom","errorType":"string","stackTrace":.*}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			function := "f"
			if name == "timeout" {
				function = "short"
			}
			out := s.invoke(t, function, tt.payload)
			if !regexp.MustCompile("^" + tt.want + "$").Match(out.Payload) {
				t.Errorf("payload %.300s, want %s", out.Payload, tt.want)
			}
			if (out.FunctionError != nil) != tt.failed || tt.failed && *out.FunctionError != "Unhandled" {
				t.Errorf("function error %v", aws.ToString(out.FunctionError))
			}
			if out.StatusCode != 200 || aws.ToString(out.ExecutedVersion) != "$LATEST" {
				t.Errorf("status %d, version %q", out.StatusCode, aws.ToString(out.ExecutedVersion))
			}
			if function == "short" { // whose time may be too short for anything on a busy machine
				s.setTimeout(t, function, 30)
			}
			if again := s.invoke(t, function, `{"do":"echo","text":"fine"}`); string(again.Payload) != `"fine"` {
				t.Errorf("the next invocation answers %s", again.Payload)
			}
		})
	}
}

func TestInvokeLog(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	tail, err := base64.StdEncoding.DecodeString(aws.ToString(s.invoke(t, "f", `{"do":"echo","text":"hello"}`).LogResult))
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`^INIT_START [^\n]+\ninitialised\nSTART RequestId: (` + uuidExpr + `) Version: \$LATEST\nechoing hello\nEND RequestId: ` +
		uuidExpr + `\nREPORT RequestId: ` + uuidExpr + "\tDuration: [0-9.]+ ms\tBilled Duration: [0-9]+ ms\tMemory Size: 128 MB\t" +
		"Max Memory Used: [0-9]+ MB\tInit Duration: [0-9.]+ ms\t\n$")
	if !want.Match(tail) {
		t.Errorf("log tail\n%s\nwant %s", tail, want)
	}
	if log := s.log(t, "f"); log != string(tail) {
		t.Errorf("log file\n%s", log)
	}
	warm, err := base64.StdEncoding.DecodeString(aws.ToString(s.invoke(t, "f", `{"do":"exit","n":3}`).LogResult))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(warm); strings.Contains(text, "initialised") || !strings.Contains(text, "exiting\n") || !strings.Contains(text, "Status: error") {
		t.Errorf("log tail of a warm crash\n%s", text)
	}
}

func TestFunctionEnvironment(t *testing.T) {
	t.Setenv("INHERITED", "secret")
	s := newSetup(t, func(c *lambda.Config) { c.Environment = map[string]string{"AWS_ENDPOINT_URL": "http://sandbox"} })
	s.create(t, "f", func(in *awslambda.CreateFunctionInput) { in.MemorySize = aws.Int32(256) })
	var environ []string
	if err := json.Unmarshal(s.invoke(t, "f", `{"do":"environ"}`).Payload, &environ); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		got[name] = value
	}
	root := got["LAMBDA_TASK_ROOT"]
	want := map[string]string{
		"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": `\$LATEST`,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
		"AWS_LAMBDA_LOG_STREAM_NAME": `\d{4}/\d\d/\d\d/\[\$LATEST\].+`, "AWS_LAMBDA_RUNTIME_API": `127\.0\.0\.1:\d+`,
		"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_ACCESS_KEY_ID": ".+", "AWS_SECRET_ACCESS_KEY": ".+",
		"AWS_SESSION_TOKEN": ".+", "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR", "AWS_XRAY_DAEMON_ADDRESS": ".+",
		"LAMBDA_RUNTIME_DIR": "/var/runtime", "LAMBDA_TASK_ROOT": regexp.QuoteMeta(s.dir) + ".+", "LANG": "en_US.UTF-8",
		"LD_LIBRARY_PATH": ".+", "PATH": ".+", "TZ": ":UTC", "_HANDLER": "bootstrap", "TMPDIR": regexp.QuoteMeta(s.dir) + ".+",
		"NOTES": regexp.QuoteMeta(s.notes), "AWS_ENDPOINT_URL": "http://sandbox",
		"_X_AMZN_TRACE_ID": "Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", // set by aws-lambda-go
		"PWD":              regexp.QuoteMeta(root),                                          // set by os/exec to the directory
	}
	for name, value := range got {
		if expr, ok := want[name]; !ok || !regexp.MustCompile("^"+expr+"$").MatchString(value) {
			t.Errorf("variable %s=%s, want %q", name, value, expr)
		}
		delete(want, name)
	}
	delete(want, "PWD")
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

type about struct {
	Pid     int               `json:"pid"`
	Dir     string            `json:"dir"`
	ARN     string            `json:"arn"`
	ID      string            `json:"id"`
	Left    int               `json:"left"`
	Custom  map[string]string `json:"custom"`
	Scratch string            `json:"scratch"`
}

func (s *setup) about(t *testing.T, name string) about {
	t.Helper()
	out, err := s.client.Invoke(t.Context(), &awslambda.InvokeInput{
		FunctionName: aws.String(name), Payload: []byte(`{"do":"about"}`),
		ClientContext: aws.String(base64.StdEncoding.EncodeToString([]byte(`{"custom":{"who":"test"}}`))),
	})
	if err != nil {
		t.Fatal(err)
	}
	var a about
	if err := json.Unmarshal(out.Payload, &a); err != nil {
		t.Fatalf("%v: %s", err, out.Payload)
	}
	return a
}

func TestInvocationContext(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	a := s.about(t, "f:$LATEST")
	if want := "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"; a.ARN != want {
		t.Errorf("ARN %s, want %s", a.ARN, want)
	}
	if a.Left < 20_000 || a.Left > 30_000 {
		t.Errorf("%d ms left, want nearly 30 s", a.Left)
	}
	if a.Custom["who"] != "test" {
		t.Errorf("client context %v", a.Custom)
	}
	if !strings.HasPrefix(a.Dir, filepath.Join(s.dir, "state", "code")) || !strings.HasPrefix(a.Scratch, filepath.Join(s.dir, "state", "tmp")) {
		t.Errorf("directory %s, scratch file %s", a.Dir, a.Scratch)
	}
	if again := s.about(t, "f"); again.Pid != a.Pid || again.ID == a.ID {
		t.Errorf("second invocation in process %d as %s, first in %d as %s: want the warm process", again.Pid, again.ID, a.Pid, a.ID)
	}
}

func TestConcurrentInvocationsHaveProcessesOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newSetup(t, func(c *lambda.Config) { c.MaxEnvironments = 3 })
	s.create(t, "f")
	gate := filepath.Join(s.dir, "gate")
	var work sync.WaitGroup
	for range 3 {
		work.Go(func() { s.invoke(t, "f", `{"do":"wait","text":"`+gate+`"}`) })
	}
	eventually(t, "three invocations run", func() bool { return len(s.noted()) == 3 })
	_, err := s.client.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f")})
	var throttled *types.TooManyRequestsException
	if !errors.As(err, &throttled) || throttled.Reason != types.ThrottleReasonConcurrentInvocationLimitExceeded {
		t.Errorf("a fourth invocation: %v", err)
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	work.Wait()
}

func TestReservedConcurrency(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	if _, err := s.client.PutFunctionConcurrency(t.Context(), &awslambda.PutFunctionConcurrencyInput{
		FunctionName: aws.String("f"), ReservedConcurrentExecutions: aws.Int32(0),
	}); err != nil {
		t.Fatal(err)
	}
	_, err := s.client.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f")})
	var throttled *types.TooManyRequestsException
	if !errors.As(err, &throttled) || throttled.Reason != types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded ||
		aws.ToString(throttled.Message) != "Rate Exceeded." {
		t.Errorf("got %v, want a throttle", err)
	}
	got, err := s.client.GetFunctionConcurrency(t.Context(), &awslambda.GetFunctionConcurrencyInput{FunctionName: aws.String("f")})
	if err != nil || got.ReservedConcurrentExecutions == nil || *got.ReservedConcurrentExecutions != 0 {
		t.Errorf("GetFunctionConcurrency: %+v, %v", got, err)
	}
	if _, err := s.client.DeleteFunctionConcurrency(t.Context(), &awslambda.DeleteFunctionConcurrencyInput{FunctionName: aws.String("f")}); err != nil {
		t.Fatal(err)
	}
	s.invoke(t, "f", `{"do":"echo"}`)
}

func TestInitFailures(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		init string
		want string
	}{
		"exit":  {"exit", `Runtime exited with error: exit status 7`},
		"panic": {"panic", `Runtime exited with error: exit status 2`},
		"hang":  {"hang", `Task timed out after 1.00 seconds`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, func(c *lambda.Config) { c.InitTimeout = 500 * time.Millisecond })
			s.create(t, "f", func(in *awslambda.CreateFunctionInput) {
				if tt.init == "hang" {
					in.Timeout = aws.Int32(1)
				}
				in.Environment.Variables["INIT"] = tt.init
			})
			out := s.invoke(t, "f", `{"do":"echo"}`)
			if aws.ToString(out.FunctionError) != "Unhandled" || !strings.Contains(string(out.Payload), tt.want) {
				t.Errorf("answer %s, want %s", out.Payload, tt.want)
			}
			if n := strings.Count(s.log(t, "f"), "INIT_REPORT"); n != 2 {
				t.Errorf("%d init phases failed, want 2: the second is part of the invocation", n)
			}
		})
	}
}

func TestInitIsTriedAgainInTheInvocation(t *testing.T) {
	t.Parallel()
	s := newSetup(t, func(c *lambda.Config) { c.InitTimeout = 3 * time.Second }) // it notes in that time that it has hung
	s.create(t, "f", func(in *awslambda.CreateFunctionInput) { in.Environment.Variables["INIT"] = "hang-once" })
	if out := s.invoke(t, "f", `{"do":"echo","text":"late"}`); string(out.Payload) != `"late"` {
		t.Errorf("answer %s", out.Payload)
	}
}

func TestNoBootstrap(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	code, err := zipped(map[string][]byte{"main": []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	s.create(t, "f", func(in *awslambda.CreateFunctionInput) { in.Code = &types.FunctionCode{ZipFile: code} })
	out := s.invoke(t, "f", `{}`)
	if aws.ToString(out.FunctionError) != "Unhandled" || !strings.Contains(string(out.Payload), "Runtime.InvalidEntrypoint") {
		t.Errorf("answer %s", out.Payload)
	}
}

func TestFreezeAndIdle(t *testing.T) {
	t.Parallel()
	s := newSetup(t, func(c *lambda.Config) { c.IdleTimeout = 300 * time.Millisecond })
	s.create(t, "f")
	pid := s.about(t, "f").Pid
	if stat, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat")); err == nil {
		eventually(t, "the idle process is stopped", func() bool {
			stat, err = os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
			return err != nil || strings.Contains(string(stat), ") T ")
		})
	}
	eventually(t, "the idle process is ended", func() bool { return syscall.Kill(pid, 0) != nil })
	if again := s.about(t, "f").Pid; again == pid {
		t.Error("the ended process answered")
	}
}

func TestInvocationTypes(t *testing.T) {
	t.Parallel()
	s := newSetup(t, func(c *lambda.Config) { c.AsyncRetries = []time.Duration{time.Millisecond, time.Millisecond} })
	s.create(t, "f")
	event := func(kind types.InvocationType, payload string) *awslambda.InvokeOutput {
		t.Helper()
		out, err := s.client.Invoke(t.Context(), &awslambda.InvokeInput{
			FunctionName: aws.String("f"), InvocationType: kind, Payload: []byte(payload),
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := event(types.InvocationTypeDryRun, `{"do":"exit"}`); out.StatusCode != 204 || len(out.Payload) != 0 {
		t.Errorf("DryRun: %+v", out)
	}
	if out := event(types.InvocationTypeEvent, `{"records":[{"kinesis":{"data":"ZmFpbA=="}}]}`); out.StatusCode != 202 || len(out.Payload) != 0 {
		t.Errorf("Event: %+v", out)
	}
	eventually(t, "the event was tried three times", func() bool { return len(s.noted()) == 3 })
}

func TestInvokeRefuses(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	tests := map[string]struct {
		in   awslambda.InvokeInput
		code string
		text string
	}{
		"unknown function": {awslambda.InvokeInput{FunctionName: aws.String("g")}, "ResourceNotFoundException",
			"Function not found: arn:aws:lambda:us-east-1:000000000000:function:g"},
		"unknown version": {awslambda.InvokeInput{FunctionName: aws.String("f"), Qualifier: aws.String("7")}, "ResourceNotFoundException",
			"Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:7"},
		"two qualifiers": {awslambda.InvokeInput{FunctionName: aws.String("f:$LATEST"), Qualifier: aws.String("7")}, "InvalidParameterValueException",
			"The derived qualifier from the function name does not match the specified qualifier."},
		"no JSON": {awslambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte("{")}, "InvalidRequestContentException",
			"Could not parse request body into json"},
		"too large": {awslambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`"` + strings.Repeat("x", 6291456) + `"`)},
			"RequestEntityTooLargeException", "Request must be smaller than 6291456 bytes"},
		"too large an event": {awslambda.InvokeInput{
			FunctionName: aws.String("f"), InvocationType: types.InvocationTypeEvent, Payload: []byte(`"` + strings.Repeat("x", 1<<20) + `"`),
		}, "RequestEntityTooLargeException", "Request must be smaller than 1048576 bytes"},
		"unknown type": {awslambda.InvokeInput{FunctionName: aws.String("f"), InvocationType: "Never"}, "ValidationException", "invocationType"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := s.client.Invoke(t.Context(), &tt.in)
			wantError(t, err, tt.code, tt.text)
		})
	}
}

// wantError checks the code and a part of the message of an API error.
func wantError(t *testing.T, err error, code, text string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want %s", err, code)
	}
	if e.ErrorCode() != code || !strings.Contains(e.ErrorMessage(), text) {
		t.Errorf("got %s: %s\nwant %s: %s", e.ErrorCode(), e.ErrorMessage(), code, text)
	}
}

// Close ends what runs, however long it would run by itself.
func TestCloseKills(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	pid := s.about(t, "f").Pid
	var work sync.WaitGroup
	work.Go(func() {
		_, _ = s.service.Invoke(t.Context(), lambda.InvokeInput{FunctionName: "f", Payload: []byte(`{"do":"wait","text":"/nonexistent"}`)})
	})
	eventually(t, "the invocation runs", func() bool { return len(s.noted()) == 1 })
	closing, cancel := contextWithCancel(t)
	cancel()
	s.service.Close(closing)
	work.Wait()
	if syscall.Kill(pid, 0) == nil {
		t.Error("a process outlived Close")
	}
	for _, dir := range []string{"code", "tmp"} {
		if _, err := os.Stat(filepath.Join(s.dir, "state", dir)); err == nil {
			t.Errorf("%s is left behind", dir)
		}
	}
	if _, err := s.service.Invoke(t.Context(), lambda.InvokeInput{FunctionName: "f"}); err == nil {
		t.Error("a closed service runs functions")
	}
}
