package sandbox

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awscloudformation "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
	"github.com/spillway/spillway/pkg/sandbox/process"
)

// running starts a sandbox with an embedded Redis and returns its clients' settings.
func running(t testing.TB, services ...Service) (*Sandbox, aws.Config) {
	t.Helper()
	s, cfg, stop := started(t, Config{StateDir: t.TempDir(), Services: services})
	t.Cleanup(stop)
	return s, cfg
}

// started starts a sandbox, with an embedded Redis unless cfg names another, and returns its clients' settings and what stops it.
func started(t testing.TB, cfg Config) (box *Sandbox, client aws.Config, stop func()) {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Endpoint, cfg.RedisAddress = "http://"+lis.Addr().String(), "127.0.0.1:0"
	if cfg.Redis == "" {
		cfg.Redis = RedisEmbedded
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, lis) }()
	return s, aws.Config{Region: "us-east-1", BaseEndpoint: &cfg.Endpoint, Credentials: credentials.NewStaticCredentialsProvider("x", "y", "")}, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// archive is a function that does nothing and is never invoked here.
func archive(t *testing.T) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	h := &zip.FileHeader{Name: "bootstrap"}
	h.SetMode(0o755)
	w, err := z.CreateHeader(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("#!/bin/sh\nexit 1\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// hostArchitecture is this machine's, in Lambda's words.
func hostArchitecture() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}

const template = `
Parameters:
  Memory: {Type: Number, Default: 128}
  Hours: {Type: Number, Default: 24}
  Batch: {Type: Number, Default: 10}
Resources:
  Stream:
    Type: AWS::Kinesis::Stream
    Properties: {ShardCount: 2, RetentionPeriodHours: !Ref Hours, Tags: [{Key: team, Value: weather}]}
  Bucket: {Type: AWS::S3::Bucket}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole]
      Policies:
        - PolicyName: failures
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: [s3:PutObject, s3:ListBucket], Resource: "*"}]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      Architectures: [ARCH]
      Role: !GetAtt Role.Arn
      MemorySize: !Ref Memory
      ReservedConcurrentExecutions: 2
      Code: {S3Bucket: code, S3Key: f.zip}
      Environment: {Variables: {MEM: !Ref Memory}}
      Tags: [{Key: team, Value: !Sub "m${Memory}"}]
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Function
      EventSourceArn: !GetAtt Stream.Arn
      StartingPosition: TRIM_HORIZON
      BatchSize: !Ref Batch
      TumblingWindowInSeconds: 60
      FilterCriteria: {Filters: [{Pattern: '{"partitionKey":["x"]}'}]}
      DestinationConfig: {OnFailure: {Destination: !GetAtt Bucket.Arn}}
Outputs:
  Stream: {Value: !Ref Stream}
  Function: {Value: !Ref Function}
  Mapping: {Value: !Ref Mapping}
  Bucket: {Value: !Ref Bucket}
`

// stackPatience bounds an operation on a stack. The SDK's waiters look half a minute later again, if what the first look waits
// for, on a busy machine, took longer than that look does.
const stackPatience = 5 * time.Minute

// stackTest drives a stack through the SDK.
type stackTest struct {
	*testing.T
	cfn *awscloudformation.Client
}

func (s stackTest) outputs() map[string]string {
	s.Helper()
	out, err := s.cfn.DescribeStacks(s.Context(), &awscloudformation.DescribeStacksInput{StackName: aws.String("test")})
	if err != nil {
		s.Fatal(err)
	}
	m := map[string]string{}
	for _, o := range out.Stacks[0].Outputs {
		m[*o.OutputKey] = *o.OutputValue
	}
	return m
}

// reasons lists why resources failed.
func (s stackTest) reasons() string {
	s.Helper()
	out, err := s.cfn.DescribeStackEvents(s.Context(), &awscloudformation.DescribeStackEventsInput{StackName: aws.String("test")})
	if err != nil {
		s.Fatal(err)
	}
	var all []string
	for _, e := range out.StackEvents {
		if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") {
			all = append(all, fmt.Sprintf("%s: %s", *e.LogicalResourceId, aws.ToString(e.ResourceStatusReason)))
		}
	}
	return strings.Join(all, "\n")
}

func (s stackTest) update(memory, hours, batch string) {
	s.Helper()
	param := func(k, v string) types.Parameter { return types.Parameter{ParameterKey: &k, ParameterValue: &v} }
	_, err := s.cfn.UpdateStack(s.Context(), &awscloudformation.UpdateStackInput{
		StackName: aws.String("test"), UsePreviousTemplate: aws.Bool(true), Capabilities: []types.Capability{types.CapabilityCapabilityIam},
		Parameters: []types.Parameter{param("Memory", memory), param("Hours", hours), param("Batch", batch)},
	})
	if err != nil {
		s.Fatal(err)
	}
	in := &awscloudformation.DescribeStacksInput{StackName: aws.String("test")}
	if err := awscloudformation.NewStackUpdateCompleteWaiter(s.cfn).Wait(s.Context(), in, stackPatience); err != nil {
		s.Fatal(err, s.reasons())
	}
}

