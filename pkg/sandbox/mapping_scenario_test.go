package sandbox

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
)

// recorder builds, once, the function that notes what it gets.
var recorder = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "recorder")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "./lambda/testdata/function")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build function: %w: %s", err, out)
	}
	code, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	h := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	h.SetMode(0o755)
	w, err := z.CreateHeader(h)
	if err == nil {
		_, err = w.Write(code)
	}
	if err != nil {
		return nil, err
	}
	err = z.Close()
	return buf.Bytes(), err
})

// scenario is a sandbox with a stream, in which a function notes the records of mappings. A record's data says what the
// function makes of it: "fail" and "partial" fail.
type scenario struct {
	testing.TB
	sandbox *Sandbox
	cfg     aws.Config
	kinesis *awskinesis.Client
	lambda  *awslambda.Client
	stream  string // ARN
	notes   string
}

func newScenario(t testing.TB, shards int32) *scenario {
	t.Helper()
	box, cfg := running(t)
	s := scenarioIn(t, box, cfg)
	s.make(shards)
	return s
}

// scenarioIn is a scenario in a sandbox that may have its stream and its function already.
func scenarioIn(t testing.TB, box *Sandbox, cfg aws.Config) *scenario {
	cfg.RetryMaxAttempts = 10
	return &scenario{
		TB: t, sandbox: box, cfg: cfg, kinesis: awskinesis.NewFromConfig(cfg), lambda: awslambda.NewFromConfig(cfg),
		notes: filepath.Join(t.TempDir(), "notes"), stream: "arn:aws:kinesis:us-east-1:000000000000:stream/records",
	}
}

// make makes the stream and the function.
func (s *scenario) make(shards int32) {
	s.Helper()
	t := s.TB
	if _, err := s.kinesis.CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: aws.String("records"), ShardCount: aws.Int32(shards)}); err != nil {
		t.Fatal(err)
	}
	s.active()
	code, err := recorder()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.lambda.CreateFunction(t.Context(), &awslambda.CreateFunctionInput{
		FunctionName: aws.String("recorder"), Role: aws.String("arn:aws:iam::000000000000:role/r"), Runtime: types.RuntimeProvidedal2023,
		Handler: aws.String("bootstrap"), Architectures: []types.Architecture{types.Architecture(hostArchitecture())}, Timeout: aws.Int32(30),
		Code: &types.FunctionCode{ZipFile: code}, Environment: &types.Environment{Variables: map[string]string{"NOTES": s.notes}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := awslambda.NewFunctionActiveV2Waiter(s.lambda).Wait(t.Context(), &awslambda.GetFunctionInput{FunctionName: aws.String("recorder")}, time.Minute); err != nil {
		t.Fatal(err)
	}
}

func (s *scenario) active() {
	s.Helper()
	in := &awskinesis.DescribeStreamInput{StreamName: aws.String("records")}
	eventually(s.TB, func() bool {
		out, err := s.kinesis.DescribeStream(s.Context(), in)
		return err == nil && out.StreamDescription.StreamStatus == kinesistypes.StreamStatusActive
	})
}

// mapped makes a mapping of the stream and waits until it is enabled.
func (s *scenario) mapped(change func(*awslambda.CreateEventSourceMappingInput)) string {
	s.Helper()
	in := &awslambda.CreateEventSourceMappingInput{
		EventSourceArn: aws.String(s.stream), FunctionName: aws.String("recorder"), StartingPosition: types.EventSourcePositionTrimHorizon,
	}
	change(in)
	out, err := s.lambda.CreateEventSourceMapping(s.Context(), in)
	if err != nil {
		s.Fatal(err)
	}
	s.enabled(*out.UUID)
	return *out.UUID
}

func (s *scenario) enabled(uuid string) {
	s.Helper()
	eventually(s.TB, func() bool {
		out, err := s.lambda.GetEventSourceMapping(s.Context(), &awslambda.GetEventSourceMappingInput{UUID: aws.String(uuid)})
		return err == nil && *out.State == "Enabled"
	})
}

// put puts records of one partition key, in one call, so that they are there together.
func (s *scenario) put(key string, data ...string) {
	s.Helper()
	in := &awskinesis.PutRecordsInput{StreamName: aws.String("records")}
	for _, d := range data {
		in.Records = append(in.Records, kinesistypes.PutRecordsRequestEntry{PartitionKey: aws.String(key), Data: []byte(d)})
	}
	out, err := s.kinesis.PutRecords(s.Context(), in)
	if err != nil || *out.FailedRecordCount > 0 {
		s.Fatalf("put: %+v, %v", out, err)
	}
}

func (s *scenario) idle(uuid string) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	if err := s.sandbox.lambda.AwaitMappingIdle(ctx, uuid); err != nil {
		s.Fatalf("mapping not idle: %v; noted %v", err, s.noted())
	}
}

func (s *scenario) noted() []string {
	text, err := os.ReadFile(s.notes)
	if err != nil || len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func (s *scenario) want(lines ...string) {
	s.Helper()
	if diff := cmp.Diff(lines, s.noted()); diff != "" {
		s.Errorf("invocations (-want +got):\n%s", diff)
	}
}

type createMapping = awslambda.CreateEventSourceMappingInput

func onFailure(arn string) *types.DestinationConfig {
	return &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String(arn)}}
}

