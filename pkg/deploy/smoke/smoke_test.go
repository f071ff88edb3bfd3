package smoke

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spillway/spillway/pkg/client"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// world is a stream and a gateway, with nothing between them but a channel.
type world struct {
	spillwayv1.UnimplementedStreamServiceServer
	records chan []byte
	refuse  error // of Subscribe
	putErr  error
	lost    bool // what is put goes nowhere
}

func (w *world) PutRecords(_ context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	if w.putErr != nil {
		return nil, w.putErr
	}
	for _, r := range in.Records {
		if !w.lost {
			w.records <- []byte("somebody else's")
			w.records <- r.Data
		}
	}
	return &kinesis.PutRecordsOutput{FailedRecordCount: aws.Int32(0), Records: make([]types.PutRecordsResultEntry, len(in.Records))}, nil
}

func (w *world) Subscribe(_ *spillwayv1.SubscribeRequest, out grpc.ServerStreamingServer[spillwayv1.SubscribeResponse]) error {
	if w.refuse != nil {
		return w.refuse
	}
	cursor := &spillwayv1.Cursor{}
	first := &spillwayv1.SubscribeResponse{Cursor: cursor, Response: &spillwayv1.SubscribeResponse_Subscribed{Subscribed: &spillwayv1.Subscribed{
		Patterns: []string{"a.>"}, Limits: &spillwayv1.Limits{MaxBatchBytes: 1 << 16, HeartbeatInterval: durationpb.New(time.Hour)},
	}}}
	if err := out.Send(first); err != nil {
		return err
	}
	for {
		select {
		case data := <-w.records:
			batch := &spillwayv1.EventBatch{Events: []*spillwayv1.Event{{Id: string(data), Topic: "a.b", PartitionKey: "k", Data: data}}}
			if err := out.Send(&spillwayv1.SubscribeResponse{Cursor: cursor, Response: &spillwayv1.SubscribeResponse_Events{Events: batch}}); err != nil {
				return err
			}
		case <-out.Context().Done():
			return out.Context().Err()
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		world world
		want  string // part of the error
	}{
		{"it works", world{}, ""},
		{"no grant", world{refuse: status.Error(codes.PermissionDenied, "pattern a.> is not granted")}, "smoke test: subscribe to a.> at passthrough"},
		{"no stream", world{putErr: &types.ResourceNotFoundException{Message: aws.String("no stream")}}, "put a record into s: "},
		{"it gets lost", world{lost: true}, "wait for the record that was put into s: it did not arrive within 3m0s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &tt.world
				w.records = make(chan []byte, 8)
				lis := bufconn.Listen(1 << 20)
				server := grpc.NewServer()
				spillwayv1.RegisterStreamServiceServer(server, w)
				var wg sync.WaitGroup
				wg.Go(func() {
					if err := server.Serve(lis); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
						t.Error(err)
					}
				})
				r, err := Run(t.Context(), Test{
					Client: client.Config{
						Endpoint: "passthrough:443", Plaintext: true, Credentials: client.Credentials{Token: "x"},
						Dial: func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) },
					},
					Kinesis: w, Stream: "s", Pattern: "a.>", Key: "k", Data: `{"id":"{id}"}`,
				})
				if tt.want == "" && (err != nil || r.Topic != "a.b") || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
					t.Errorf("got %+v, %v, want %q", r, err, tt.want)
				}
				server.Stop()
				wg.Wait()
			})
		})
	}
}
