package sandbox

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudformation "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The same resources, with every property that has a default set to something else,
// and with none of them.
const (
	plainTemplate = `
Resources:
  Stream:
    Type: AWS::Kinesis::Stream
    Properties: {Name: stream/*S*/}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: function
      Runtime: provided.al2023
      Handler: bootstrap
      Role: arn:aws:iam::000000000000:role/r
      Architectures: [ARCH]
      Code: {S3Bucket: code, S3Key: f.zip}/*F*/
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Function
      EventSourceArn: !GetAtt Stream.Arn
      StartingPosition: LATEST/*M*/
Outputs:
  Mapping: {Value: !Ref Mapping}
`
	streamExtras   = `, RetentionPeriodHours: 48, Tags: [{Key: team, Value: weather}, {Key: cost, Value: low}]`
	functionExtras = `
      Description: counts
      Timeout: 10
      MemorySize: 256
      Environment: {Variables: {AB: c}}
      TracingConfig: {Mode: Active}
      EphemeralStorage: {Size: 1024}
      LoggingConfig: {LogFormat: JSON, LogGroup: elsewhere}
      ReservedConcurrentExecutions: 1
      Tags: [{Key: team, Value: weather}]`
	mappingExtras = `
      Enabled: false
      BatchSize: 7
      MaximumBatchingWindowInSeconds: 1
      ParallelizationFactor: 2
      BisectBatchOnFunctionError: true
      MaximumRetryAttempts: 3
      MaximumRecordAgeInSeconds: 60
      DestinationConfig: {OnFailure: {Destination: "arn:aws:s3:::code"}}
      FunctionResponseTypes: [ReportBatchItemFailures]`
)

// made is what the services say of the resources that can be changed by an update.
type made struct {
	Stream   map[string]string
	Hours    int32
	Function *awslambda.GetFunctionOutput
	Mapping  *awslambda.GetEventSourceMappingOutput
}

// TestRemovedPropertyIsDefaultAgain: after an update that removes properties, everything
// is as if they had never been there.
func TestRemovedPropertyIsDefaultAgain(t *testing.T) {
	_, cfg := running(t)
	s3 := awss3.NewFromConfig(cfg, func(o *awss3.Options) { o.UsePathStyle = true })
	if _, err := s3.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("code")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s3.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("code"), Key: aws.String("f.zip"), Body: bytes.NewReader(archive(t))}); err != nil {
		t.Fatal(err)
	}
	st := stackTest{t, awscloudformation.NewFromConfig(cfg)}
	body := func(stream, function, mapping string) *string {
		text := strings.NewReplacer("/*S*/", stream, "/*F*/", function, "/*M*/", mapping, "ARCH", hostArchitecture()).Replace(plainTemplate)
		return &text
	}
	name := aws.String("test")
	if _, err := st.cfn.CreateStack(t.Context(), &awscloudformation.CreateStackInput{StackName: name, TemplateBody: body("", "", "")}); err != nil {
		t.Fatal(err)
	}
	in := &awscloudformation.DescribeStacksInput{StackName: name}
	if err := awscloudformation.NewStackCreateCompleteWaiter(st.cfn).Wait(t.Context(), in, stackPatience); err != nil {
		t.Fatal(err, st.reasons())
	}
	before := st.made(cfg)
	update := func(body *string) made {
		t.Helper()
		if _, err := st.cfn.UpdateStack(t.Context(), &awscloudformation.UpdateStackInput{StackName: name, TemplateBody: body}); err != nil {
			t.Fatal(err)
		}
		if err := awscloudformation.NewStackUpdateCompleteWaiter(st.cfn).Wait(t.Context(), in, stackPatience); err != nil {
			t.Fatal(err, st.reasons())
		}
		return st.made(cfg)
	}
	changed := update(body(streamExtras, functionExtras, mappingExtras))
	want := map[string]string{"team": "weather", "cost": "low"}
	if !maps.Equal(changed.Stream, want) || changed.Hours != 48 || *changed.Function.Configuration.EphemeralStorage.Size != 1024 ||
		*changed.Mapping.BatchSize != 7 || *changed.Mapping.State != mappingDisabled {
		t.Errorf("the update changed not everything: %+v", changed)
	}
	after := update(body("", "", ""))
	if diff := cmp.Diff(before, after, cmpopts.IgnoreUnexported(awslambda.GetFunctionOutput{}, awslambda.GetEventSourceMappingOutput{}), ignoreStamps()); diff != "" {
		t.Errorf("left of removed properties (-before +after):\n%s", diff)
	}
}

// ignoreStamps leaves out what every update changes.
func ignoreStamps() cmp.Option {
	return cmp.FilterPath(func(p cmp.Path) bool {
		switch p.Last().String() {
		case ".LastModified", ".RevisionId", ".ResultMetadata", ".noSmithyDocumentSerde", ".LastProcessingResult":
			return true
		}
		return false
	}, cmp.Ignore())
}

func (s stackTest) made(cfg aws.Config) (m made) {
	s.Helper()
	lambda, kinesis := awslambda.NewFromConfig(cfg), awskinesis.NewFromConfig(cfg)
	var err error
	if m.Function, err = lambda.GetFunction(s.Context(), &awslambda.GetFunctionInput{FunctionName: aws.String("function")}); err != nil {
		s.Fatal(err)
	}
	if m.Mapping, err = lambda.GetEventSourceMapping(s.Context(), &awslambda.GetEventSourceMappingInput{UUID: aws.String(s.outputs()["Mapping"])}); err != nil {
		s.Fatal(err)
	}
	tags, err := kinesis.ListTagsForStream(s.Context(), &awskinesis.ListTagsForStreamInput{StreamName: aws.String("stream")})
	if err != nil {
		s.Fatal(err)
	}
	m.Stream = map[string]string{}
	for _, t := range tags.Tags {
		m.Stream[*t.Key] = *t.Value
	}
	d, err := kinesis.DescribeStreamSummary(s.Context(), &awskinesis.DescribeStreamSummaryInput{StreamName: aws.String("stream")})
	if err != nil {
		s.Fatal(err)
	}
	m.Hours = *d.StreamDescriptionSummary.RetentionPeriodHours
	return m
}