func criteria(patterns ...string) *types.FilterCriteria {
	out := &types.FilterCriteria{}
	for _, p := range patterns {
		out.Filters = append(out.Filters, types.Filter{Pattern: aws.String(p)})
	}
	return out
}

// One setting each: what is there when the mapping is made, and what the function gets.
func TestMappingScenarios(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		data   []string
		change func(*createMapping)
		want   []string
	}{
		"batch size": {[]string{"a", "b", "c", "d", "e"}, func(in *createMapping) { in.BatchSize = aws.Int32(2) }, []string{"a b", "c d", "e"}},
		"payload": {
			slices.Repeat([]string{strings.Repeat("x", 900_000)}, 6), // 1.2 MB each in base64: five would pass 6 MB
			func(*createMapping) {}, []string{strings.Join(slices.Repeat([]string{strings.Repeat("x", 900_000)}, 4), " "), strings.Join(slices.Repeat([]string{strings.Repeat("x", 900_000)}, 2), " ")},
		},
		"latest": {[]string{"a", "b"}, func(in *createMapping) { in.StartingPosition = types.EventSourcePositionLatest }, nil},
		"bisect": {
			[]string{"a", "b", "fail", "d"},
			func(in *createMapping) {
				in.BisectBatchOnFunctionError, in.MaximumRetryAttempts = aws.Bool(true), aws.Int32(0)
			},
			[]string{"a b fail d", "a b", "fail d", "fail", "d"},
		},
		"retries": {
			[]string{"a", "fail", "c"}, func(in *createMapping) { in.BatchSize, in.MaximumRetryAttempts = aws.Int32(2), aws.Int32(1) },
			[]string{"a fail", "a fail", "c"},
		},
		"partial": {
			[]string{"a", "b", "partial", "d"},
			func(in *createMapping) {
				in.FunctionResponseTypes, in.MaximumRetryAttempts = []types.FunctionResponseType{types.FunctionResponseTypeReportBatchItemFailures}, aws.Int32(1)
			},
			[]string{"a b partial d", "partial d", "partial d"},
		},
		"partial and bisect": {
			[]string{"a", "b", "partial", "d"},
			func(in *createMapping) {
				in.FunctionResponseTypes, in.MaximumRetryAttempts = []types.FunctionResponseType{types.FunctionResponseTypeReportBatchItemFailures}, aws.Int32(0)
				in.BisectBatchOnFunctionError = aws.Bool(true)
			},
			[]string{"a b partial d", "partial d", "partial", "d"},
		},
		"filter": {
			[]string{`{"kind":"buy"}`, `plain`, `{"kind":"sell"}`, `{"kind":"buy","n":7}`},
			func(in *createMapping) { in.FilterCriteria = criteria(`{"data":{"kind":["buy"]}}`) }, []string{`{"kind":"buy"} {"kind":"buy","n":7}`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, 1)
			s.put("k", tt.data...)
			s.idle(s.mapped(tt.change))
			s.want(tt.want...)
		})
	}
}

