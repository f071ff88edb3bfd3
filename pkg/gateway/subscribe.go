package gateway

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spillway/spillway/pkg/authn"
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
)

// Subscribe implements spillwayv1.StreamServiceServer.
func (s *Server) Subscribe(req *spillwayv1.SubscribeRequest, stream grpc.ServerStreamingServer[spillwayv1.SubscribeResponse]) error {
	ctx, id := stream.Context(), identity(stream.Context())
	log := s.cfg.Logger.With("client_id", id.ClientID, "jti", id.TokenID)
	err := s.subscribe(ctx, req, id, stream)
	st := toStatus(err)
	s.cfg.Metrics.ended.WithLabelValues(status.Code(st).String()).Inc()
	if status.Code(st) == codes.Internal {
		log.Error("subscription failed", "error", err)
	} else {
		log.Info("subscription ended", "code", status.Code(st).String(), "reason", status.Convert(st).Message())
	}
	return st
}

func (s *Server) subscribe(ctx context.Context, req *spillwayv1.SubscribeRequest, id authn.Identity, stream sender) error {
	want, err := s.check(req, id)
	if err != nil {
		return err
	}
	if err := s.admit(); err != nil {
		return err
	}
	defer s.release()
	sub, err := s.cfg.Hub.Subscribe(ctx, want.patterns, want.start)
	if err != nil {
		return err
	}
	defer sub.Close()
	p := &pump{server: s, sub: sub, out: stream, want: want, id: id}
	return p.run(ctx)
}

// admit counts a stream in, unless there are too many or the server is stopping.
func (s *Server) admit() error {
	select {
	case <-s.draining:
		return comeBack(codes.Unavailable, "this gateway is stopping: connect again", rand.N(reconnectMax))
	default:
	}
	if s.streams.Add(1) > int64(s.cfg.MaxStreams) {
		s.streams.Add(-1)
		return comeBack(codes.ResourceExhausted, fmt.Sprintf("this gateway has %d streams, as many as it may: try again", s.cfg.MaxStreams), retryAfter)
	}
	s.cfg.Metrics.streams.Inc()
	return nil
}

func (s *Server) release() {
	s.streams.Add(-1)
	s.cfg.Metrics.streams.Dec()
}

// sender is the sending side of a stream.
type sender interface{ SendMsg(m any) error }

// pump moves one subscription into one stream, from the handler's goroutine.
type pump struct {
	server *Server
	sub    *fanout.Subscription
	out    sender
	want   subscription
	id     authn.Identity

	sent  fanout.Mark // whose base the subscriber has
	retry time.Duration
}

func (p *pump) run(ctx context.Context) error {
	if err := p.send(p.sub.Mark(), &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Subscribed{
		Subscribed: &spillwayv1.Subscribed{Patterns: texts(p.want.patterns), Limits: protoLimits(p.want.batch, p.want.heartbeat)},
	}}); err != nil {
		return err
	}
	heartbeat := time.NewTimer(p.want.heartbeat)
	defer heartbeat.Stop()
	expiry := time.NewTimer(time.Until(p.id.Expires))
	defer expiry.Stop()
	var drain <-chan time.Time
	draining := p.server.draining
	for {
		wait, err := p.next(ctx)
		if err != nil {
			return err
		}
		if wait == nil {
			wait = ready
			heartbeat.Reset(p.want.heartbeat)
		}
		select { // what ends a stream comes before what goes on with it
		case <-ctx.Done():
			return ctx.Err()
		case <-expiry.C:
			return p.expired()
		default:
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-expiry.C:
			return p.expired()
		case <-drain:
			return p.drain()
		case <-draining:
			timer := time.NewTimer(p.server.drainDelay())
			defer timer.Stop()
			draining, drain = nil, timer.C
		case <-heartbeat.C:
			if err := p.heartbeat(); err != nil {
				return err
			}
			heartbeat.Reset(p.want.heartbeat)
		case <-wait:
		}
	}
}

// ready is a channel on which nobody has to wait.
var ready = func() chan struct{} { //nolint:gochecknoglobals // a constant, but for the language
	c := make(chan struct{})
	close(c)
	return c
}()

// next sends what there is. wait is nil if something was sent; else there may be
// more once it is closed.
func (p *pump) next(ctx context.Context) (wait <-chan struct{}, err error) {
	b, wait, err := p.sub.Next(ctx, p.want.batch)
	switch {
	case errors.Is(err, fanout.ErrNotReady) && ctx.Err() == nil:
		// The stream stays: the log comes back, and nothing is lost meanwhile.
		p.retry = min(logRetryMax, max(logRetryMin, 2*p.retry))
		return after(p.retry/2 + rand.N(p.retry)), nil
	case err != nil:
		return nil, err
	}
	p.retry = 0
	switch {
	case b.Gap != nil:
		p.server.cfg.Metrics.gaps.Inc()
		return nil, p.send(b.Mark, &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Gap{Gap: protoGap(b.Gap)}})
	case b.Size > 0:
		return nil, p.batch(&b)
	}
	return wait, nil
}

// after is time.After for a wait channel.
func after(d time.Duration) <-chan struct{} {
	c := make(chan struct{})
	time.AfterFunc(d, func() { close(c) })
	return c
}

func (p *pump) batch(b *fanout.Batch) error {
	f := newFrame(b, !b.Mark.SameBase(p.sent))
	p.sent = b.Mark
	if err := p.out.SendMsg(f); err != nil {
		return err
	}
	m := p.server.cfg.Metrics
	m.events.Add(float64(b.Count))
	m.bytes.Add(float64(b.Size))
	m.batches.Inc()
	return nil
}

// send sends a response other than events, with a whole cursor.
func (p *pump) send(mark fanout.Mark, resp *spillwayv1.SubscribeResponse) error {
	p.sent = mark
	step := mark.Step()
	if step == nil {
		step = []byte{} // present, so that it replaces the last one
	}
	resp.Cursor = &spillwayv1.Cursor{Base: mark.Base(), Step: step}
	return p.out.SendMsg(resp)
}

func (p *pump) heartbeat() error {
	p.server.cfg.Metrics.heartbeats.Inc()
	return p.send(p.sub.Mark(), &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Heartbeat{Heartbeat: &spillwayv1.Heartbeat{}}})
}

// expired ends the stream of a token that has ended.
func (p *pump) expired() error {
	if err := p.heartbeat(); err != nil { // the cursor to resume from
		return err
	}
	return status.Errorf(codes.Unauthenticated, "the token expired at %s: get a new one and resume with the cursor", p.id.Expires.UTC().Format(time.RFC3339))
}

// drain asks the subscriber to come back elsewhere.
func (p *pump) drain() error {
	wait := rand.N(reconnectMax)
	if err := p.send(p.sub.Mark(), &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Drain{
		Drain: &spillwayv1.Drain{ReconnectAfter: durationpb.New(wait)},
	}}); err != nil {
		return err
	}
	return comeBack(codes.Unavailable, "this gateway is stopping: connect again and resume with the cursor", wait)
}

func protoGap(g *fanout.Gap) *spillwayv1.Gap {
	out := &spillwayv1.Gap{Reason: spillwayv1.GapReason_GAP_REASON_TRIMMED}
	if g.Reason == fanout.GapReset {
		out.Reason = spillwayv1.GapReason_GAP_REASON_LOG_RESET
	}
	if !g.From.IsZero() {
		out.From = timestamppb.New(g.From)
	}
	if !g.To.IsZero() {
		out.To = timestamppb.New(g.To)
	}
	for _, lane := range g.Lanes {
		out.Lanes = append(out.Lanes, uint32(lane))
	}
	return out
}
