package lambda_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
)

// turn turns a knob, or shows them all for none, and returns the answer.
func (s *setup) turn(t testing.TB, knob, body string) (int, map[string]any) {
	t.Helper()
	method := http.MethodPost
	if knob == "" {
		method = http.MethodGet
	}
	r := httptest.NewRequestWithContext(t.Context(), method, "/"+knob, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.service.Knobs().ServeHTTP(w, r)
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatal(err, w.Body)
	}
	return w.Code, out
}

func (s *setup) mustTurn(t testing.TB, knob, body string) map[string]any {
	t.Helper()
	status, out := s.turn(t, knob, body)
	if status != http.StatusOK {
		t.Fatalf("%s %s: %d %v", knob, body, status, out)
	}
	return out
}

// A function's processes are killed while they work and while they are frozen, and the function goes on with new ones.
func TestKillKnob(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f", func(in *awslambda.CreateFunctionInput) { in.Publish = true })
	idle := s.about(t, "f:1").Pid
	var work sync.WaitGroup
	work.Go(func() {
		out, err := s.client.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{"do":"wait","text":"/nonexistent"}`)})
		if err != nil || !strings.Contains(string(out.Payload), "Runtime exited with error: signal: killed") {
			t.Errorf("the invocation whose process was killed: %+v, %v", out, err)
		}
	})
	s.awaitNotes(t, "waiting")
	environments, _ := s.mustTurn(t, "", "")["environments"].([]any)
	busy := 0
	for _, e := range environments {
		if e.(map[string]any)["busy"] == true { //nolint:forcetypeassert // it is the knob's own form
			busy++
		}
	}
	if len(environments) != 2 || busy != 1 {
		t.Errorf("environments %v", environments)
	}
	s.mustTurn(t, "kill", `{"function":"f:$LATEST"}`)
	work.Wait()
	if again := s.about(t, "f:1").Pid; again != idle {
		t.Error("the process of another version was killed")
	}
	s.mustTurn(t, "kill", `{"function":"f"}`)
	if again := s.about(t, "f:1").Pid; again == idle {
		t.Error("a killed process answered")
	}
	if status, out := s.turn(t, "kill", `{"function":"g"}`); status != http.StatusBadRequest || !strings.Contains(out["error"].(string), "Function not found") { //nolint:forcetypeassert // it is the knob's own form
		t.Errorf("killing a function that is not there: %d %v", status, out)
	}
}

func TestFaultKnob(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	invoke := func() error {
		_, err := s.client.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{"do":"echo"}`)})
		return err
	}
	s.mustTurn(t, "fault", `{"operation":"Invoke","count":2,"status":429,"code":"TooManyRequestsException","message":"Rate Exceeded."}`)
	if _, err := s.client.GetFunction(t.Context(), &awslambda.GetFunctionInput{FunctionName: aws.String("f")}); err != nil {
		t.Errorf("another operation: %v", err)
	}
	wantError(t, invoke(), "TooManyRequestsException", "Rate Exceeded.")
	// Those of the sandbox itself, as event source mappings, meet it, too.
	if _, err := s.service.Invoke(t.Context(), lambda.InvokeInput{FunctionName: "f"}); err == nil || !strings.Contains(err.Error(), "Rate Exceeded.") {
		t.Errorf("in the process: %v", err)
	}
	if err := invoke(); err != nil {
		t.Errorf("after both: %v", err)
	}
	s.mustTurn(t, "fault", `{"operation":"PublishVersion","count":1,"drop":"after"}`)
	if _, err := s.client.PublishVersion(t.Context(), &awslambda.PublishVersionInput{FunctionName: aws.String("f")}); err == nil {
		t.Error("a dropped connection answered")
	}
	s.mustTurn(t, "fault", `{"operation":"DeleteFunction","count":1,"drop":"before"}`)
	if _, err := s.client.DeleteFunction(t.Context(), &awslambda.DeleteFunctionInput{FunctionName: aws.String("f")}); err == nil {
		t.Error("a dropped connection answered")
	}
	if v := s.versions(t); len(v) != 2 {
		t.Errorf("versions %v: the first was dropped after, the second before it was done", v)
	}
	s.mustTurn(t, "fault", `{"operation":"Invoke","count":9,"delay":"1ms","status":500,"code":"ServiceException"}`)
	if faults, _ := s.mustTurn(t, "reset", `{}`)["faults"].([]any); len(faults) != 0 {
		t.Errorf("after a reset: %v", faults)
	}
	for body, want := range map[string]string{`{"operation":"Fly","count":1,"delay":"1ms"}`: "Fly", `{"count":0}`: "count"} {
		if status, out := s.turn(t, "fault", body); status != http.StatusBadRequest || !strings.Contains(out["error"].(string), want) { //nolint:forcetypeassert // it is the knob's own form
			t.Errorf("%s: %d %v", body, status, out)
		}
	}
}