func TestStack(t *testing.T) {
	_, cfg := running(t)
	s3 := awss3.NewFromConfig(cfg, func(o *awss3.Options) { o.UsePathStyle = true })
	if _, err := s3.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("code")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s3.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("code"), Key: aws.String("f.zip"), Body: bytes.NewReader(archive(t))}); err != nil {
		t.Fatal(err)
	}
	st := stackTest{t, awscloudformation.NewFromConfig(cfg)}
	body := strings.ReplaceAll(template, "ARCH", hostArchitecture())
	if _, err := st.cfn.CreateStack(t.Context(), &awscloudformation.CreateStackInput{
		StackName: aws.String("test"), TemplateBody: &body, Capabilities: []types.Capability{types.CapabilityCapabilityIam},
	}); err != nil {
		t.Fatal(err)
	}
	if err := awscloudformation.NewStackCreateCompleteWaiter(st.cfn).Wait(t.Context(), &awscloudformation.DescribeStacksInput{StackName: aws.String("test")}, stackPatience); err != nil {
		t.Fatal(err, st.reasons())
	}
	before := st.outputs()
	expectResources(t, cfg, before, 128, 24, 10)
	st.update("256", "48", "20")
	if after := st.outputs(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the update replaced something: %v, then %v", before, after)
	}
	expectResources(t, cfg, before, 256, 48, 20)
	st.update("256", "24", "20")
	expectResources(t, cfg, before, 256, 24, 20)
	if _, err := st.cfn.DeleteStack(t.Context(), &awscloudformation.DeleteStackInput{StackName: aws.String("test")}); err != nil {
		t.Fatal(err)
	}
	if err := awscloudformation.NewStackDeleteCompleteWaiter(st.cfn).Wait(t.Context(), &awscloudformation.DescribeStacksInput{StackName: aws.String("test")}, stackPatience); err != nil {
		t.Fatal(err)
	}
	if out, err := awslambda.NewFromConfig(cfg).ListFunctions(t.Context(), &awslambda.ListFunctionsInput{}); err != nil || len(out.Functions) != 0 {
		t.Errorf("functions after the deletion: %v, %v", out, err)
	}
	if out, err := awskinesis.NewFromConfig(cfg).ListStreams(t.Context(), &awskinesis.ListStreamsInput{}); err != nil || len(out.StreamNames) != 0 {
		t.Errorf("streams after the deletion: %v, %v", out, err)
	}
}

// expectResources looks at what the services say of the stack's resources.
func expectResources(t *testing.T, cfg aws.Config, out map[string]string, memory, hours, batch int32) {
	t.Helper()
	lambda := awslambda.NewFromConfig(cfg)
	f, err := lambda.GetFunction(t.Context(), &awslambda.GetFunctionInput{FunctionName: aws.String(out["Function"])})
	if err != nil {
		t.Fatal(err)
	}
	if *f.Configuration.MemorySize != memory || f.Configuration.Environment.Variables["MEM"] != fmt.Sprint(memory) ||
		f.Tags["team"] != fmt.Sprintf("m%d", memory) || *f.Concurrency.ReservedConcurrentExecutions != 2 {
		t.Errorf("function %+v, tags %v", f.Configuration, f.Tags)
	}
	m, err := lambda.GetEventSourceMapping(t.Context(), &awslambda.GetEventSourceMappingInput{UUID: aws.String(out["Mapping"])})
	if err != nil {
		t.Fatal(err)
	}
	if m.FilterCriteria == nil || *m.FilterCriteria.Filters[0].Pattern != `{"partitionKey":["x"]}` || *m.TumblingWindowInSeconds != 60 {
		t.Errorf("filter criteria %+v, tumbling window of %d s", m.FilterCriteria, *m.TumblingWindowInSeconds)
	}
	if *m.BatchSize != batch || *m.State != mappingEnabled || *m.DestinationConfig.OnFailure.Destination != bucketARN+out["Bucket"] {
		t.Errorf("mapping %+v", m)
	}
	d, err := awskinesis.NewFromConfig(cfg).DescribeStreamSummary(t.Context(), &awskinesis.DescribeStreamSummaryInput{StreamName: aws.String(out["Stream"])})
	if err != nil {
		t.Fatal(err)
	}
	if *d.StreamDescriptionSummary.RetentionPeriodHours != hours || *d.StreamDescriptionSummary.OpenShardCount != 2 {
		t.Errorf("stream %+v", d.StreamDescriptionSummary)
	}
}