func TestMappingBatchingWindow(t *testing.T) {
	t.Parallel()
	s := newScenario(t, 1)
	id := s.mapped(func(in *createMapping) { in.MaximumBatchingWindowInSeconds = aws.Int32(300) })
	s.put("k", "a")
	s.put("k", "b")
	if err := s.sandbox.kinesis.Clock().Shift(301 * time.Second); err != nil { // the window is over
		t.Fatal(err)
	}
	s.idle(id)
	s.want("a b")
}

func TestMappingAtTimestamp(t *testing.T) {
	t.Parallel()
	s := newScenario(t, 1)
	s.put("k", "old")
	if err := s.sandbox.kinesis.Clock().Shift(time.Hour); err != nil {
		t.Fatal(err)
	}
	at := s.sandbox.kinesis.Clock().Now().Add(-time.Minute)
	s.put("k", "new")
	s.idle(s.mapped(func(in *createMapping) {
		in.StartingPosition, in.StartingPositionTimestamp = types.EventSourcePositionAtTimestamp, &at
	}))
	s.want("new")
}

// Keys of one shard run beside each other: of twenty others, some are delivered while the first waits.
func TestMappingParallelizationFactor(t *testing.T) {
	t.Parallel()
	s := newScenario(t, 1)
	gate := filepath.Join(t.TempDir(), "gate")
	id := s.mapped(func(in *createMapping) { in.ParallelizationFactor, in.BatchSize = aws.Int32(10), aws.Int32(1) })
	s.put("first", "wait "+gate, "a2")
	for i := range 20 {
		s.put(fmt.Sprint(i), "b1", "b2")
	}
	eventually(t, func() bool { return slices.Contains(s.noted(), "b2") })
	if slices.Contains(s.noted(), "a2") {
		t.Error("a key's next record was delivered before the one before was done")
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.idle(id)
	if got := s.noted(); len(got) != 42 || slices.Index(got, "b1") > slices.Index(got, "b2") {
		t.Errorf("%d invocations %v, want 42, keys in order", len(got), got)
	}
}

// A record that grows too old is given up, whatever the retries.
func TestMappingRecordAge(t *testing.T) {
	t.Parallel()
	s := newScenario(t, 1)
	queue, err := awssqs.NewFromConfig(s.cfg).CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("failed")})
	if err != nil {
		t.Fatal(err)
	}
	id := s.mapped(func(in *createMapping) {
		in.MaximumRecordAgeInSeconds, in.DestinationConfig = aws.Int32(60), onFailure("arn:aws:sqs:us-east-1:000000000000:failed")
	})
	s.put("k", "fail")
	eventually(t, func() bool { return len(s.noted()) > 0 })
	if err := s.sandbox.kinesis.Clock().Shift(2 * time.Minute); err != nil {
		t.Fatal(err)
	}
	s.idle(id)
	doc := s.failure(s.message(*queue.QueueUrl))
	if doc.RequestContext.Condition != "RecordAgeExceeded" || doc.ResponseContext != nil {
		t.Errorf("message %+v", doc)
	}
}

type failureMessage struct {
	RequestContext struct {
		RequestID              string `json:"requestId"`
		FunctionARN            string `json:"functionArn"`
		Condition              string `json:"condition"`
		ApproximateInvokeCount int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	ResponseContext map[string]any                       `json:"responseContext"`
	Version         string                               `json:"version"`
	Timestamp       time.Time                            `json:"timestamp"`
	Batch           map[string]any                       `json:"KinesisBatchInfo"`
	Payload         *struct{ Records []json.RawMessage } `json:"payload"`
}

// message waits for a queue's one message.
func (s *scenario) message(queueURL string) string {
	s.Helper()
	out, err := awssqs.NewFromConfig(s.cfg).ReceiveMessage(s.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &queueURL, WaitTimeSeconds: 20})
	if err != nil || len(out.Messages) != 1 {
		s.Fatalf("messages %+v, %v; want one", out, err)
	}
	return *out.Messages[0].Body
}

func (s *scenario) failure(text string) failureMessage {
	s.Helper()
	var doc failureMessage
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		s.Fatalf("message %s: %v", text, err)
	}
	return doc
}

