package gateway

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pires/go-proxyproto"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spillway/spillway/pkg/fanout"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// Keepalive that works through a network load balancer; the server's own default
// of five minutes for MinTime is what makes clients read "too_many_pings".
const (
	keepaliveTime    = 60 * time.Second
	keepaliveTimeout = 20 * time.Second
	keepaliveMinTime = 30 * time.Second
	// connectionIdle is how long a connection without a stream is kept: a client that
	// calls once in a while saves a handshake, one that has left is not counted for long.
	connectionIdle = 5 * time.Minute
	// proxyHeaderTimeout bounds the wait for the header of the PROXY protocol, which the
	// balancer sends at once.
	proxyHeaderTimeout = 5 * time.Second
	// readinessInterval is how often the health service learns of the hub's state.
	readinessInterval = time.Second
	// drainPoll is how often a draining server looks whether the last stream has gone.
	drainPoll = 20 * time.Millisecond
	// drainLinger is how long a draining server takes streams even if it has none: what a
	// load balancer needs to learn of it.
	drainLinger = 5 * time.Second
)

// Server serves StreamService. Make it with New.
type Server struct {
	spillwayv1.UnimplementedStreamServiceServer
	cfg     Config
	streams atomic.Int64
	guard   guard
	senders *senders
	started time.Time

	conns     connections
	clients   *meters
	addresses *meters
	filters   filters
	revoked   revoked
	methods   map[string]bool // by full name; set before the first connection

	draining chan struct{} // closed when streams are asked to go
	drainEnd time.Time     // when all should have gone; set before draining is closed
	stopping atomic.Bool   // no stream is taken any more
}

// New returns a server.
func New(cfg Config) *Server {
	cfg.setDefaults()
	addresses := newMeters(cfg.Limits.address())
	return &Server{
		cfg: cfg, draining: make(chan struct{}), started: time.Now(), guard: newGuard(), senders: newSenders(),
		clients: newMeters(cfg.Limits.client()), addresses: addresses, filters: newFilters(),
		conns: connections{most: cfg.Limits.Connections, addresses: addresses, metrics: cfg.Metrics, log: cfg.Logger, open: map[string]*connection{}},
	}
}

// now is a time that no clock sets: how long the server is there.
func (s *Server) now() time.Duration { return time.Since(s.started) }

// GetAccess implements spillwayv1.StreamServiceServer.
func (s *Server) GetAccess(ctx context.Context, _ *spillwayv1.GetAccessRequest) (*spillwayv1.GetAccessResponse, error) {
	id := identity(ctx)
	if !s.cfg.Hub.Ready() {
		return nil, toStatus(fanout.ErrNotReady)
	}
	var defaults subscription
	if err := s.limit(&defaults, nil); err != nil {
		return nil, toStatus(err)
	}
	grants, err := s.grants(id)
	if err != nil {
		return nil, toStatus(err)
	}
	return &spillwayv1.GetAccessResponse{
		ClientId:       id.ClientID,
		Grants:         texts(patternsOf(grants)),
		GrantFilters:   filtersOf(grants),
		TokenExpiresAt: timestamppb.New(id.Expires),
		Retention:      durationpb.New(s.cfg.Hub.Retention()),
		Limits:         defaults.limits(),
		ServerVersion:  s.cfg.Version,
	}, nil
}

