package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// claims is the payload of the token that the fakes know.
const claims = `{"client_id":"news","scope":"spillway/weather.us.ny","exp":1795000000}`

func validToken() string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256"}`)) + "." + encode([]byte(claims)) + ".signature"
}

// cloud is a gateway and a token endpoint on loopback.
type cloud struct {
	spillwayv1.UnimplementedStreamServiceServer
	events   []*spillwayv1.SubscribeResponse                                                                    // what a subscriber gets, after subscribed
	ends     error                                                                                              // how the stream then ends; nil: it stays open
	serve    func(*spillwayv1.SubscribeRequest, grpc.ServerStreamingServer[spillwayv1.SubscribeResponse]) error // in place of both
	filters  map[string]string                                                                                  // of grants
	endpoint string
	tokenURL string

	mu       sync.Mutex // guards requests
	requests []*spillwayv1.SubscribeRequest
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	spillwayv1.RegisterStreamServiceServer(server, c)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(lis); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("serve: %v", err)
		}
	})
	issuer := httptest.NewServer(http.HandlerFunc(issueToken))
	t.Cleanup(func() {
		server.Stop()
		wg.Wait()
		issuer.Close()
	})
	c.endpoint, c.tokenURL = lis.Addr().String(), issuer.URL+"/oauth2/token"
	return c
}

