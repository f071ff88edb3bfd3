package gateway

import (
	"context"
	"math/rand/v2"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/pkg/authn"
)

// identityKey is where the interceptors put who calls.
type identityKey struct{}

// identity returns who calls; the interceptors have seen to it.
func identity(ctx context.Context) authn.Identity {
	id, _ := ctx.Value(identityKey{}).(authn.Identity)
	return id
}

// authenticate verifies the token of a call and returns a context that knows who
// calls.
func (s *Server) authenticate(ctx context.Context, method string) (context.Context, error) {
	if strings.HasPrefix(method, "/"+grpc_health_v1.Health_ServiceDesc.ServiceName+"/") {
		return ctx, nil
	}
	id, err := s.verify(ctx)
	if err == nil {
		return context.WithValue(ctx, identityKey{}, id), nil
	}
	err = toStatus(err)
	s.cfg.Metrics.refused.WithLabelValues(status.Code(err).String()).Inc()
	s.cfg.Logger.Info("call refused", "method", method, "client_id", id.ClientID, "jti", id.TokenID,
		"code", status.Code(err).String(), "reason", status.Convert(err).Message())
	return nil, err
}

// verify returns who calls, if it may. An address with too many refused calls has only
// those tokens looked at that are known already: their holders are not to suffer from
// whoever shares the address with them.
func (s *Server) verify(ctx context.Context) (authn.Identity, error) {
	address, conn := s.address(ctx), s.conns.of(ctx)
	token, err := bearer(ctx)
	if err == nil {
		id, known := s.cfg.Verifier.Known(token)
		if !known {
			if wait := s.addresses.failing(address); wait > 0 {
				return authn.Identity{}, comeBack(codes.ResourceExhausted, "too many calls without a valid token come from this address: try again", wait+rand.N(retryAfter))
			}
			id, err = s.cfg.Verifier.Verify(ctx, token)
		}
		if err == nil {
			conn.authenticated()
			return id, s.admitted(&id)
		}
	}
	if status.Code(toStatus(err)) == codes.Unauthenticated {
		s.addresses.failed(address)
		conn.failed()
	}
	return authn.Identity{}, err
}

// bearer returns the token of a call.
func bearer(ctx context.Context) (string, error) {
	const howTo = "send the header 'authorization: Bearer ACCESS_TOKEN'"
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get("authorization")
	switch {
	case len(values) == 0:
		return "", status.Error(codes.Unauthenticated, "no token: "+howTo)
	case len(values) > 1:
		return "", status.Error(codes.Unauthenticated, "more than one authorization header: "+howTo)
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", status.Error(codes.Unauthenticated, "the authorization header is no bearer token: "+howTo)
	}
	return token, nil
}

func (s *Server) unaryAuth(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	ctx, err := s.authenticate(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	return handler(ctx, req)
}

func (s *Server) streamAuth(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, err := s.authenticate(stream.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	return handler(srv, authenticated{stream, ctx})
}

// authenticated is a stream whose context knows who calls.
type authenticated struct {
	grpc.ServerStream
	ctx context.Context
}

func (a authenticated) Context() context.Context { return a.ctx }