// Serve serves on lis until ctx ends, then drains: every stream, also one that comes
// still, is asked to go at a random time in the drain window, and what is left is cut
// off DrainGrace after it. It returns nil after a drain, once the last stream has gone. If
// lis fails, it cuts off all streams and returns the error.
// A server serves once.
func (s *Server) Serve(ctx context.Context, lis net.Listener) error {
	srv := grpc.NewServer(
		grpc.ForceServerCodecV2(newCodec()),
		grpc.InTapHandle(s.greet),
		grpc.UnaryInterceptor(s.unaryAuth),
		grpc.StreamInterceptor(s.streamAuth),
		grpc.UnknownServiceHandler(noMethod),
		grpc.MaxRecvMsgSize(maxRequestBytes),
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.HeaderTableSize(headerTable),
		grpc.MaxConcurrentStreams(maxStreamsPerConnection),
		grpc.ConnectionTimeout(connectTimeout),
		grpc.ReadBufferSize(readBuffer),
		grpc.WaitForHandlers(true),
		grpc.Creds(gate{s.cfg.Credentials, &s.conns}),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: connectionIdle, Time: keepaliveTime, Timeout: keepaliveTimeout}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: keepaliveMinTime, PermitWithoutStream: true}),
	)
	spillwayv1.RegisterStreamServiceServer(srv, s)
	checks := health.NewServer()
	grpc_health_v1.RegisterHealthServer(srv, checks)
	if s.cfg.Reflection {
		reflection.Register(srv)
	}
	s.methods = methodsOf(srv)
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running.Go(func() { s.watchReadiness(ctx, checks) })
	guarded, unguard := context.WithCancel(context.WithoutCancel(ctx)) // drains, too
	defer unguard()
	running.Go(func() { s.senders.run(guarded) })
	running.Go(func() { s.guard.run(guarded, s.now, s.cfg.StallTimeout) })
	served := make(chan error, 1)
	running.Go(func() { s.watchConnections(guarded) })
	running.Go(func() { s.watchPolicy(guarded) })
	if s.cfg.Revocations != nil {
		running.Go(func() { s.watchRevocations(guarded) })
	}
	running.Go(func() { served <- srv.Serve(s.listener(lis)) })
	select {
	case err := <-served:
		srv.Stop() // who sends to a subscriber that does not read would not end
		return err
	case <-ctx.Done():
	}
	s.stop(srv, checks)
	if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// listener returns lis, or what tells the addresses that a balancer sends.
func (s *Server) listener(lis net.Listener) net.Listener {
	if !s.cfg.ProxyProtocol {
		return lis
	}
	return &proxyproto.Listener{
		Listener: lis, ReadHeaderTimeout: proxyHeaderTimeout,
		ConnPolicy: func(proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) { return proxyproto.REQUIRE, nil },
	}
}

// watchConnections ends the connections on which nobody proves who it is.
func (s *Server) watchConnections(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			s.conns.sweep(now)
		}
	}
}

// stop drains srv.
func (s *Server) stop(srv *grpc.Server, checks *health.Server) {
	s.cfg.Logger.Info("draining", "streams", s.streams.Load(), "window", s.cfg.DrainWindow.String())
	checks.Shutdown()
	s.drainEnd = time.Now().Add(s.cfg.DrainWindow)
	close(s.draining)
	for _, p := range s.guard.streams() {
		p.hurry()
	}
	s.awaitStreams()
	s.stopping.Store(true)
	hard := time.AfterFunc(time.Until(s.drainEnd)+DrainGrace, srv.Stop)
	defer hard.Stop()
	srv.GracefulStop()
	s.cfg.Logger.Info("drained", "streams_cut", s.streams.Load())
}

// awaitStreams waits until there are no streams and none has reason to come any more,
// or the drain window has passed.
func (s *Server) awaitStreams() {
	tick := time.NewTicker(drainPoll)
	defer tick.Stop()
	linger := time.Now().Add(drainLinger)
	for time.Now().Before(s.drainEnd) && (s.streams.Load() > 0 || time.Now().Before(linger)) {
		<-tick.C
	}
}

// isDraining tells whether streams are asked to go.
func (s *Server) isDraining() bool {
	select {
	case <-s.draining:
		return true
	default:
		return false
	}
}

// hurry has a stream asked to go at some time in the drain window.
func (p *pump) hurry() {
	p.drainAt.Store(int64(p.server.now() + p.server.drainDelay()))
	p.attend()
}

// drainDelay is when, of now, a stream is asked to go because the server drains.
func (s *Server) drainDelay() time.Duration {
	if left := time.Until(s.drainEnd); left > 0 {
		return rand.N(left)
	}
	return 0
}

// streamAge is how old a stream may become.
func (s *Server) streamAge() time.Duration {
	return time.Duration(float64(s.cfg.StreamAge) * (1 - ageJitter + 2*ageJitter*rand.Float64()))
}

// watchReadiness keeps the health service true.
func (s *Server) watchReadiness(ctx context.Context, checks *health.Server) {
	tick := time.NewTicker(readinessInterval)
	defer tick.Stop()
	for {
		status := grpc_health_v1.HealthCheckResponse_NOT_SERVING
		if s.Ready() == nil {
			status = grpc_health_v1.HealthCheckResponse_SERVING
		}
		checks.SetServingStatus("", status)
		checks.SetServingStatus(spillwayv1.StreamService_ServiceDesc.ServiceName, status)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Ready returns nil if subscribers can be served, else what is missing.
func (s *Server) Ready() error {
	if s.isDraining() {
		return errors.New("draining")
	}
	if !s.cfg.Hub.Ready() || !s.knowsRevoked() {
		return errors.New("the event log cannot be reached")
	}
	return nil
}
