package gateway

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/pkg/fanout"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

const (
	// logRetryMin and logRetryMax bound the wait of a replaying stream between two
	// attempts to read the log.
	logRetryMin = 50 * time.Millisecond
	logRetryMax = 2 * time.Second
	// reconnectMax is how long a drained subscriber is asked to wait at most: enough
	// to tell the reconnects of one moment apart.
	reconnectMax = time.Second
	// ageRetry is when an old stream is looked at again that cannot be asked to move now.
	ageRetry = time.Minute
	// ageJitter is by what part of it the age of a stream differs from the limit, up or
	// down, so that streams which began together do not end together.
	ageJitter = 0.1
)

// Subscribe implements spillwayv1.StreamServiceServer.
func (s *Server) Subscribe(req *spillwayv1.SubscribeRequest, stream grpc.ServerStreamingServer[spillwayv1.SubscribeResponse]) error {
	ctx := stream.Context()
	var p *pump
	var err error
	aside(func() { p, err = s.begin(ctx, req, stream) })
	if err == nil {
		err = s.keep(ctx, p)
	}
	return s.over(ctx, err)
}

// over counts and logs the end of a stream, and returns its status.
func (s *Server) over(ctx context.Context, err error) error {
	id := identity(ctx)
	log := s.cfg.Logger.With("client_id", id.ClientID, "jti", id.TokenID)
	st := toStatus(err)
	s.cfg.Metrics.ended.WithLabelValues(status.Code(st).String()).Inc()
	if status.Code(st) == codes.Internal {
		log.Error("subscription failed", "error", err)
	} else {
		log.Info("subscription ended", "code", status.Code(st).String(), "reason", status.Convert(st).Message())
	}
	return st
}

// begin makes a stream's pump, which has a place among the streams.
func (s *Server) begin(ctx context.Context, req *spillwayv1.SubscribeRequest, stream sender) (*pump, error) {
	id := identity(ctx)
	want, err := s.check(req, id)
	if err != nil {
		return nil, err
	}
	if !s.knowsRevoked() {
		return nil, fanout.ErrNotReady
	}
	release, err := s.admit(place{id.ClientID, s.address(ctx), want.filtered()})
	if err != nil {
		return nil, err
	}
	sub, err := s.cfg.Hub.Subscribe(ctx, want.Request)
	if err != nil {
		release()
		return nil, err
	}
	p := newPump(s, sub, stream, want, &id)
	p.release = release
	return p, nil
}

// keep serves a stream until it ends.
func (s *Server) keep(ctx context.Context, p *pump) error {
	keep := false
	defer func() {
		if !keep {
			p.release()
		}
	}()
	defer p.sub.Close()
	defer s.guard.watch(ctx, p)()
	// What changed before the guard knew the stream:
	var err error
	aside(func() { err = s.judge(p) })
	if err != nil {
		return err
	}
	if s.isDraining() {
		p.hurry()
	}
	err = p.run(ctx)
	if end := p.ended.Load(); end != nil {
		keep = end.stalled && s.conns.hold(ctx, p.release)
		return end.status
	}
	return err
}

// place is what a stream takes, and of whom.
type place struct {
	client, address string
	filter          filtered
}

// admit counts a stream in, unless there are too many or the server is about to end.
// One that drains takes streams still: a load balancer may not know yet. release counts
// it out.
func (s *Server) admit(p place) (release func(), err error) {
	if s.stopping.Load() {
		return nil, comeBack(codes.Unavailable, "this gateway is stopping: connect again", rand.N(reconnectMax))
	}
	if s.streams.Add(1) > int64(s.cfg.MaxStreams) {
		s.streams.Add(-1)
		return nil, comeBack(codes.ResourceExhausted, fmt.Sprintf("this gateway has %d streams, as many as it may: try again", s.cfg.MaxStreams), retryAfter)
	}
	if err := s.clients.open(p.client, p.filter); err != nil {
		s.streams.Add(-1)
		return nil, err
	}
	if err := s.addresses.open(p.address, filtered{}); err != nil {
		s.clients.close(p.client, p.filter)
		s.streams.Add(-1)
		return nil, err
	}
	s.cfg.Metrics.streams.Inc()
	return func() {
		s.addresses.close(p.address, filtered{})
		s.clients.close(p.client, p.filter)
		s.streams.Add(-1)
		s.cfg.Metrics.streams.Dec()
	}, nil
}

// address is what the limits of the caller's address go by.
func (s *Server) address(ctx context.Context) string {
	from, ok := peer.FromContext(ctx)
	if !ok {
		return ""
	}
	return addressOf(from.Addr)
}
