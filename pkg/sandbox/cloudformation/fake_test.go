package cloudformation_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

const (
	testRegion  = "us-east-1"
	testAccount = "000000000000"
)

// fake makes resources in memory. A property FailCreate, FailUpdate or FailDelete makes that call fail with its text;
// Wait makes the call block until the gate of that name opens or its context ends, and AwaitOther until another call does that.
// FailUpdateOnce makes only the first update fail.
type fake struct {
	mu      sync.Mutex
	counts  map[string]int
	alive   map[string]map[string]any // physical id to properties
	calls   []string                  // "create Name", in order of arrival
	entered chan string               // told when a call with Wait blocks
	gates   map[string]chan struct{}
	asked   map[string]bool
	broken  string // the type whose next update fails
}

func newFake() *fake {
	return &fake{counts: map[string]int{}, alive: map[string]map[string]any{}, entered: make(chan string, 64), gates: map[string]chan struct{}{}, asked: map[string]bool{}}
}

func (f *fake) gate(name string) chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gates[name] == nil {
		f.gates[name] = make(chan struct{})
	}
	return f.gates[name]
}

func (f *fake) call(ctx context.Context, verb string, r cloudformation.Request) error {
	f.mu.Lock()
	f.calls = append(f.calls, verb+" "+r.LogicalID)
	broken := verb == "update" && r.Type != "" && r.Type == f.broken
	if broken {
		f.broken = ""
	}
	f.mu.Unlock()
	if broken {
		return errors.New("it cannot be changed now")
	}
	if r.Properties["AwaitOther"] != nil && verb == "create" {
		<-f.entered // so that another call is on its way when this one fails
	}
	if name, ok := r.Properties["Wait"].(string); ok && verb != "delete" {
		gate := f.gate(name)
		f.entered <- r.LogicalID
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if text, ok := r.Properties["FailUpdateOnce"].(string); ok && verb == "update" && f.first(r.LogicalID) {
		return fmt.Errorf("%s", text)
	}
	if text, ok := r.Properties["Fail"+strings.ToUpper(verb[:1])+verb[1:]].(string); ok {
		if text == "gone" {
			return &cloudformation.HandlerError{Code: cloudformation.CodeNotFound, Message: "it is gone"}
		}
		return fmt.Errorf("%s", text)
	}
	return nil
}

// first says whether it is asked about a name for the first time.
func (f *fake) first(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	again := f.asked[name]
	f.asked[name] = true
	return !again
}

// Read implements cloudformation.Reader with what was made or changed last.
func (f *fake) Read(_ context.Context, r cloudformation.Request) (map[string]any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	properties, ok := f.alive[r.PhysicalID]
	if !ok {
		return nil, &cloudformation.HandlerError{Code: cloudformation.CodeNotFound, Message: "it is gone"}
	}
	return properties, nil
}

// keeper is a fake that keeps snapshots of what is deleted.
type keeper struct{ *fake }

func (k keeper) Snapshot(_ context.Context, r cloudformation.Request) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.alive["snapshot-of-"+r.PhysicalID] = r.Properties
	return nil
}

func (f *fake) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	err := f.call(ctx, "create", r)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[r.LogicalID]++
	id := fmt.Sprintf("%s-%d", strings.ToLower(r.LogicalID), f.counts[r.LogicalID])
	if err != nil {
		if r.Properties["Half"] != nil {
			f.alive[id] = r.Properties
			return cloudformation.Result{PhysicalID: id}, err
		}
		return cloudformation.Result{}, err
	}
	f.alive[id] = r.Properties
	return cloudformation.Result{PhysicalID: id, Attributes: map[string]any{
		"Arn": "arn:aws:fake:::" + id, "Endpoint": map[string]any{"Port": int64(6379)},
	}}, nil
}

