package cloudformation_test

import (
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/pkg/deploy"
	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// cloud is what a deployer needs at one address: CloudFormation, S3 and STS.
type cloud struct {
	*world
	cfg     aws.Config
	uploads int
}

const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::` + testAccount +
	`:root</Arn><UserId>u</UserId><Account>` + testAccount + `</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`

func newCloud(t *testing.T) *cloud {
	t.Helper()
	backend := s3mem.New()
	c := &cloud{world: newWorld(t, func(c *cloudformation.Config) { c.Templates = bucketReader{backend} })}
	storage := gofakes3.New(backend).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope := r.Header.Get("Authorization")
		switch {
		case strings.Contains(scope, "/sts/aws4_request"):
			w.Header().Set("Content-Type", "text/xml")
			_, _ = w.Write([]byte(identity)) // a client that went away needs no answer
		case strings.Contains(scope, "/cloudformation/aws4_request"):
			c.service.ServeHTTP(w, r)
		default:
			if r.Method == http.MethodPut && strings.Contains(strings.TrimPrefix(r.URL.Path, "/"), "/") {
				c.uploads++
			}
			storage.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	c.cfg = aws.Config{Region: testRegion, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	return c
}

// static writes an ELF header that says what the deployer looks at.
func static(t *testing.T, machine elf.Machine) string {
	t.Helper()
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Phentsize: 56, Shentsize: 64}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA], header.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	path := filepath.Join(t.TempDir(), "bootstrap")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(binary.Write(f, binary.LittleEndian, header), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func dataOptions(t *testing.T) deploy.Options {
	return deploy.Options{
		StackName: "spillway-data", TemplateBody: templates.Data, Bootstrap: static(t, elf.EM_AARCH64),
		Parameters: map[string]string{"RedisUrl": "redis://127.0.0.1:6379", "Route": "weather.us.{state}"},
	}
}

func TestDeployData(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	o := dataOptions(t)
	var told []string
	o.Events = func(e deploy.Event) { told = append(told, e.LogicalID+" "+e.Status) }
	out, err := deploy.Stack(t.Context(), c.cfg, o)
	if err != nil {
		t.Fatal(err)
	}
	want := deploy.Outputs{
		"KinesisStreamName": "stream-1", "KinesisStreamArn": "arn:aws:fake:::stream-1", "FunctionName": "consumer-1",
		"FailureBucket": "failurebucket-1", "EventSourceMappingId": "consumermapping-1",
	}
	if diff := gocmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	counts := map[string]int{}
	for _, line := range told {
		counts[line]++
	}
	if counts["spillway-data CREATE_COMPLETE"] != 1 || counts["Stream CREATE_COMPLETE"] != 1 || told[len(told)-1] != "spillway-data CREATE_COMPLETE" {
		t.Errorf("events told: %q", told)
	}
	function := c.fake.alive["consumer-1"]
	wantProperties := map[string]any{
		"Architectures": []any{"arm64"}, "Handler": "bootstrap", "Runtime": "provided.al2023", "MemorySize": int64(256), "Timeout": int64(60),
		"Code": map[string]any{"S3Bucket": "spillway-artifacts-000000000000-us-east-1", "S3Key": function["Code"].(map[string]any)["S3Key"]},
		"Environment": map[string]any{"Variables": map[string]any{
			"SPILLWAY_REDIS_URL": "redis://127.0.0.1:6379", "SPILLWAY_ROUTE": "weather.us.{state}", "SPILLWAY_LANES": "16",
			"SPILLWAY_LOG_NAME": "spillway", "SPILLWAY_RETENTION": "1h", "SPILLWAY_BUDGET": "1GiB", "SPILLWAY_PARALLELIZATION": "1", "SPILLWAY_LOG_LEVEL": "info",
		}},
		"Description": function["Description"], "Role": function["Role"], "LoggingConfig": function["LoggingConfig"],
	}
	if diff := gocmp.Diff(wantProperties, function); diff != "" {
		t.Errorf("function: %s", diff)
	}
	mapping := c.fake.alive["consumermapping-1"]
	if mapping["BatchSize"] != int64(1000) || mapping["StartingPosition"] != "TRIM_HORIZON" || mapping["EventSourceArn"] != "arn:aws:fake:::stream-1" {
		t.Errorf("mapping: %v", mapping)
	}
	if stream := c.fake.alive["stream-1"]; stream["ShardCount"] != nil || stream["RetentionPeriodHours"] != int64(24) {
		t.Errorf("stream: %v", stream)
	}

	again, err := deploy.Stack(t.Context(), c.cfg, o)
	if err != nil || gocmp.Diff(out, again) != "" {
		t.Errorf("the same deployment again: %v %v", again, err)
	}
	if c.uploads != 1 {
		t.Errorf("%d uploads for the same code twice, want 1", c.uploads)
	}
	if calls := c.fake.called(); len(calls) != 4 {
		t.Errorf("calls: %q, want the four creations only", calls)
	}
	c.checkUpdate(t, o)
	c.checkDestroy(t)
}

// checkUpdate changes a parameter and leaves another one out: the one left out takes its default again.
func (c *cloud) checkUpdate(t *testing.T, o deploy.Options) {
	t.Helper()
	o.Parameters = map[string]string{"RedisUrl": "redis://127.0.0.1:6379", "StreamMode": "PROVISIONED", "ShardCount": "4", "SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1"}
	if _, err := deploy.Stack(t.Context(), c.cfg, o); err != nil {
		t.Fatal(err)
	}
	function, stream := c.fake.alive["consumer-1"], c.fake.alive["stream-1"]
	variables := function["Environment"].(map[string]any)["Variables"].(map[string]any)
	if stream["ShardCount"] != int64(4) || variables["SPILLWAY_ROUTE"] != "{partition_key}" {
		t.Errorf("after the update: stream %v, variables %v", stream, variables)
	}
	vpc := map[string]any{"SubnetIds": []any{"subnet-1", "subnet-2"}, "SecurityGroupIds": []any{"sg-1"}}
	if diff := gocmp.Diff(vpc, function["VpcConfig"]); diff != "" {
		t.Error(diff)
	}
}

func (c *cloud) checkDestroy(t *testing.T) {
	t.Helper()
	kept, err := deploy.Destroy(t.Context(), c.cfg, deploy.DestroyOptions{StackName: "spillway-data"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, k := range kept {
		names = append(names, k.PhysicalID)
	}
	if len(names) != 2 || len(c.fake.living()) != 2 {
		t.Errorf("retained %q, living %q; want the stream and the failure bucket", names, c.fake.living())
	}
	if kept, err := deploy.Destroy(t.Context(), c.cfg, deploy.DestroyOptions{StackName: "spillway-data"}); err != nil || kept != nil {
		t.Errorf("destroying what is not there: %v %v", kept, err)
	}
}

func TestDeployDoesNotLeakTheRedisURL(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	o := dataOptions(t)
	o.Parameters["RedisUrl"] = "redis://:secret-password@127.0.0.1:6379"
	if _, err := deploy.Stack(t.Context(), c.cfg, o); err != nil {
		t.Fatal(err)
	}
	events, err := c.client.DescribeStackEvents(t.Context(), &cfn.DescribeStackEventsInput{StackName: &o.StackName})
	if err != nil {
		t.Fatal(err)
	}
	masked := false
	for _, e := range events.StackEvents {
		text := aws.ToString(e.ResourceProperties)
		if strings.Contains(text, "secret-password") {
			t.Fatalf("an event tells the password: %s", text)
		}
		masked = masked || strings.Contains(text, `"SPILLWAY_REDIS_URL":"****"`)
	}
	if !masked {
		t.Error("no event shows the masked variable")
	}
}

func TestDeployFailureNamesTheCause(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	body := `Resources:
  Kept: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}
  Slow: {Type: AWS::SQS::Queue, DependsOn: Kept, Properties: {Wait: never}}
  Bad: {Type: AWS::SQS::Queue, DependsOn: Kept, Properties: {Wait: bad, FailCreate: no room}}
