package lambda_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
	"github.com/spillway/spillway/pkg/sandbox/sdktest"
)

const (
	account   = "000000000000"
	region    = "us-east-1"
	role      = "arn:aws:iam::000000000000:role/function"
	streamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/records"
)

// functionZip builds the test's function once and zips it.
var functionZip = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "function")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "./testdata/function")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build function: %w: %s", err, out)
	}
	data, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	return zipped(map[string][]byte{"bootstrap": data})
})

func zipped(files map[string][]byte) ([]byte, error) {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, data := range files {
		header := &zip.FileHeader{Name: name, Method: zip.Store} // to inflate it takes seconds under the race detector
		header.SetMode(0o755)
		f, err := w.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return buf.Bytes(), err
}

// objects is an S3 with one bucket.
type objects map[string][]byte

func (o objects) Object(_ context.Context, bucket, key string, maxBytes int64) ([]byte, error) {
	if bucket != "code" {
		return nil, lambda.ErrNoSuchBucket
	}
	data, ok := o[key]
	switch {
	case !ok:
		return nil, lambda.ErrNoSuchKey
	case int64(len(data)) > maxBytes:
		return nil, lambda.ErrObjectTooLarge
	}
	return data, nil
}

// stream is one Kinesis stream in memory, with as many shards as it is made with.
type stream struct {
	mu      sync.Mutex // guards what follows
	shards  map[string][]eventsource.Record
	next    int
	changed chan struct{}
}

func newStream(shards ...string) *stream {
	s := &stream{shards: map[string][]eventsource.Record{}, changed: make(chan struct{})}
	for _, id := range shards {
		s.shards[id] = nil
	}
	return s
}

func (s *stream) put(shard string, data ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range data {
		s.next++
		s.shards[shard] = append(s.shards[shard], eventsource.Record{
			SequenceNumber: strconv.Itoa(s.next), PartitionKey: d, Data: []byte(d), Arrival: time.Now(),
		})
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *stream) Shards(_ context.Context, arn string) ([]eventsource.Shard, error) {
	if arn != streamARN {
		return nil, fmt.Errorf("stream %s: %w", arn, lambda.ErrNoSuchStream)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []eventsource.Shard
	for id := range s.shards {
		out = append(out, eventsource.Shard{ID: id})
	}
	return out, nil
}

// Positions are counted in sequence numbers; LATEST is after the last.
func (s *stream) after(shard string, from eventsource.Position) []eventsource.Record {
	records := s.shards[shard]
	for i, r := range records {
		n, _ := strconv.Atoi(r.SequenceNumber)
		after, _ := strconv.Atoi(from.SequenceNumber)
		switch {
		case from.Kind == eventsource.TrimHorizon,
			from.Kind == eventsource.AfterSequence && n > after,
			from.Kind == eventsource.AtTimestamp && !r.Arrival.Before(from.Timestamp):
			return records[i:]
		}
	}
	return nil
}

func (s *stream) Read(_ context.Context, _, shard string, from eventsource.Position, maxRecords, _ int) (eventsource.Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	records := s.after(shard, from)
	records = records[:min(len(records), maxRecords)]
	next := from
	if from.Kind != eventsource.TrimHorizon {
		next = eventsource.Position{Kind: eventsource.AfterSequence, SequenceNumber: strconv.Itoa(s.next)}
	}
	if len(records) > 0 {
		next = eventsource.Position{Kind: eventsource.AfterSequence, SequenceNumber: records[len(records)-1].SequenceNumber}
	}
	return eventsource.Batch{Records: records, Next: next}, nil
}

func (s *stream) Wait(ctx context.Context, _, shard string, from eventsource.Position) error {
	for {
		s.mu.Lock()
		n, changed := len(s.after(shard, from)), s.changed
		s.mu.Unlock()
		if n > 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// destination remembers messages.
type destination struct {
	mu       sync.Mutex // guards messages
	messages []eventsource.Message
}

func (d *destination) Send(_ context.Context, _ string, m eventsource.Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.messages = append(d.messages, m)
	return nil
}

func (d *destination) got() []eventsource.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]eventsource.Message(nil), d.messages...)
}

func (d *destination) Check(_ context.Context, arn string) error {
	if strings.Contains(arn, "missing") {
		return errors.New("it does not exist")
	}
	return nil
}

// setup is a service behind HTTP with the real client in front.
type setup struct {
	service     *lambda.Service
	client      *awslambda.Client
	url         string
	dir         string
	notes       string // the file that functions note in
	stream      *stream
	destination *destination
}

func newSetup(t testing.TB, change ...func(*lambda.Config)) *setup {
	t.Helper()
	s := &setup{dir: t.TempDir(), stream: newStream("shardId-000000000000", "shardId-000000000001"), destination: &destination{}}
	s.notes = filepath.Join(s.dir, "notes")
	code, err := functionZip()
	if err != nil {
		t.Fatal(err)
	}
	cfg := lambda.Config{
		AccountID: account, Region: region, StateDir: filepath.Join(s.dir, "state"), Logger: slog.New(slog.DiscardHandler),
		Objects: objects{"function.zip": code}, Streams: s.stream, Destinations: s.destination,
		RetryBase: time.Millisecond, RetryCap: 10 * time.Millisecond,
	}
	for _, c := range change {
		c(&cfg)
	}
	if s.service, err = lambda.New(cfg); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.service)
	t.Cleanup(func() {
		server.Close()
		s.service.Close(context.Background())
	})
	s.url = server.URL
	s.client = awslambda.New(awslambda.Options{
		BaseEndpoint: aws.String(server.URL), Region: region, RetryMaxAttempts: 1, HTTPClient: sdktest.HTTPClient(),
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})
	return s
}

func hostArchitecture() types.Architecture {
	if runtime.GOARCH == "arm64" {
		return types.ArchitectureArm64
	}
	return types.ArchitectureX8664
}

// create creates a function with the test's code.
func (s *setup) create(t testing.TB, name string, change ...func(*awslambda.CreateFunctionInput)) *awslambda.CreateFunctionOutput {
	t.Helper()
	in := &awslambda.CreateFunctionInput{
		FunctionName: aws.String(name), Role: aws.String(role), Runtime: types.RuntimeProvidedal2023,
		Handler: aws.String("bootstrap"), Architectures: []types.Architecture{hostArchitecture()},
		Code:        &types.FunctionCode{S3Bucket: aws.String("code"), S3Key: aws.String("function.zip")},
		Timeout:     aws.Int32(30),
		Environment: &types.Environment{Variables: map[string]string{"NOTES": s.notes}},
	}
	for _, c := range change {
		c(in)
	}
	out, err := s.client.CreateFunction(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// invoke runs a function with a command.
func (s *setup) invoke(t testing.TB, name, payload string) *awslambda.InvokeOutput {
	t.Helper()
	out, err := s.client.Invoke(t.Context(), &awslambda.InvokeInput{
		FunctionName: aws.String(name), Payload: []byte(payload), LogType: types.LogTypeTail,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// setTimeout changes how many seconds a function may take.
func (s *setup) setTimeout(t testing.TB, name string, seconds int32) {
	t.Helper()
	if _, err := s.client.UpdateFunctionConfiguration(t.Context(), &awslambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String(name), Timeout: aws.Int32(seconds),
	}); err != nil {
		t.Fatal(err)
	}
}

// noted are the lines that functions noted.
func (s *setup) noted() []string {
	data, err := os.ReadFile(s.notes)
	if err != nil || len(data) == 0 { // made, and not written yet
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// log is what is in a function's log.
func (s *setup) log(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, "state", "logs", name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// eventually waits until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("never happened: %s", what)
		}
	}
}

func discardLogger() *slog.Logger { return slog.New(slog.DiscardHandler) }

func touch(t testing.TB, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func memoryIsKnown() bool { return runtime.GOOS == "linux" }

func itoa(n int) string { return strconv.Itoa(n) }

func contextWithCancel(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}