// What cannot be processed is told to a queue, a topic and a bucket, each in its form; only the bucket gets the record.
func TestMappingDestinations(t *testing.T) {
	t.Parallel()
	s := newScenario(t, 1)
	queues, topics := awssqs.NewFromConfig(s.cfg), awssns.NewFromConfig(s.cfg)
	buckets := awss3.NewFromConfig(s.cfg, func(o *awss3.Options) { o.UsePathStyle = true })
	queue := func(name string) string {
		out, err := queues.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		return *out.QueueUrl
	}
	direct, behind := queue("direct"), queue("behind")
	topic, err := topics.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("failed")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := topics.Subscribe(t.Context(), &awssns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:000000000000:behind"),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := buckets.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("failed")}); err != nil {
		t.Fatal(err)
	}
	id := s.mapped(func(in *createMapping) {
		in.MaximumRetryAttempts, in.DestinationConfig = aws.Int32(1), onFailure("arn:aws:sqs:us-east-1:000000000000:direct")
	})
	sendTo := func(arn string) {
		t.Helper()
		if _, err := s.lambda.UpdateEventSourceMapping(t.Context(), &awslambda.UpdateEventSourceMappingInput{UUID: &id, DestinationConfig: onFailure(arn)}); err != nil {
			t.Fatal(err)
		}
		s.enabled(id)
	}
	s.put("k", "fail")
	s.idle(id)
	s.checkFailure(s.failure(s.message(direct)), 0)

	sendTo(*topic.TopicArn)
	s.put("k", "fail")
	s.idle(id)
	var envelope struct{ Message string }
	if err := json.Unmarshal([]byte(s.message(behind)), &envelope); err != nil {
		t.Fatal(err)
	}
	s.checkFailure(s.failure(envelope.Message), 0)

	sendTo("arn:aws:s3:::failed")
	s.put("k", "fail")
	s.idle(id)
	list, err := buckets.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("failed")})
	if err != nil || len(list.Contents) != 1 {
		t.Fatalf("objects %+v, %v; want one", list, err)
	}
	key := *list.Contents[0].Key
	if want := "aws/lambda/" + id + "/shardId-000000000000/" + time.Now().UTC().Format("2006/01/02/2006-01-02T"); !strings.HasPrefix(key, want) {
		t.Errorf("key %s, want %s...", key, want)
	}
	object, err := s.sandbox.s3.Get("failed", key)
	if err != nil {
		t.Fatal(err)
	}
	s.checkFailure(s.failure(string(object)), 1)
}

func (s *scenario) checkFailure(doc failureMessage, records int) {
	s.Helper()
	request := doc.RequestContext
	if request.Condition != "RetryAttemptsExhausted" || request.ApproximateInvokeCount != 2 || len(request.RequestID) != 36 ||
		request.FunctionARN != "arn:aws:lambda:us-east-1:000000000000:function:recorder" {
		s.Errorf("request context %+v", request)
	}
	if diff := cmp.Diff(map[string]any{"statusCode": 200.0, "executedVersion": "$LATEST", "functionError": "Unhandled"}, doc.ResponseContext); diff != "" {
		s.Error(diff)
	}
	if doc.Batch["batchSize"] != 1.0 || doc.Batch["streamArn"] != s.stream || doc.Batch["shardId"] != "shardId-000000000000" || doc.Batch["startSequenceNumber"] != doc.Batch["endSequenceNumber"] {
		s.Errorf("batch %v", doc.Batch)
	}
	if doc.Version != "1.0" || time.Since(doc.Timestamp).Abs() > time.Hour {
		s.Errorf("version %s, time %v", doc.Version, doc.Timestamp)
	}
	got := 0
	if doc.Payload != nil {
		got = len(doc.Payload.Records)
	}
	if got != records {
		s.Errorf("%d records in the payload, want %d", got, records)
	}
}

// A tumbling window of an hour passes when the clock is turned.
func TestMappingTumblingWindow(t *testing.T) {
	t.Parallel()
	s := newScenario(t, 1)
	id := s.mapped(func(in *createMapping) { in.TumblingWindowInSeconds, in.BatchSize = aws.Int32(900), aws.Int32(1) })
	s.put("k", "a", "b")
	s.idle(id)
	if err := s.sandbox.kinesis.Clock().Shift(901 * time.Second); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return len(s.noted()) == 3 })
	s.want(`window of 15m0s: state "", then "a"`, `window of 15m0s: state "a", then "ab"`, `window of 15m0s: state "ab", then "ab", final`)
}