`
	close(c.fake.gate("bad"))
	_, err := deploy.Stack(t.Context(), c.cfg, deploy.Options{StackName: "app", TemplateBody: body})
	var failed *deploy.FailedError
	if !errors.As(err, &failed) {
		t.Fatalf("got %v", err)
	}
	if failed.LogicalID != "Bad" || failed.Status != "ROLLBACK_COMPLETE" || !strings.Contains(failed.Reason, "no room") {
		t.Errorf("%+v", failed)
	}
	if left := c.fake.living(); len(left) != 0 {
		t.Errorf("a deployment that failed left %q", left)
	}
	// The dead stack is in nobody's way.
	if _, err := deploy.Stack(t.Context(), c.cfg, deploy.Options{StackName: "app", TemplateBody: "Resources: {Q: {Type: AWS::SQS::Queue}}"}); err != nil {
		t.Errorf("after a failure: %v", err)
	}
}

// A change set is about the stack as it was when it was made.
func TestObsoleteChangeSetIsNotExecuted(t *testing.T) {
	t.Parallel()
	queue := func(properties string) string {
		return `{"Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {` + properties + `}}}}`
	}
	tests := map[string]struct {
		properties string
		after      func(*testing.T, *world)
		status     string
		code       string
	}{
		"stack deleted": {``, func(t *testing.T, w *world) {
			if _, err := w.client.DeleteStack(t.Context(), &cfn.DeleteStackInput{StackName: aws.String("app")}); err != nil {
				t.Fatal(err)
			}
		}, "DELETE_COMPLETE", "ChangeSetNotFound"},
		"deletion failed": {`"FailDelete": "no"`, func(t *testing.T, w *world) {
			if _, err := w.client.DeleteStack(t.Context(), &cfn.DeleteStackInput{StackName: aws.String("app")}); err != nil {
				t.Fatal(err)
			}
		}, "DELETE_FAILED", "ValidationError"},
		"stack updated": {``, func(t *testing.T, w *world) {
			if _, err := w.client.UpdateStack(t.Context(), &cfn.UpdateStackInput{
				StackName: aws.String("app"), TemplateBody: aws.String(queue(`"Size": 2`)),
			}); err != nil {
				t.Fatal(err)
			}
		}, "UPDATE_COMPLETE", "ChangeSetNotFound"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.create(t, "app", queue(tt.properties))
			w.settled(t, id)
			set, err := w.client.CreateChangeSet(t.Context(), &cfn.CreateChangeSetInput{
				StackName: &id, ChangeSetName: aws.String("set"), TemplateBody: aws.String(queue(`"Size": 3`)),
			})
			if err != nil {
				t.Fatal(err)
			}
			tt.after(t, w)
			w.settled(t, id)
			_, err = w.client.ExecuteChangeSet(t.Context(), &cfn.ExecuteChangeSetInput{ChangeSetName: set.Id})
			if code := apiCode(err); code != tt.code {
				t.Errorf("error %v, want %s", err, tt.code)
			}
			if status, _ := w.settled(t, id); status != tt.status {
				t.Errorf("status %s, want %s", status, tt.status)
			}
		})
	}
}

