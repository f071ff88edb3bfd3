package main

import (
	"context"
	"encoding/json"
	"net"
	"sync"

	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// sampleQueue is how many events wait for a subscriber of the sample. A full queue holds
// up the others: to drop events would be cheaper than to deliver them.
const sampleQueue = 256

// sample serves what comes over Redis's Pub/Sub.
type sample struct {
	spillwayv1.UnimplementedStreamServiceServer

	mu   sync.RWMutex                               // guards subs
	subs map[chan *spillwayv1.Event]<-chan struct{} // and what is closed when they have gone
}

// newSample is the role of the sample's server.
func newSample(ctx context.Context, conf []byte) (handler, error) {
	var c serverConfig
	if err := json.Unmarshal(conf, &c); err != nil {
		return nil, err
	}
	opts, err := redis.ParseURL(c.URL)
	if err != nil {
		return nil, err
	}
	lis, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return nil, err
	}
	ps := redis.NewClient(opts).Subscribe(ctx, newMaker(c.Topics, c.Bytes).topics...)
	for range c.Topics {
		if _, err := ps.Receive(ctx); err != nil {
			return nil, err
		}
	}
	s := &sample{subs: map[chan *spillwayv1.Event]<-chan struct{}{}}
	go s.receive(ctx, ps) // ends with the process
	srv := grpc.NewServer()
	spillwayv1.RegisterStreamServiceServer(srv, s)
	go func() { _ = srv.Serve(lis) }() // ends with the process
	return func(context.Context, string, json.RawMessage) (any, error) { return struct{}{}, nil }, nil
}

// receive hands on every message to every subscriber.
func (s *sample) receive(ctx context.Context, ps *redis.PubSub) {
	for {
		msg, err := ps.ReceiveMessage(ctx)
		if err != nil {
			return
		}
		var e spillwayv1.Event
		if proto.Unmarshal([]byte(msg.Payload), &e) == nil {
			s.handOn(&e)
		}
	}
}

func (s *sample) handOn(e *spillwayv1.Event) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for queue, gone := range s.subs {
		select {
		case queue <- e:
		case <-gone:
		}
	}
}

// Subscribe implements spillwayv1.StreamServiceServer.
func (s *sample) Subscribe(_ *spillwayv1.SubscribeRequest, stream grpc.ServerStreamingServer[spillwayv1.SubscribeResponse]) error {
	queue := make(chan *spillwayv1.Event, sampleQueue)
	s.mu.Lock()
	s.subs[queue] = stream.Context().Done()
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subs, queue)
	}()
	if err := stream.Send(&spillwayv1.SubscribeResponse{
		Response: &spillwayv1.SubscribeResponse_Subscribed{Subscribed: &spillwayv1.Subscribed{}},
	}); err != nil {
		return err
	}
	for {
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case e := <-queue:
			if err := stream.Send(&spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Events{
				Events: &spillwayv1.EventBatch{Events: []*spillwayv1.Event{e}},
			}}); err != nil {
				return err
			}
		}
	}
}