func (f *fake) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	if err := f.call(ctx, "update", r); err != nil {
		return cloudformation.Result{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.alive[r.PhysicalID]; !ok {
		return cloudformation.Result{}, fmt.Errorf("%s is not there to update", r.PhysicalID)
	}
	f.alive[r.PhysicalID] = r.Properties
	return cloudformation.Result{}, nil
}

func (f *fake) Delete(ctx context.Context, r cloudformation.Request) error {
	if err := f.call(ctx, "delete", r); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.alive[r.PhysicalID]; !ok {
		return fmt.Errorf("%s is not there to delete", r.PhysicalID)
	}
	delete(f.alive, r.PhysicalID)
	return nil
}

// living lists the physical ids that exist.
func (f *fake) living() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.alive))
}

func (f *fake) called() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// objects is an S3 of a few fixed objects: bucket/key to text.
type objects map[string]string

func (o objects) ReadObject(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	text, ok := o[bucket+"/"+key]
	if !ok {
		return nil, fmt.Errorf("The specified key does not exist.") //nolint:revive // S3's text
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

// store is an SSM parameter store of a few fixed values.
type store map[string]string

func (s store) Parameter(_ context.Context, name string) (string, bool, error) {
	v, ok := s[name]
	return v, ok, nil
}

// secrets is a Secrets Manager of a few fixed secrets.
type secrets map[string]string

func (s secrets) Secret(_ context.Context, id, stage, version string) (string, bool, error) {
	v, ok := s[strings.TrimRight(id+"/"+stage+"/"+version, "/")]
	return v, ok, nil
}

// resourceTypes are the resource types the tests can make.
var resourceTypes = []string{
	"AWS::Kinesis::Stream", "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic",
}

// world is one emulator with its fake, its address and a real client.
type world struct {
	fake    *fake
	service *cloudformation.Service
	url     string
	client  *cfn.Client
}

func newWorld(t *testing.T, change ...func(*cloudformation.Config)) *world {
	t.Helper()
	return newWorldOf(t, newFake(), change...)
}

func newWorldOf(t *testing.T, resources *fake, change ...func(*cloudformation.Config)) *world {
	t.Helper()
	w := &world{fake: resources}
	c := cloudformation.Config{
		Region: testRegion, AccountID: testAccount, Provisioners: inertTypes(testRegion, testAccount),
		Templates: objects{}, Parameters: store{"/app/size": "3", "/app/word": "green", "/app/list": "a,b, c ,d", "/app/subnet": "subnet-9"},
	}
	for _, typ := range resourceTypes {
		c.Provisioners[typ] = w.fake
	}
	c.Provisioners["AWS::ElastiCache::ReplicationGroup"] = keeper{w.fake}
	c.Exists = map[string]func(string) bool{}
	for typ, ids := range map[string][]string{"AWS::EC2::VPC::Id": {"vpc-1"}, "AWS::EC2::Subnet::Id": {"subnet-1", "subnet-2"}} {
		c.Exists[typ] = func(id string) bool { return slices.Contains(append(w.fake.living(), ids...), id) }
	}
	c.Secrets = secrets{"login": `{"user": "ann", "port": 6379}`, "arn:aws:secretsmanager:us-east-1:000000000000:secret:plain-AbCdEf/AWSPREVIOUS": "old"}
	for _, f := range change {
		f(&c)
	}
	var err error
	if w.service, err = cloudformation.New(c); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.service)
	w.url = server.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := w.service.Close(ctx); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	// Retries stay on: the SDK closes a request's body as soon as it has the response's head, and where net/http is still about to
	// make sure that the body has ended, it takes that for a failed write and drops the connection under a long response.
	w.client = cfn.New(cfn.Options{Region: testRegion, BaseEndpoint: &w.url, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	return w
}

// settled waits until no operation runs on a stack and returns its status.
func (w *world) settled(t *testing.T, stack string) (status, reason string) {
	t.Helper()
	for {
		out, err := w.client.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: &stack})
		if err != nil {
			t.Fatalf("describe %s: %v", stack, err)
		}
		s := out.Stacks[0]
		if text := string(s.StackStatus); !strings.HasSuffix(text, "_IN_PROGRESS") || text == "REVIEW_IN_PROGRESS" {
			return text, aws.ToString(s.StackStatusReason)
		}
	}
}
