package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers the codec that bareCodec falls back to
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/spillway/spillway/pkg/event"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

const (
	// linger is the least time between two flushes of bare: what measurements of grpc-go
	// have shown to be best under load.
	linger = 5 * time.Millisecond
	// largestBatch bounds the bytes of events in a response, as the gateway's default does.
	largestBatch = 64 << 10
	// smallReads is the gateway's choice, too: subscribers send next to nothing.
	smallReads = 4 << 10
)

// serverConfig says what a baseline serves.
type serverConfig struct {
	Addr          string
	URL           string // of Redis, for the sample
	Topics, Bytes int
	Progress      string
}

// newBare is the role of the bare server, which feeds itself.
func newBare(ctx context.Context, conf []byte) (handler, error) {
	var c serverConfig
	if err := json.Unmarshal(conf, &c); err != nil {
		return nil, err
	}
	lis, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return nil, err
	}
	ring, m := newRing(), newMaker(c.Topics, c.Bytes)
	srv := grpc.NewServer(grpc.ForceServerCodecV2(bareCodec{encoding.GetCodecV2("proto")}), grpc.ReadBufferSize(smallReads))
	spillwayv1.RegisterStreamServiceServer(srv, &bare{ring: ring})
	go func() { _ = srv.Serve(lis) }() // ends with the process
	f := &feeder{progress: c.Progress, feed: func(_ context.Context, count int) error {
		at := time.Now()
		for range count {
			ring.add(m.next(at))
		}
		return nil
	}}
	return f.handle, nil
}

// bare serves the events of a ring.
type bare struct {
	spillwayv1.UnimplementedStreamServiceServer
	ring *ring
}

// Subscribe implements spillwayv1.StreamServiceServer.
func (b *bare) Subscribe(_ *spillwayv1.SubscribeRequest, stream grpc.ServerStreamingServer[spillwayv1.SubscribeResponse]) error {
	at := b.ring.end()
	if err := stream.Send(&spillwayv1.SubscribeResponse{
		Response: &spillwayv1.SubscribeResponse_Subscribed{Subscribed: &spillwayv1.Subscribed{}},
	}); err != nil {
		return err
	}
	for {
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-at.ready:
		}
		var bufs mem.BufferSlice
		if bufs, at = drained(at); bufs == nil {
			return fmt.Errorf("nothing is ready")
		}
		if err := stream.SendMsg(encoded(bufs)); err != nil {
			return err
		}
	}
}

// drained returns a response with what is ready from a batch on, and where it ends.
func drained(at *batch) (mem.BufferSlice, *batch) {
	var bufs mem.BufferSlice
	size := 0
	for size < largestBatch {
		select {
		case <-at.ready:
		default:
			return introduced(bufs, size), at
		}
		bufs = append(bufs, mem.SliceBuffer(at.events))
		size += len(at.events)
		at = at.next
	}
	return introduced(bufs, size), at
}

// introduced puts before events what makes a response of them.
func introduced(events mem.BufferSlice, size int) mem.BufferSlice {
	if size == 0 {
		return nil
	}
	head := protowire.AppendTag(make([]byte, 0, 8), fieldEvents, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(size))
	return append(mem.BufferSlice{mem.SliceBuffer(head)}, events...)
}

// encoded is a response that needs no encoding.
type encoded mem.BufferSlice

// bareCodec is protobuf, but for what is encoded.
type bareCodec struct{ encoding.CodecV2 }

// Marshal implements encoding.CodecV2.
func (c bareCodec) Marshal(v any) (mem.BufferSlice, error) {
	if e, ok := v.(encoded); ok {
		return mem.BufferSlice(e), nil
	}
	return c.CodecV2.Marshal(v)
}

// batch is a link in a chain of batches. events and next are set before ready is closed,
// and never change after that.
type batch struct {
	events []byte
	next   *batch
	ready  chan struct{}
}

// ring is the end of the chain, and what is to be added to it. Who has a batch has all
// that come after it; what nobody has any more is garbage.
type ring struct {
	mu      sync.Mutex // guards what follows
	last    *batch     // not ready
	pending []byte
	flushed time.Time
	waiting bool // a flush will come
}

func newRing() *ring { return &ring{last: &batch{ready: make(chan struct{})}} }

func (r *ring) end() *batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// add adds an event: at once if the last flush was long ago, else with the next one.
func (r *ring) add(e *event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending = event.Append(r.pending, e)
	wait := linger - time.Since(r.flushed)
	switch {
	case r.waiting:
	case wait <= 0:
		r.flush()
	default:
		r.waiting = true
		time.AfterFunc(wait, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.waiting = false
			r.flush()
		})
	}
}

// flush makes a batch of what is pending. The caller holds r.mu.
func (r *ring) flush() {
	full := r.last
	r.last = &batch{ready: make(chan struct{})}
	full.events, full.next = r.pending, r.last
	r.pending, r.flushed = nil, time.Now()
	close(full.ready)
}
