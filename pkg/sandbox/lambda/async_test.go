package lambda_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
)

// quick are retries that do not let a test wait.
func quick(c *lambda.Config) { c.AsyncRetries = []time.Duration{time.Millisecond, time.Millisecond} }

// event invokes a function asynchronously and returns the request's id.
func (s *setup) event(t testing.TB, name, payload string) string {
	t.Helper()
	var id string
	out, err := s.service.Invoke(t.Context(), lambda.InvokeInput{FunctionName: name, Type: lambda.Event, Payload: []byte(payload)})
	if err != nil {
		t.Fatal(err)
	}
	if id = out.RequestID; id == "" {
		t.Fatal("an event without an id")
	}
	return id
}

func destinations(success, failure string) *types.DestinationConfig {
	out := &types.DestinationConfig{}
	if success != "" {
		out.OnSuccess = &types.OnSuccess{Destination: &success}
	}
	if failure != "" {
		out.OnFailure = &types.OnFailure{Destination: &failure}
	}
	return out
}

const queue = "arn:aws:sqs:us-east-1:000000000000:q"

// What destinations get is what the guide documents, word for word.
func TestAsyncDestinations(t *testing.T) {
	t.Parallel()
	const head = `{"version":"1.0","timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","requestContext":{"requestId":"%s",` +
		`"functionArn":"arn:aws:lambda:us-east-1:000000000000:function:f:\$LATEST","condition":"%s","approximateInvokeCount":%d},`
	tests := map[string]struct {
		retries   int32
		payload   string
		condition string
		count     int
		want      string // what follows head
	}{
		"success": {2, `{"do":"echo","text":"hello"}`, "Success", 1,
			`"requestPayload":{"do":"echo","text":"hello"},"responseContext":{"statusCode":200,"executedVersion":"\$LATEST"},"responsePayload":"hello"}`},
		"failure after two retries": {2, `{"do":"fail","text":"no"}`, "RetriesExhausted", 3,
			`"requestPayload":{"do":"fail","text":"no"},"responseContext":{"statusCode":200,"executedVersion":"\$LATEST","functionError":"Unhandled"},"responsePayload":{"errorMessage":"no","errorType":"errorString"}}`},
		"failure without a retry": {0, `{"do":"fail","text":"no"}`, "RetriesExhausted", 1,
			`"requestPayload":.*"responsePayload":{"errorMessage":"no","errorType":"errorString"}}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t, quick)
			s.create(t, "f")
			if _, err := s.client.PutFunctionEventInvokeConfig(t.Context(), &awslambda.PutFunctionEventInvokeConfigInput{
				FunctionName: aws.String("f"), MaximumRetryAttempts: &tt.retries, DestinationConfig: destinations(queue, queue),
			}); err != nil {
				t.Fatal(err)
			}
			id := s.event(t, "f", tt.payload)
			eventually(t, "the destination is told", func() bool { return len(s.destination.got()) == 1 })
			want := regexp.MustCompile("^" + fmt.Sprintf(head, id, tt.condition, tt.count) + tt.want + "$")
			if got := s.destination.got()[0]; !want.Match(got.Body) {
				t.Errorf("got  %s\nwant %s", got.Body, want)
			}
		})
	}
}

// A bucket gets an object for each failure, a function an event.
func TestAsyncDestinationKinds(t *testing.T) {
	t.Parallel()
	s := newSetup(t, quick)
	s.create(t, "f")
	s.create(t, "g")
	if _, err := s.client.PutFunctionEventInvokeConfig(t.Context(), &awslambda.PutFunctionEventInvokeConfigInput{
		FunctionName: aws.String("f"), DestinationConfig: destinations(strings.TrimSuffix(functionARN, "f")+"g", "arn:aws:s3:::failed"),
	}); err != nil {
		t.Fatal(err)
	}
	s.event(t, "f", `{"do":"fail"}`)
	eventually(t, "the bucket has an object", func() bool { return len(s.destination.got()) == 1 })
	if key := s.destination.got()[0].Key; !regexp.MustCompile(`^aws/lambda/async/f/\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-` + uuidExpr + `$`).MatchString(key) {
		t.Errorf("key %s", key)
	}
	s.event(t, "f", `{"do":"echo"}`)
	// It has no command that g knows, so g fails and says so in its log.
	eventually(t, "the other function is called", func() bool { return strings.Contains(s.log(t, "g"), "unknown command") })
}

// An event that is too old is not tried again, and its destination is told of the last attempt.
func TestAsyncEventAge(t *testing.T) {
	t.Parallel()
	var late atomic.Int64
	s := newSetup(t, quick, func(c *lambda.Config) {
		c.Clock = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
	})
	s.create(t, "f")
	if _, err := s.client.PutFunctionEventInvokeConfig(t.Context(), &awslambda.PutFunctionEventInvokeConfigInput{
		FunctionName: aws.String("f"), MaximumEventAgeInSeconds: aws.Int32(60), DestinationConfig: destinations("", queue),
	}); err != nil {
		t.Fatal(err)
	}
	reserve(t, s, 0) // nothing runs, and the event is throttled
	s.event(t, "f", `{"do":"echo"}`)
	late.Store(int64(time.Hour))
	eventually(t, "the destination is told", func() bool { return len(s.destination.got()) == 1 })
	var got map[string]any
	if err := json.Unmarshal(s.destination.got()[0].Body, &got); err != nil {
		t.Fatal(err)
	}
	context, _ := got["requestContext"].(map[string]any)
	if context["condition"] != "EventAgeExceeded" || context["approximateInvokeCount"] != 0.0 || got["responseContext"] != nil {
		t.Errorf("record %v", got)
	}
}

func reserve(t *testing.T, s *setup, n int32) {
	t.Helper()
	if _, err := s.client.PutFunctionConcurrency(t.Context(), &awslambda.PutFunctionConcurrencyInput{FunctionName: aws.String("f"), ReservedConcurrentExecutions: &n}); err != nil {
		t.Fatal(err)
	}
}

// All attempts of an event have one request id.
func TestAsyncAttemptsHaveOneID(t *testing.T) {
	t.Parallel()
	kept := &logs{}
	s := newSetup(t, quick, func(c *lambda.Config) { c.Logs = kept })
	s.create(t, "f")
	id := s.event(t, "f", `{"do":"fail"}`)
	eventually(t, "three attempts are logged", func() bool {
		return strings.Count(strings.Join(kept.streams(t, "/aws/lambda/f"), ""), "START RequestId: "+id) == 3
	})
}

func TestEventInvokeConfig(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f", func(in *awslambda.CreateFunctionInput) { in.Publish = true })
	put := func(in awslambda.PutFunctionEventInvokeConfigInput) error {
		in.FunctionName = aws.String("f")
		_, err := s.client.PutFunctionEventInvokeConfig(t.Context(), &in)
		return err
	}
	get := func(qualifier *string) (*awslambda.GetFunctionEventInvokeConfigOutput, error) {
		return s.client.GetFunctionEventInvokeConfig(t.Context(), &awslambda.GetFunctionEventInvokeConfigInput{FunctionName: aws.String("f"), Qualifier: qualifier})
	}
	_, none := get(nil)
	_, update := s.client.UpdateFunctionEventInvokeConfig(t.Context(), &awslambda.UpdateFunctionEventInvokeConfigInput{FunctionName: aws.String("f"), MaximumRetryAttempts: aws.Int32(1)})
	refused := map[string]struct {
		err  error
		code string
		text string
	}{
		"none":      {none, "ResourceNotFoundException", "The function " + functionARN + ":$LATEST doesn't have an EventInvokeConfig"},
		"update":    {update, "ResourceNotFoundException", "doesn't have an EventInvokeConfig"},
		"nothing":   {put(awslambda.PutFunctionEventInvokeConfigInput{}), "InvalidParameterValueException", "at least one of error handling or destination setting"},
		"retries":   {put(awslambda.PutFunctionEventInvokeConfigInput{MaximumRetryAttempts: aws.Int32(3)}), "ValidationException", "less than or equal to 2"},
		"young":     {put(awslambda.PutFunctionEventInvokeConfigInput{MaximumEventAgeInSeconds: aws.Int32(59)}), "ValidationException", "greater than or equal to 60"},
		"old":       {put(awslambda.PutFunctionEventInvokeConfigInput{MaximumEventAgeInSeconds: aws.Int32(21601)}), "ValidationException", "less than or equal to 21600"},
		"no queue":  {put(awslambda.PutFunctionEventInvokeConfigInput{DestinationConfig: destinations(queue+"missing", "")}), "InvalidParameterValueException", "it does not exist"},
		"no lambda": {put(awslambda.PutFunctionEventInvokeConfigInput{DestinationConfig: destinations("", functionARN+"g")}), "InvalidParameterValueException", "Function not found"},
		"bucket":    {put(awslambda.PutFunctionEventInvokeConfigInput{DestinationConfig: destinations("arn:aws:s3:::b", "")}), "InvalidParameterValueException", "for failures only"},
	}
	for name, tt := range refused {
		t.Run(name, func(t *testing.T) { wantError(t, tt.err, tt.code, tt.text) })
	}
	for _, qualifier := range []string{"1", "$LATEST"} {
		if err := put(awslambda.PutFunctionEventInvokeConfigInput{Qualifier: &qualifier, MaximumEventAgeInSeconds: aws.Int32(100), DestinationConfig: destinations(queue, "")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.client.UpdateFunctionEventInvokeConfig(t.Context(), &awslambda.UpdateFunctionEventInvokeConfigInput{FunctionName: aws.String("f"), MaximumRetryAttempts: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	c, err := get(nil)
	if err != nil || *c.FunctionArn != functionARN+":$LATEST" || *c.MaximumRetryAttempts != 1 || *c.MaximumEventAgeInSeconds != 100 ||
		*c.DestinationConfig.OnSuccess.Destination != queue || time.Since(*c.LastModified).Abs() > time.Minute {
		t.Errorf("updated: %+v, %v", c, err)
	}
	if c, err = get(aws.String("1")); err != nil || c.MaximumRetryAttempts != nil {
		t.Errorf("of the version: %+v, %v", c, err)
	}
	list, err := s.client.ListFunctionEventInvokeConfigs(t.Context(), &awslambda.ListFunctionEventInvokeConfigsInput{FunctionName: aws.String("f")})
	if err != nil || len(list.FunctionEventInvokeConfigs) != 2 {
		t.Errorf("list: %+v, %v", list, err)
	}
	if _, err := s.client.DeleteFunctionEventInvokeConfig(t.Context(), &awslambda.DeleteFunctionEventInvokeConfigInput{FunctionName: aws.String("f")}); err != nil {
		t.Fatal(err)
	}
	_, err = get(nil)
	wantError(t, err, "ResourceNotFoundException", "EventInvokeConfig")
}

// Events are refused beyond a number of bytes that the machine can keep, and taken again once others have ended.
func TestAsyncBudget(t *testing.T) {
	t.Parallel()
	s := newSetup(t, func(c *lambda.Config) { c.AsyncBytes = 1000 })
	s.create(t, "f")
	in := lambda.InvokeInput{FunctionName: "f", Type: lambda.Event, Payload: []byte(`{"do":"wait","text":"` + s.notes + `.go"}`)}
	in.Payload = append(in.Payload, strings.Repeat(" ", 400-len(in.Payload))...)
	for i := range 3 {
		_, err := s.service.Invoke(t.Context(), in)
		if refused := err != nil && strings.Contains(err.Error(), "TooManyRequestsException"); refused != (i == 2) {
			t.Errorf("event %d of 400 bytes: %v", i, err)
		}
	}
	touch(t, s.notes+".go")
	eventually(t, "another is taken", func() bool {
		_, err := s.service.Invoke(t.Context(), in)
		return err == nil
	})
}