// A registered consumer as source: records are pushed, also after a reshard and after the mapping was changed.
func TestMappingEnhancedFanOut(t *testing.T) {
	t.Parallel()
	s := newScenario(t, 1)
	out, err := s.kinesis.RegisterStreamConsumer(t.Context(), &awskinesis.RegisterStreamConsumerInput{StreamARN: &s.stream, ConsumerName: aws.String("c")})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		c, err := s.kinesis.DescribeStreamConsumer(t.Context(), &awskinesis.DescribeStreamConsumerInput{ConsumerARN: out.Consumer.ConsumerARN})
		return err == nil && c.ConsumerDescription.ConsumerStatus == kinesistypes.ConsumerStatusActive
	})
	s.put("k", "old")
	id := s.mapped(func(in *createMapping) {
		in.EventSourceArn, in.StartingPosition = out.Consumer.ConsumerARN, types.EventSourcePositionLatest
	})
	s.put("k", "a")
	eventually(t, func() bool { return len(s.noted()) == 1 })
	s.split()
	s.put("k", "b")
	s.idle(id)
	if _, err := s.lambda.UpdateEventSourceMapping(t.Context(), &awslambda.UpdateEventSourceMappingInput{UUID: &id, BatchSize: aws.Int32(1)}); err != nil {
		t.Fatal(err)
	}
	s.enabled(id)
	if err := s.sandbox.kinesis.Clock().Shift(10 * time.Second); err != nil { // the subscription can be taken over
		t.Fatal(err)
	}
	s.put("k", "c")
	s.idle(id)
	s.want("a", "b", "c")
	_, err = s.lambda.CreateEventSourceMapping(t.Context(), &createMapping{
		EventSourceArn: aws.String(*out.Consumer.ConsumerARN + "1"), FunctionName: aws.String("recorder"), StartingPosition: types.EventSourcePositionLatest,
	})
	if err == nil || !strings.Contains(err.Error(), "Stream not found: ") {
		t.Errorf("a mapping of no consumer: %v", err)
	}
}

// split splits the stream's first shard.
func (s *scenario) split() {
	s.Helper()
	if _, err := s.kinesis.SplitShard(s.Context(), &awskinesis.SplitShardInput{
		StreamName: aws.String("records"), ShardToSplit: aws.String("shardId-000000000000"), NewStartingHashKey: aws.String("170141183460469231731687303715884105728"),
	}); err != nil {
		s.Fatal(err)
	}
	s.active()
}

// The children of a shard wait for it, however long it takes.
func TestMappingReshard(t *testing.T) {
	t.Parallel()
	s := newScenario(t, 1)
	gate := filepath.Join(t.TempDir(), "gate")
	id := s.mapped(func(in *createMapping) { in.BatchSize = aws.Int32(1) })
	s.put("k", "wait "+gate, "parent")
	s.split()
	s.put("k", "child")
	eventually(t, func() bool { return len(s.noted()) == 1 })
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.idle(id)
	s.want("wait "+gate, "parent", "child")
}