func issueToken(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.FormValue("client_id") != "news" || r.FormValue("client_secret") != "s3cret" {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"error":"invalid_client"}`)
		return
	}
	fmt.Fprintf(w, `{"access_token":%q,"expires_in":3600,"token_type":"Bearer"}`, validToken())
}

func (c *cloud) authenticate(ctx context.Context) error {
	md, _ := metadata.FromIncomingContext(ctx)
	if strings.Join(md.Get("authorization"), "") != "Bearer "+validToken() {
		return status.Error(codes.Unauthenticated, "the token is not a JSON Web Token")
	}
	return nil
}

func (c *cloud) Subscribe(req *spillwayv1.SubscribeRequest, out grpc.ServerStreamingServer[spillwayv1.SubscribeResponse]) error {
	if err := c.authenticate(out.Context()); err != nil {
		return err
	}
	for _, p := range req.GetPatterns() {
		if strings.HasSuffix(p, ">") {
			return status.Errorf(codes.PermissionDenied, "pattern %q is covered by no grant", p)
		}
	}
	c.mu.Lock()
	c.requests = append(c.requests, req)
	c.mu.Unlock()
	if c.serve != nil {
		return c.serve(req, out)
	}
	first := &spillwayv1.SubscribeResponse{
		Cursor:   &spillwayv1.Cursor{Base: []byte("base"), Step: []byte{0}},
		Response: &spillwayv1.SubscribeResponse_Subscribed{Subscribed: &spillwayv1.Subscribed{Patterns: req.GetPatterns()}},
	}
	for _, resp := range append([]*spillwayv1.SubscribeResponse{first}, c.events...) {
		if err := out.Send(resp); err != nil {
			return err
		}
	}
	if c.ends != nil {
		return c.ends
	}
	<-out.Context().Done()
	return out.Context().Err()
}

func (c *cloud) GetAccess(ctx context.Context, _ *spillwayv1.GetAccessRequest) (*spillwayv1.GetAccessResponse, error) {
	if err := c.authenticate(ctx); err != nil {
		return nil, err
	}
	return &spillwayv1.GetAccessResponse{
		ClientId: "news", Grants: []string{"weather.us.ny", "weather.eu.>"}, Retention: durationpb.New(24 * time.Hour),
		Limits:        &spillwayv1.Limits{MaxBatchBytes: 65536, HeartbeatInterval: durationpb.New(30 * time.Second)},
		ServerVersion: "v1.2.3", GrantFilters: c.filters,
	}, nil
}

// sends sets what a subscriber in another process gets.
func (c *cloud) sends(events ...*spillwayv1.SubscribeResponse) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = events
}

// lastRequest returns the last Subscribe.
func (c *cloud) lastRequest() *spillwayv1.SubscribeRequest {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests[len(c.requests)-1]
}

// env is the configuration of a customer of c.
func (c *cloud) env() map[string]string {
	return map[string]string{
		"SPILLWAY_ENDPOINT": c.endpoint, "SPILLWAY_TOKEN_URL": c.tokenURL,
		"SPILLWAY_CLIENT_ID": "news", "SPILLWAY_CLIENT_SECRET": "s3cret",
	}
}

// batch returns a response with an event for each of data, and step as its cursor.
func batch(step byte, data ...string) *spillwayv1.SubscribeResponse {
	b := &spillwayv1.EventBatch{}
	for i, d := range data {
		b.Events = append(b.Events, &spillwayv1.Event{
			Id: fmt.Sprintf("0:%d:%d", step, i), Topic: "weather.us.ny", PartitionKey: "KNYC",
			ApproximateArrivalTime: timestamppb.New(time.Date(2026, 11, 22, 21, 6, 0, 123e6, time.UTC)), Data: []byte(d),
		})
	}
	return &spillwayv1.SubscribeResponse{Cursor: &spillwayv1.Cursor{Step: []byte{step}}, Response: &spillwayv1.SubscribeResponse_Events{Events: b}}
}

// result is what a run left behind.
type result struct {
	stdout, stderr string
	err            error
	exit           int
}

// text is what the error says.
func (r result) text() string {
	if r.err == nil {
		return ""
	}
	return r.err.Error()
}

// spillway runs a command line with the environment env and the text in on stdin.
func spillway(ctx context.Context, env map[string]string, in string, args ...string) result {
	var stdout, stderr bytes.Buffer
	err := run(ctx, args, func(name string) string { return env[name] }, strings.NewReader(in), &stdout, &stderr)
	return result{stdout.String(), stderr.String(), err, exitStatus(err)}
}

// kinesisStream is PutRecords over HTTP, in memory.
type kinesisStream struct {
	url   string
	came  func()     // is called with every request, if there is one
	mu    sync.Mutex // guards what follows
	calls int
	auth  string
	data  map[string][]string
	order []string // all data, in order
}

func newKinesis(t *testing.T) *kinesisStream {
	t.Helper()
	k := &kinesisStream{data: make(map[string][]string)}
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	k.url = server.URL
	return k
}

func (k *kinesisStream) env() map[string]string {
	return map[string]string{"AWS_ENDPOINT_URL": k.url, "SPILLWAY_STREAM": "weather"}
}

func (k *kinesisStream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		StreamName string
		Records    []struct {
			Data         []byte
			PartitionKey string
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Amz-Target") != "Kinesis_20131202.PutRecords" {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if k.came != nil {
		k.came()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls++
	k.auth = r.Header.Get("Authorization")
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if in.StreamName != "weather" {
		refuse(w, "ResourceNotFoundException", "Stream "+in.StreamName+" under account 000000000000 not found.")
		return
	}
	for i, rec := range in.Records {
		if len(rec.Data) > 1<<20 {
			refuse(w, "ValidationException", "1 validation error detected: Value at 'records."+strconv.Itoa(i+1)+".member.data' failed to satisfy constraint: Member must have length less than or equal to 1048576")
			return
		}
	}
	var results []map[string]string
	failed := 0
	for i, rec := range in.Records {
		if k.calls%3 == 1 && i == 0 { // the first of every third request is throttled
			failed++
			results = append(results, map[string]string{"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded for shard"})
			continue
		}
		results = append(results, map[string]string{"SequenceNumber": "1", "ShardId": "shardId-000000000000"})
		k.data[rec.PartitionKey] = append(k.data[rec.PartitionKey], string(rec.Data))
		k.order = append(k.order, string(rec.Data))
	}
	json.NewEncoder(w).Encode(map[string]any{"FailedRecordCount": failed, "Records": results}) //nolint:errchkjson // a fake
}

func refuse(w http.ResponseWriter, code, message string) {
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"__type":%q,"message":%q}`, code, message)
}

// write makes a file and returns its path.
func write(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}
