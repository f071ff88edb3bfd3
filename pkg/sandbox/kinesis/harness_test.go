package kinesis_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
	"github.com/spillway/spillway/pkg/sandbox/sdktest"
)

const (
	testAccount = "123456789012"
	testRegion  = "us-east-1"
)

func arnOf(name string) string {
	return "arn:aws:kinesis:" + testRegion + ":" + testAccount + ":stream/" + name
}

// clock is a clock that only a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 4, 5, 6, 7, 890_000_000, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a service behind an HTTP server, with a client of it.
type world struct {
	*kinesis.Service
	clock  *clock
	url    string
	client *sdk.Client
}

// newWorld starts a service whose streams are ACTIVE at once unless set says otherwise.
func newWorld(t testing.TB, set func(*kinesis.Config)) *world {
	t.Helper()
	w := &world{clock: newClock()}
	cfg := kinesis.Config{Region: testRegion, AccountID: testAccount, Now: w.clock.Now, StateDelay: -1}
	if set != nil {
		set(&cfg)
	}
	w.Service = kinesis.New(cfg)
	srv := httptest.NewServer(w.Service)
	t.Cleanup(srv.Close)
	t.Cleanup(w.Service.Close)
	w.url = srv.URL
	w.client = newClient(srv.URL, sdktest.HTTPClient())
	return w
}

// newClient is a client of its own: in this version of the SDK the subscriptions of one client share a buffer, and race.
func newClient(url string, client sdk.HTTPClient) *sdk.Client {
	return sdk.New(sdk.Options{
		Region:           testRegion,
		BaseEndpoint:     aws.String(url),
		Credentials:      credentials.NewStaticCredentialsProvider("test", "test", ""),
		RetryMaxAttempts: 1,
		HTTPClient:       client,
	})
}

// create makes a stream with the number of shards.
func (w *world) create(t testing.TB, name string, shards int) {
	t.Helper()
	if err := w.CreateStream(context.Background(), kinesis.CreateStreamInput{StreamName: name, ShardCount: shards}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) put(t testing.TB, stream, key, data string) kinesis.PutRecordOutput {
	t.Helper()
	out, err := w.PutRecord(context.Background(), kinesis.PutRecordInput{StreamName: stream, PartitionKey: key, Data: []byte(data)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (w *world) iterator(t testing.TB, in kinesis.GetShardIteratorInput) string {
	t.Helper()
	out, err := w.GetShardIterator(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out.ShardIterator
}

// answer is a raw HTTP answer.
type answer struct {
	status int
	header http.Header
	body   string
}

// field gives a member of a JSON answer as a string, "" if it is missing.
func (a answer) field(name string) string {
	var m map[string]any
	if json.Unmarshal([]byte(a.body), &m) != nil {
		return ""
	}
	s, _ := m[name].(string)
	return s
}

// sign gives a request the headers that it should have.
func sign(req *http.Request, operation string) {
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "Kinesis_20131202."+operation)
	req.Header.Set("X-Amz-Date", "20260304T050607Z")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c")
}

// send sends a signed-looking JSON 1.1 request that change may spoil.
func (w *world) send(t testing.TB, operation, body string, change func(*http.Request)) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	sign(req, operation)
	if change != nil {
		change(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(raw)}
}
