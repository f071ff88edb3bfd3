package lambda_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"
)

const (
	shard0 = "shardId-000000000000"
	shard1 = "shardId-000000000001"
)

// mapTo makes a mapping of the stream to a function and waits until it is enabled.
func (s *setup) mapTo(t testing.TB, name string, change ...func(*awslambda.CreateEventSourceMappingInput)) string {
	t.Helper()
	in := &awslambda.CreateEventSourceMappingInput{
		EventSourceArn: aws.String(streamARN), FunctionName: aws.String(name), StartingPosition: types.EventSourcePositionTrimHorizon,
	}
	for _, c := range change {
		c(in)
	}
	out, err := s.client.CreateEventSourceMapping(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if in.Enabled == nil || *in.Enabled {
		s.awaitState(t, *out.UUID, "Enabled")
	}
	return *out.UUID
}

func (s *setup) awaitState(t testing.TB, uuid, state string) {
	t.Helper()
	eventually(t, "the mapping is "+state, func() bool {
		out, err := s.client.GetEventSourceMapping(t.Context(), &awslambda.GetEventSourceMappingInput{UUID: aws.String(uuid)})
		return err == nil && *out.State == state
	})
}

// awaitNotes waits until functions noted exactly these lines.
func (s *setup) awaitNotes(t testing.TB, want ...string) {
	t.Helper()
	eventually(t, "notes "+strings.Join(want, " | "), func() bool { return len(s.noted()) >= len(want) })
	if diff := cmp.Diff(want, s.noted()); diff != "" {
		t.Errorf("invocations (-want +got):\n%s", diff)
	}
}

func TestCreateMappingAnswer(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	out, err := s.client.CreateEventSourceMapping(t.Context(), &awslambda.CreateEventSourceMappingInput{
		EventSourceArn: aws.String(streamARN), FunctionName: aws.String("f"), StartingPosition: types.EventSourcePositionLatest,
	})
	if err != nil {
		t.Fatal(err)
	}
	if *out.BatchSize != 100 || *out.BisectBatchOnFunctionError || out.DestinationConfig.OnFailure == nil || len(out.FunctionResponseTypes) != 0 ||
		*out.LastProcessingResult != "No records processed" || *out.MaximumBatchingWindowInSeconds != 0 ||
		*out.MaximumRecordAgeInSeconds != -1 || *out.MaximumRetryAttempts != -1 || *out.ParallelizationFactor != 1 ||
		*out.State != "Creating" || *out.StateTransitionReason != "User action" || *out.TumblingWindowInSeconds != 0 ||
		*out.FunctionArn != "arn:aws:lambda:us-east-1:000000000000:function:f" || out.LastModified == nil ||
		*out.EventSourceMappingArn != "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:"+*out.UUID {
		t.Errorf("answer %+v", out)
	}
	_, err = s.client.CreateEventSourceMapping(t.Context(), &awslambda.CreateEventSourceMappingInput{
		EventSourceArn: aws.String(streamARN), FunctionName: aws.String("f"), StartingPosition: types.EventSourcePositionLatest,
	})
	wantError(t, err, "ResourceConflictException", `The event source arn (" `+streamARN+` ") and function (" f ") provided mapping already exists. Please update or delete the existing mapping with UUID `+*out.UUID)
	_, err = s.client.CreateEventSourceMapping(t.Context(), &awslambda.CreateEventSourceMappingInput{
		EventSourceArn: aws.String(streamARN), FunctionName: aws.String("f:$LATEST"), StartingPosition: types.EventSourcePositionLatest,
	})
	wantError(t, err, "ResourceConflictException", `function (" f ") provided mapping already exists.`)
	list, err := s.client.ListEventSourceMappings(t.Context(), &awslambda.ListEventSourceMappingsInput{FunctionName: aws.String("f:$LATEST")})
	if err != nil || len(list.EventSourceMappings) != 1 {
		t.Errorf("%d mappings, %v", len(list.EventSourceMappings), err)
	}
	none, err := s.client.ListEventSourceMappings(t.Context(), &awslambda.ListEventSourceMappingsInput{FunctionName: aws.String("g")})
	if err != nil || len(none.EventSourceMappings) != 0 {
		t.Errorf("mappings of another function: %+v, %v", none, err)
	}
}

// A mapping cannot be turned into a second one of the same stream and function.
func TestUpdateMappingRefusesDuplicate(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	s.create(t, "g")
	first := s.mapTo(t, "f")
	second := s.mapTo(t, "g")
	_, err := s.client.UpdateEventSourceMapping(t.Context(), &awslambda.UpdateEventSourceMappingInput{
		UUID: aws.String(second), FunctionName: aws.String("f:$LATEST"),
	})
	wantError(t, err, "ResourceConflictException", "update or delete the existing mapping with UUID "+first)
	if _, err := s.client.UpdateEventSourceMapping(t.Context(), &awslambda.UpdateEventSourceMappingInput{
		UUID: aws.String(second), FunctionName: aws.String("g:$LATEST"),
	}); err != nil {
		t.Error(err)
	}
}

func TestCreateMappingRefuses(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	type input = awslambda.CreateEventSourceMappingInput
	tests := map[string]struct {
		change func(*input)
		code   string
		text   string
	}{
		"no stream":        {func(in *input) { in.EventSourceArn = aws.String(streamARN + "x") }, "InvalidParameterValueException", "Stream not found: " + streamARN + "x"},
		"no source":        {func(in *input) { in.EventSourceArn = aws.String("arn:aws:dynamodb:us-east-1:000000000000:table/x") }, "InvalidParameterValueException", "Unrecognized event source."},
		"no ARN":           {func(in *input) { in.EventSourceArn = aws.String("records") }, "ValidationException", "eventSourceArn"},
		"no function":      {func(in *input) { in.FunctionName = aws.String("g") }, "InvalidParameterValueException", "Function does not exist"},
		"no position":      {func(in *input) { in.StartingPosition = "" }, "InvalidParameterValueException", "startingPosition"},
		"unknown position": {func(in *input) { in.StartingPosition = "MIDDLE" }, "ValidationException", "[LATEST, AT_TIMESTAMP, TRIM_HORIZON]"},
		"no timestamp":     {func(in *input) { in.StartingPosition = types.EventSourcePositionAtTimestamp }, "InvalidParameterValueException", "Must specify timestampInMillis"},
		"needless time":    {func(in *input) { in.StartingPositionTimestamp = aws.Time(time.Now()) }, "InvalidParameterValueException", "Timestamp only valid with StartingPosition AT_TIMESTAMP"},
		"future": {func(in *input) {
			in.StartingPosition, in.StartingPositionTimestamp = types.EventSourcePositionAtTimestamp, aws.Time(time.Now().Add(time.Hour))
		}, "InvalidParameterValueException", "Received Exception while reading from provided stream. The timestampInMillis parameter cannot be greater than the currentTimestampInMillis."},
		"before time": {func(in *input) {
			in.StartingPosition, in.StartingPositionTimestamp = types.EventSourcePositionAtTimestamp, aws.Time(time.Unix(-1, 0))
		}, "InvalidParameterValueException", "Received Exception while reading from provided stream. class java.lang.Long can not be converted to a Timestamp"},
		"several": {func(in *input) {
			in.BatchSize, in.ParallelizationFactor, in.StartingPosition = aws.Int32(0), aws.Int32(0), "0"
		}, "ValidationException",
			"3 validation errors detected: Value '0' at 'batchSize' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
				"Value '0' at 'parallelizationFactor' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
				"Value '0' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"},
		"batch size":    {func(in *input) { in.BatchSize = aws.Int32(10001) }, "ValidationException", "batchSize"},
		"window":        {func(in *input) { in.MaximumBatchingWindowInSeconds = aws.Int32(301) }, "ValidationException", "maximumBatchingWindowInSeconds"},
		"parallel":      {func(in *input) { in.ParallelizationFactor = aws.Int32(11) }, "ValidationException", "parallelizationFactor"},
		"retries":       {func(in *input) { in.MaximumRetryAttempts = aws.Int32(-2) }, "ValidationException", "maximumRetryAttempts"},
		"record age":    {func(in *input) { in.MaximumRecordAgeInSeconds = aws.Int32(59) }, "InvalidParameterValueException", "MaximumRecordAgeInSeconds"},
		"response type": {func(in *input) { in.FunctionResponseTypes = []types.FunctionResponseType{"All"} }, "ValidationException", "ReportBatchItemFailures"},
		"filter": {func(in *input) {
			in.FilterCriteria = filters(`{"data":{"kind":["buy"=1]}}`)
		}, "InvalidParameterValueException", "Invalid filter pattern definition."},
		"filter on plain data": {func(in *input) { in.FilterCriteria = filters(`{"data":["buy"]}`) }, "InvalidParameterValueException", "Invalid filter pattern definition."},
		"long filter":          {func(in *input) { in.FilterCriteria = filters(strings.Repeat("x", 4097)) }, "ValidationException", "'filterCriteria.filters.1.member.pattern'"},
		"six filters": {func(in *input) {
			in.FilterCriteria = filters(slices.Repeat([]string{`{"partitionKey":["x"]}`}, 6)...)
		}, "InvalidParameterValueException", "filters"},
		"tumbling window": {func(in *input) { in.TumblingWindowInSeconds = aws.Int32(901) }, "ValidationException", "tumblingWindowInSeconds"},
		"tumbling window in parallel": {func(in *input) {
			in.TumblingWindowInSeconds, in.ParallelizationFactor = aws.Int32(60), aws.Int32(2)
		}, "InvalidParameterValueException", "ParallelizationFactor must be 1"},
		"metric": {func(in *input) {
			in.MetricsConfig = &types.EventSourceMappingMetricsConfig{Metrics: []types.EventSourceMappingMetric{"All"}}
		}, "ValidationException", "EventCount"},
		"key":              {func(in *input) { in.KMSKeyArn = aws.String("arn:aws:kms:us-east-1:000000000000:key/x") }, "InvalidParameterValueException", "KMSKeyArn is not supported"},
		"consumer":         {func(in *input) { in.EventSourceArn = aws.String(streamARN + "/consumer/c:1") }, "InvalidParameterValueException", "enhanced fan-out"},
		"odd destination":  {func(in *input) { in.DestinationConfig = failTo("arn:aws:lambda:us-east-1:000000000000:function:g") }, "InvalidParameterValueException", "DestinationConfig"},
		"lost destination": {func(in *input) { in.DestinationConfig = failTo("arn:aws:s3:::missing") }, "InvalidParameterValueException", "it does not exist"},
		"success": {func(in *input) {
			in.DestinationConfig = &types.DestinationConfig{OnSuccess: &types.OnSuccess{Destination: aws.String("arn:aws:s3:::bucket")}}
		}, "InvalidParameterValueException", "OnSuccess"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := &input{
				EventSourceArn: aws.String(streamARN), FunctionName: aws.String("f"), StartingPosition: types.EventSourcePositionLatest,
			}
			tt.change(in)
			_, err := s.client.CreateEventSourceMapping(t.Context(), in)
			wantError(t, err, tt.code, tt.text)
		})
	}
}