// The stock AWS CLI creates, shows, changes, lists and deletes a mapping with every setting.
func TestMappingStockCLI(t *testing.T) {
	t.Parallel()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("THE AWS CLI IS NOT INSTALLED: that `aws lambda create-event-source-mapping` works is NOT shown by this run")
	}
	s := newScenario(t, 1)
	run := func(args ...string) (out map[string]any) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), cli, append([]string{"--cli-read-timeout", "0", "--endpoint-url", *s.cfg.BaseEndpoint, "--region", "us-east-1", "--output", "json", "lambda"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
		text, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", args, text)
		}
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatalf("%v: %s", args, text)
		}
		return out
	}
	made := run("create-event-source-mapping", "--event-source-arn", s.stream, "--function-name", "recorder", "--starting-position", "TRIM_HORIZON",
		"--batch-size", "7", "--maximum-batching-window-in-seconds", "1", "--parallelization-factor", "2", "--maximum-retry-attempts", "3",
		"--maximum-record-age-in-seconds", "60", "--bisect-batch-on-function-error", "--function-response-types", "ReportBatchItemFailures",
		"--filter-criteria", `{"Filters":[{"Pattern":"{\"partitionKey\":[\"k\"]}"}]}`, "--metrics-config", `{"Metrics":["EventCount"]}`)
	id, _ := made["UUID"].(string)
	s.enabled(id)
	changed := run("update-event-source-mapping", "--uuid", id, "--batch-size", "5", "--parallelization-factor", "1", "--tumbling-window-in-seconds", "60",
		"--filter-criteria", "{}", "--no-bisect-batch-on-function-error", "--metrics-config", `{"Metrics":[]}`)
	if changed["State"] != "Updating" {
		t.Errorf("state %v, want Updating", changed["State"])
	}
	s.enabled(id)
	got := run("list-event-source-mappings", "--function-name", "recorder")["EventSourceMappings"]
	list, _ := got.([]any)
	if len(list) != 1 {
		t.Fatalf("mappings %v", got)
	}
	shown, _ := list[0].(map[string]any)
	for _, member := range []string{"LastModified", "UUID", "EventSourceMappingArn"} {
		if shown[member] == nil {
			t.Errorf("no %s", member)
		}
		delete(shown, member)
	}
	want := map[string]any{
		"BatchSize": 5.0, "BisectBatchOnFunctionError": false, "DestinationConfig": map[string]any{"OnFailure": map[string]any{}}, "EventSourceArn": s.stream,
		"FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:recorder", "FunctionResponseTypes": []any{"ReportBatchItemFailures"},
		"LastProcessingResult": "No records processed", "MaximumBatchingWindowInSeconds": 1.0, "MaximumRecordAgeInSeconds": 60.0,
		"MaximumRetryAttempts": 3.0, "ParallelizationFactor": 1.0, "StartingPosition": "TRIM_HORIZON", "State": "Enabled",
		"StateTransitionReason": "User action", "TumblingWindowInSeconds": 60.0,
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	if gone := run("delete-event-source-mapping", "--uuid", id); gone["State"] != "Deleting" {
		t.Errorf("state %v, want Deleting", gone["State"])
	}
}

// A sandbox that is started again goes on with its mappings where it was: nothing twice, nothing left out, also in the
// middle of a tumbling window.
func TestMappingsSurviveARestartOfTheSandbox(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	box, cfg, stop := started(t, Config{StateDir: dir, Persist: true})
	first := scenarioIn(t, box, cfg)
	first.make(1)
	length := longestWindow(time.Now())
	id := first.mapped(func(in *createMapping) { in.TumblingWindowInSeconds = &length })
	first.put("k", "a")
	first.idle(id)
	stop()

	box, cfg, stop = started(t, Config{StateDir: dir, Persist: true})
	defer stop()
	second := scenarioIn(t, box, cfg)
	second.notes = first.notes
	second.put("k", "b")
	second.enabled(id)
	second.idle(id)
	window := "window of " + (time.Duration(length) * time.Second).String()
	second.want(window+`: state "", then "a"`, window+`: state "a", then "ab"`)
}

// longestWindow is the length of tumbling windows of which the present one lasts longest.
func longestWindow(now time.Time) (length int32) {
	var most int64
	for seconds := int64(600); seconds <= 900; seconds += 60 {
		if left := seconds - now.Unix()%seconds; left > most {
			most, length = left, int32(seconds)
		}
	}
	return length
}

// AWS's cadence: a record waits for the next poll.
func TestMappingPollInterval(t *testing.T) {
	t.Parallel()
	box, cfg, stop := started(t, Config{StateDir: t.TempDir(), PollInterval: time.Hour})
	defer stop()
	s := scenarioIn(t, box, cfg)
	s.make(1)
	s.put("k", "first")
	s.mapped(func(*createMapping) {})
	eventually(t, func() bool { return len(s.noted()) > 0 }) // the first poll is over
	s.put("k", "a")
	s.put("k", "b")
	if err := box.kinesis.Clock().Shift(time.Hour); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return len(s.noted()) > 1 })
	s.want("first", "a b")
}
