package lambda_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// invokeStream invokes a function and gathers its answer.
func (s *setup) invokeStream(t *testing.T, payload string) (answer string, end types.InvokeWithResponseStreamCompleteEvent, version string) {
	t.Helper()
	out, err := s.client.InvokeWithResponseStream(t.Context(), &awslambda.InvokeWithResponseStreamInput{
		FunctionName: aws.String("f"), Payload: []byte(payload), LogType: types.LogTypeTail,
	})
	if err != nil {
		t.Fatal(err)
	}
	stream, complete := out.GetStream(), 0
	defer stream.Close()
	var text strings.Builder
	for event := range stream.Events() {
		switch e := event.(type) {
		case *types.InvokeWithResponseStreamResponseEventMemberPayloadChunk:
			text.Write(e.Value.Payload)
		case *types.InvokeWithResponseStreamResponseEventMemberInvokeComplete:
			end = e.Value
			complete++
		default:
			t.Errorf("event %T", event)
		}
	}
	if err := stream.Err(); err != nil || complete != 1 {
		t.Errorf("the stream ends with %v, after %d ends", err, complete)
	}
	return text.String(), end, aws.ToString(out.ExecutedVersion)
}

func TestInvokeWithResponseStream(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	tests := map[string]struct {
		payload, answer, code, details string
	}{
		"streamed":    {`{"do":"stream","text":"abc","n":3}`, "abcabcabc", "", ""},
		"at once":     {`{"do":"echo","text":"abc"}`, `"abc"`, "", ""},
		"failed":      {`{"do":"fail","text":"no"}`, "", "errorString", `"errorMessage":"no"`},
		"broken off":  {`{"do":"stream","text":"break","n":1}`, "break", "errorString", "broken off"},
		"a crash":     {`{"do":"exit","n":3}`, "", "Runtime.ExitError", "exit status 3"},
		"a large one": {`{"do":"stream","text":"` + strings.Repeat("x", 30000) + `","n":300}`, strings.Repeat("x", 9_000_000), "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			answer, end, version := s.invokeStream(t, tt.payload)
			if answer != tt.answer || version != "$LATEST" {
				t.Errorf("answer of version %s: %.100s (%d bytes)", version, answer, len(answer))
			}
			if aws.ToString(end.ErrorCode) != tt.code || !strings.Contains(aws.ToString(end.ErrorDetails), tt.details) {
				t.Errorf("error %s: %s", aws.ToString(end.ErrorCode), aws.ToString(end.ErrorDetails))
			}
			tail, err := base64.StdEncoding.DecodeString(aws.ToString(end.LogResult))
			if err != nil || !strings.Contains(string(tail), "REPORT RequestId: ") {
				t.Errorf("log %s, %v", tail, err)
			}
		})
	}
	_, err := s.client.InvokeWithResponseStream(t.Context(), &awslambda.InvokeWithResponseStreamInput{FunctionName: aws.String("g")})
	wantError(t, err, "ResourceNotFoundException", "Function not found")
	reserve(t, s, 0)
	_, err = s.client.InvokeWithResponseStream(t.Context(), &awslambda.InvokeWithResponseStreamInput{FunctionName: aws.String("f")})
	wantError(t, err, "TooManyRequestsException", "Rate Exceeded.")
}

// The pieces of an answer arrive while the function still works on the next one.
func TestResponseStreamIsNotCollected(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	out, err := s.client.InvokeWithResponseStream(t.Context(), &awslambda.InvokeWithResponseStreamInput{
		FunctionName: aws.String("f"), Payload: []byte(`{"do":"drip","text":"` + s.notes + `.more"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	defer stream.Close()
	var got strings.Builder
	for event := range stream.Events() {
		chunk, ok := event.(*types.InvokeWithResponseStreamResponseEventMemberPayloadChunk)
		if !ok {
			continue
		}
		if got.Write(chunk.Value.Payload); got.String() == "first" {
			touch(t, s.notes+".more") // only now the function goes on
		}
	}
	if err := stream.Err(); err != nil || got.String() != "firstsecond" {
		t.Errorf("got %s, %v", &got, err)
	}
}