// TestRefusedProperty: what an emulator cannot honour is refused by name, and the
// stack rolls back.
func TestRefusedProperty(t *testing.T) {
	_, cfg := running(t)
	st := stackTest{t, awscloudformation.NewFromConfig(cfg)}
	body := `{"Resources":{"B":{"Type":"AWS::S3::Bucket","Properties":{"VersioningConfiguration":{"Status":"Enabled"}}}}}`
	if _, err := st.cfn.CreateStack(t.Context(), &awscloudformation.CreateStackInput{StackName: aws.String("test"), TemplateBody: &body}); err != nil {
		t.Fatal(err)
	}
	err := awscloudformation.NewStackCreateCompleteWaiter(st.cfn).Wait(t.Context(), &awscloudformation.DescribeStacksInput{StackName: aws.String("test")}, stackPatience)
	if reasons := st.reasons(); err == nil || !strings.Contains(reasons, "VersioningConfiguration") {
		t.Errorf("create = %v, reasons %s", err, reasons)
	}
}

func TestRoute(t *testing.T) {
	const scope = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0"
	tests := []struct {
		name, method, path string
		header             map[string]string
		want               string
	}{
		{"signed for kinesis", "POST", "/", map[string]string{"Authorization": fmt.Sprintf(scope, "kinesis")}, serviceKinesis},
		{"signed for another", "POST", "/", map[string]string{"Authorization": fmt.Sprintf(scope, "dynamodb")}, "dynamodb"},
		{"presigned", "GET", "/b/k?X-Amz-Credential=A%2F20260101%2Fus-east-1%2Fs3%2Faws4_request", nil, serviceS3},
		{"target only", "POST", "/", map[string]string{"X-Amz-Target": "Kinesis_20131202.ListStreams"}, serviceKinesis},
		{"target of ecr", "POST", "/", map[string]string{"X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories", "Content-Type": "application/x-amz-json-1.1"}, serviceECR},
		{"registry", "GET", "/v2/", map[string]string{"Authorization": "Basic QVdTOng="}, serviceECR},
		{"target of sqs", "POST", "/", map[string]string{"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}, serviceSQS},
		{"target of logs", "POST", "/", map[string]string{"X-Amz-Target": "Logs_20140328.FilterLogEvents", "Content-Type": "application/x-amz-json-1.1"}, serviceLogs},
		{"target of ecs", "POST", "/", map[string]string{"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters"}, serviceECS},
		{"metadata of a task", "GET", "/v4/0123456789abcdef0123456789abcdef-1234567890/task", nil, serviceECS},
		{"target of Cloud Map", "POST", "/", map[string]string{"X-Amz-Target": "Route53AutoNaming_v20170314.ListNamespaces", "Content-Type": "application/x-amz-json-1.1"}, serviceDiscovery},
		{"target of auto scaling", "POST", "/", map[string]string{"X-Amz-Target": "AnyScaleFrontendService.DescribeScalableTargets"}, serviceAutoScaling},
		{"signed for load balancing", "POST", "/", map[string]string{"Authorization": fmt.Sprintf(scope, "elasticloadbalancing")}, serviceELB},
		{"an AWS content type", "POST", "/", map[string]string{"Content-Type": "application/x-amz-json-1.1"}, serviceKinesis},
		{"a form", "POST", "/", map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, serviceCloudFormation},
		{"path of lambda", "GET", "/2015-03-31/functions", nil, serviceLambda},
		{"anything else", "GET", "/bucket/key", nil, serviceS3},
		{"a broken scope", "GET", "/", map[string]string{"Authorization": "AWS4-HMAC-SHA256 Credential=AKID"}, serviceS3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, "http://localhost"+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range tt.header {
				r.Header.Set(k, v)
			}
			if got := route(r); got != tt.want {
				t.Errorf("route = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestReadServicesNamesEveryMistake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "services.json")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"services":[{"name":"redis","command":["true"]},{"name":"a","command":["/bin/true"],"ready":"ftp://x"}]}`)
	_, err := ReadServices(path)
	for _, want := range []string{"services[0]: name", "command: must begin", `services[1]: ready: "ftp://x"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadServices = %v, want it to say %q", err, want)
		}
	}
	write(`{"services":[{"title":"a"}]}`)
	if _, err := ReadServices(path); err == nil || !strings.Contains(err.Error(), "title") {
		t.Errorf("ReadServices = %v, want it to name the unknown field", err)
	}
}

// TestHealth: the sandbox is ready when its services are, and says so again when one
// has crashed.
func TestHealth(t *testing.T) {
	sleep := Service{Name: "sleeper", Command: []string{"/bin/sleep", "1000"}}
	_, cfg := running(t, sleep)
	read := func() (h health, code int) {
		resp, err := http.Get(*cfg.BaseEndpoint + "/_sandbox/health")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&h); err != nil {
			t.Fatal(err)
		}
		return h, resp.StatusCode
	}
	var h health
	eventually(t, func() (ok bool) {
		var code int
		h, code = read()
		return h.Status == ready && code == http.StatusOK
	})
	if h.Kinesis.LimitBytes != kinesis.DefaultMaxBytes {
		t.Errorf("health of Kinesis %+v", h.Kinesis)
	}
	if h.PID != os.Getpid() || h.Redis.Kind != "embedded" || len(h.Services) != 1 || h.Services[0].Name != "sleeper" {
		t.Errorf("health %+v", h)
	}
	first := h.Services[0].Pid
	proc, err := os.FindProcess(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := proc.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		h, _ = read()
		return h.Status == ready && h.Services[0].Restarts == 1 && h.Services[0].Pid != first
	})
}

// TestServiceThatDoesNotStart ends the sandbox with its reason.
func TestServiceThatDoesNotStart(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Endpoint: "http://x", StateDir: t.TempDir(), Redis: RedisEmbedded, RedisAddress: "127.0.0.1:0",
		Services: []Service{{Name: "broken", Command: []string{"/bin/false"}, Ready: "http://127.0.0.1:1/"}}})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Serve(t.Context(), lis)
	if err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "broken") {
		t.Errorf("Serve = %v", err)
	}
	if _, err := net.Dial("tcp", lis.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
}

// TestEndWhileStarting: to be told to end is no error, and a listener that fails is
// told also when it hits a start.
func TestEndWhileStarting(t *testing.T) {
	tests := map[string]struct {
		end  func(context.CancelFunc, net.Listener)
		want error
	}{
		"told to end":    {func(cancel context.CancelFunc, _ net.Listener) { cancel() }, nil},
		"listener fails": {func(_ context.CancelFunc, lis net.Listener) { _ = lis.Close() }, net.ErrClosed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			lis, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s, err := New(Config{Endpoint: "http://x", StateDir: t.TempDir(), Redis: RedisEmbedded, RedisAddress: "127.0.0.1:0",
				Services: []Service{{Name: "slow", Command: []string{"/bin/sleep", "1000"}, Ready: "http://127.0.0.1:1/"}}})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- s.Serve(ctx, lis) }()
			eventually(t, func() bool { return len(s.services.Status()) == 1 })
			tt.end(cancel, lis)
			if err := <-done; !errors.Is(err, tt.want) {
				t.Errorf("Serve = %v, want %v", err, tt.want)
			}
		})
	}
}

// TestForeignRedis: a Redis that is not the sandbox's own is not used in its place.
func TestForeignRedis(t *testing.T) {
	for _, kind := range []RedisKind{RedisAuto, RedisEmbedded} {
		t.Run(string(kind), func(t *testing.T) {
			foreign, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer foreign.Close()
			lis, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s, err := New(Config{Endpoint: "http://x", StateDir: t.TempDir(), Redis: kind, RedisAddress: foreign.Addr().String()})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Serve(t.Context(), lis); !errors.Is(err, ErrRedisAddressInUse) || !strings.Contains(err.Error(), foreign.Addr().String()) {
				t.Errorf("Serve = %v, want that %s is in use", err, foreign.Addr())
			}
		})
	}
}

// TestHealthOfFailedService: a service that is given up makes the sandbox a failed one.
func TestHealthOfFailedService(t *testing.T) {
	s, err := New(Config{Endpoint: "http://x", StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.services.Stop(t.Context())
	s.setPhase(ready)
	if err := s.services.Start(t.Context(), process.Service{Name: "broken", Command: process.Command{Path: "/nonexistent"}}); err == nil {
		t.Fatal("started")
	}
	if h := s.health(); h.Status != failed {
		t.Errorf("status %s, want %s", h.Status, failed)
	}
}

func eventually(t testing.TB, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("not within a minute")
		}
	}
}

// TestNoRedis: a sandbox without Redis is ready without it, and leaves the address to
// whoever has it.
func TestNoRedis(t *testing.T) {
	foreign, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Endpoint: "http://x", StateDir: t.TempDir(), Redis: RedisNone, RedisAddress: foreign.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, lis) }()
	eventually(t, func() bool { return s.health().Status == ready })
	if h := s.health(); h.Redis.Kind != "none" || len(h.Services) != 0 {
		t.Errorf("health %+v", h)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve = %v", err)
	}
}