func TestDeployOverAbandonedChangeSet(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	body := aws.String("Resources: {Q: {Type: AWS::SQS::Queue}}")
	_, err := c.client.CreateChangeSet(t.Context(), &cfn.CreateChangeSetInput{StackName: aws.String("app"), ChangeSetName: aws.String("old"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: body})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deploy.Stack(t.Context(), c.cfg, deploy.Options{StackName: "app", TemplateBody: *body}); err != nil {
		t.Error(err)
	}
}

func TestDeployRefusesReplacementOfRetained(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	o := deploy.Options{StackName: "app", TemplateBody: "Resources: {S: {Type: AWS::Kinesis::Stream, UpdateReplacePolicy: Retain, Properties: {Name: one}}}"}
	if _, err := deploy.Stack(t.Context(), c.cfg, o); err != nil {
		t.Fatal(err)
	}
	o.TemplateBody = strings.ReplaceAll(o.TemplateBody, "one", "two")
	_, err := deploy.Stack(t.Context(), c.cfg, o)
	var refused *deploy.ReplacementError
	if !errors.As(err, &refused) || gocmp.Diff([]string{"S (AWS::Kinesis::Stream) because of Name"}, refused.Resources) != "" {
		t.Fatalf("got %v", err)
	}
	sets, err := c.client.ListChangeSets(t.Context(), &cfn.ListChangeSetsInput{StackName: aws.String("app")})
	if err != nil || len(sets.Summaries) != 0 {
		t.Errorf("change sets left: %+v %v", sets, err)
	}
	o.AllowReplacement = true
	if _, err := deploy.Stack(t.Context(), c.cfg, o); err != nil {
		t.Error(err)
	}
	if diff := gocmp.Diff([]string{"s-1", "s-2"}, c.fake.living()); diff != "" {
		t.Error(diff)
	}
}

func TestDeployLargeTemplate(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	body := "Resources: {Q: {Type: AWS::SQS::Queue}}\nOutputs: {Q: {Value: !Ref Q}}\n" + strings.Repeat("# padding\n", 6000)
	out, err := deploy.Stack(t.Context(), c.cfg, deploy.Options{StackName: "app", TemplateBody: body})
	if err != nil || out["Q"] != "q-1" {
		t.Errorf("%v %v", out, err)
	}
}

func TestDeployWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.create(t, "app", `{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"Wait": "go"}}}}`)
	<-c.fake.entered
	done := make(chan error, 1)
	go func() {
		_, err := deploy.Stack(t.Context(), c.cfg, deploy.Options{StackName: "app", TemplateBody: "Resources: {Q: {Type: AWS::SQS::Queue}}"})
		done <- err
	}()
	close(c.fake.gate("go"))
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestDeployCancelled(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() { <-c.fake.entered; cancel() }()
	_, err := deploy.Stack(ctx, c.cfg, deploy.Options{StackName: "app", TemplateBody: "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Wait: never}}}"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