func filters(patterns ...string) *types.FilterCriteria {
	out := &types.FilterCriteria{}
	for _, p := range patterns {
		out.Filters = append(out.Filters, types.Filter{Pattern: aws.String(p)})
	}
	return out
}

func failTo(arn string) *types.DestinationConfig {
	return &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String(arn)}}
}

func TestMappingDeliversToARealFunction(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	s.stream.put(shard0, "a", "b", "c")
	id := s.mapTo(t, "f", func(in *awslambda.CreateEventSourceMappingInput) { in.BatchSize = aws.Int32(2) })
	s.awaitNotes(t, "a b", "c")
	s.stream.put(shard1, "d")
	s.awaitNotes(t, "a b", "c", "d")
	eventually(t, "the result is OK", func() bool {
		out, err := s.client.GetEventSourceMapping(t.Context(), &awslambda.GetEventSourceMappingInput{UUID: aws.String(id)})
		return err == nil && *out.LastProcessingResult == "OK"
	})
}

func TestMappingPartialFailureAndDestination(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	s.stream.put(shard0, "1", "2", "3", "4", "5", "partial")
	s.mapTo(t, "f", func(in *awslambda.CreateEventSourceMappingInput) {
		in.BatchSize, in.MaximumRetryAttempts = aws.Int32(3), aws.Int32(3)
		in.FunctionResponseTypes = []types.FunctionResponseType{types.FunctionResponseTypeReportBatchItemFailures}
		in.DestinationConfig = failTo("arn:aws:s3:::failed")
	})
	s.awaitNotes(t, append([]string{"1 2 3", "4 5 partial"}, slices.Repeat([]string{"partial"}, 4)...)...)
	eventually(t, "the destination is told", func() bool { return len(s.destination.got()) == 1 })
	var doc struct {
		RequestContext struct {
			ApproximateInvokeCount int `json:"approximateInvokeCount"`
		} `json:"requestContext"`
		Payload struct{ Records []json.RawMessage } `json:"payload"`
	}
	if err := json.Unmarshal(s.destination.got()[0].Body, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.RequestContext.ApproximateInvokeCount != 4 || len(doc.Payload.Records) != 1 {
		t.Errorf("message %s", s.destination.got()[0].Body)
	}
}

// A record whose event passes 6 MB is one that fails, and does not block its shard.
func TestMappingRecordTooLarge(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	s.stream.put(shard0, strings.Repeat("x", 5_000_000), "b")
	s.mapTo(t, "f", func(in *awslambda.CreateEventSourceMappingInput) {
		in.MaximumRetryAttempts, in.DestinationConfig = aws.Int32(1), failTo("arn:aws:s3:::failed")
	})
	s.awaitNotes(t, "b")
	if got := len(s.destination.got()); got != 1 {
		t.Errorf("%d messages of records given up, want 1", got)
	}
}

func TestMappingDisableEnableUpdateDelete(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	id := s.mapTo(t, "f", func(in *awslambda.CreateEventSourceMappingInput) {
		in.StartingPosition = types.EventSourcePositionLatest
	})
	s.stream.put(shard0, "a")
	s.awaitNotes(t, "a")

	update := func(state string, in awslambda.UpdateEventSourceMappingInput) {
		t.Helper()
		in.UUID = aws.String(id)
		out, err := s.client.UpdateEventSourceMapping(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		if *out.State != state {
			t.Errorf("state %s, want %s", *out.State, state)
		}
	}
	update("Disabling", awslambda.UpdateEventSourceMappingInput{Enabled: aws.Bool(false)})
	s.awaitState(t, id, "Disabled")
	s.stream.put(shard0, "b", "c", "d")
	update("Updating", awslambda.UpdateEventSourceMappingInput{BatchSize: aws.Int32(2)})
	s.awaitState(t, id, "Disabled")
	s.awaitNotes(t, "a")
	update("Enabling", awslambda.UpdateEventSourceMappingInput{Enabled: aws.Bool(true)})
	s.awaitState(t, id, "Enabled")
	s.awaitNotes(t, "a", "b c", "d")

	out, err := s.client.DeleteEventSourceMapping(t.Context(), &awslambda.DeleteEventSourceMappingInput{UUID: aws.String(id)})
	if err != nil || *out.State != "Deleting" {
		t.Fatalf("%+v, %v", out, err)
	}
	eventually(t, "the mapping is gone", func() bool {
		_, err := s.client.GetEventSourceMapping(t.Context(), &awslambda.GetEventSourceMappingInput{UUID: aws.String(id)})
		return err != nil && strings.Contains(err.Error(), "The resource you requested does not exist.")
	})
	s.stream.put(shard0, "e")
	s.mapTo(t, "f", func(in *awslambda.CreateEventSourceMappingInput) {
		in.StartingPosition = types.EventSourcePositionLatest
	})
	s.stream.put(shard0, "f")
	s.awaitNotes(t, "a", "b c", "d", "f")
}

func TestMappingAtTimestamp(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	s.stream.put(shard0, "old")
	at := time.Now().Add(time.Second).Truncate(time.Second)
	eventually(t, "the clock moved on", func() bool { return time.Now().After(at) })
	s.stream.put(shard0, "new")
	s.mapTo(t, "f", func(in *awslambda.CreateEventSourceMappingInput) {
		in.StartingPosition, in.StartingPositionTimestamp = types.EventSourcePositionAtTimestamp, aws.Time(at)
	})
	s.awaitNotes(t, "new")
}

// Two shards run at once: the first invocation waits until the second has begun.
func TestMappingReadsShardsConcurrently(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	s.stream.put(shard0, "fail")
	s.mapTo(t, "f")
	eventually(t, "the first shard is stuck", func() bool { return len(s.noted()) > 2 })
	s.stream.put(shard1, "b")
	eventually(t, "the second shard is read", func() bool { return slices.Contains(s.noted(), "b") })
}

func TestMappingSurvivesItsFunction(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	id := s.mapTo(t, "f")
	if _, err := s.client.DeleteFunction(t.Context(), &awslambda.DeleteFunctionInput{FunctionName: aws.String("f")}); err != nil {
		t.Fatal(err)
	}
	s.stream.put(shard0, "a")
	eventually(t, "the call failed", func() bool {
		out, err := s.client.GetEventSourceMapping(t.Context(), &awslambda.GetEventSourceMappingInput{UUID: aws.String(id)})
		return err == nil && *out.LastProcessingResult == "PROBLEM: Function call failed"
	})
	s.create(t, "f")
	s.awaitNotes(t, "a")
}

// BenchmarkPutToFunction measures the time from a put to the handler of a warm function: wake the poller, read, make the
// event, thaw the process, Runtime API, decode, write a line to a pipe.
func BenchmarkPutToFunction(b *testing.B) {
	s := newSetup(b)
	if err := syscall.Mkfifo(s.notes, 0o600); err != nil {
		b.Fatal(err)
	}
	pipe, err := os.OpenFile(s.notes, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = pipe.Close() }()
	lines := bufio.NewReader(pipe)
	s.create(b, "f")
	s.mapTo(b, "f")
	for b.Loop() {
		s.stream.put(shard0, "a")
		if _, err := lines.ReadString('\n'); err != nil {
			b.Fatal(err)
		}
	}
}

// A mapping that is on its way to another state, here because an invocation runs, cannot be changed or deleted.
func TestMappingInUse(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.create(t, "f")
	id := s.mapTo(t, "f")
	gate := filepath.Join(s.dir, "gate")
	s.stream.put(shard0, "wait "+gate)
	eventually(t, "the invocation runs", func() bool { return len(s.noted()) == 1 })
	update := &awslambda.UpdateEventSourceMappingInput{UUID: aws.String(id), Enabled: aws.Bool(false)}
	if _, err := s.client.UpdateEventSourceMapping(t.Context(), update); err != nil {
		t.Fatal(err)
	}
	_, err := s.client.UpdateEventSourceMapping(t.Context(), update)
	wantError(t, err, "ResourceInUseException", "Cannot update the event source mapping because it is in use.")
	_, err = s.client.DeleteEventSourceMapping(t.Context(), &awslambda.DeleteEventSourceMappingInput{UUID: aws.String(id)})
	wantError(t, err, "ResourceInUseException", "Cannot delete the event source mapping because it is in use.")
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.awaitState(t, id, "Disabled")
	if _, err := s.client.UpdateEventSourceMapping(t.Context(), update); err != nil {
		t.Error(err)
	}
}

// BenchmarkColdStart measures a first invocation: process, init phase, event, answer.
func BenchmarkColdStart(b *testing.B) {
	s := newSetup(b)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		name := "f" + itoa(i)
		s.create(b, name)
		b.StartTimer()
		s.invoke(b, name, `{"do":"echo"}`)
		b.StopTimer()
		if _, err := s.client.DeleteFunction(b.Context(), &awslambda.DeleteFunctionInput{FunctionName: aws.String(name)}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkWarmInvoke measures an invocation through the API.
func BenchmarkWarmInvoke(b *testing.B) {
	s := newSetup(b)
	s.create(b, "f")
	s.invoke(b, "f", `{"do":"echo"}`)
	for b.Loop() {
		s.invoke(b, "f", `{"do":"echo"}`)
	}
}
