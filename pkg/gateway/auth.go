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
	if _, ok := ctx.Value(identityKey{}).(authn.Identity); ok || isPublic(method) { // greet has seen to it
		return ctx, nil
	}
	id, err := s.verify(ctx)
	if err != nil {
		return nil, s.refuse(method, id, err)
	}
	return context.WithValue(ctx, identityKey{}, id), nil
}

// isPublic tells whether a method needs no token.
func isPublic(method string) bool {
	return strings.HasPrefix(method, "/"+grpc_health_v1.Health_ServiceDesc.ServiceName+"/")
}

// refuse counts and logs a call that is refused, and returns the status to refuse it with.
func (s *Server) refuse(method string, id authn.Identity, err error) error {
	err = toStatus(err)
	s.cfg.Metrics.refused.WithLabelValues(status.Code(err).String()).Inc()
	s.cfg.Logger.Info("call refused", "method", method, "client_id", id.ClientID, "jti", id.TokenID,
		"code", status.Code(err).String(), "reason", status.Convert(err).Message())
	return err
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
	ctx, err := s.authenticate(stream.Context(), s.methodName(info.FullMethod))
	if err != nil {
		return err
	}
	return handler(srv, authenticated{stream, ctx})
}

// methodName returns the name of a method, or what stands for one that there is not: its
// name is the caller's text, which can be long, or hold a token.
func (s *Server) methodName(called string) string {
	if s.methods[called] {
		return called
	}
	return "unknown"
}

// methodsOf returns the full names of what srv serves.
func methodsOf(srv *grpc.Server) map[string]bool {
	all := map[string]bool{}
	for service, info := range srv.GetServiceInfo() {
		for _, m := range info.Methods {
			all["/"+service+"/"+m.Name] = true
		}
	}
	return all
}

// noMethod answers calls of methods that there are not. gRPC's own answer would not ask
// for a token, and would repeat the name.
func noMethod(any, grpc.ServerStream) error {
	return status.Error(codes.Unimplemented, "there is no such method")
}

// authenticated is a stream whose context knows who calls.
type authenticated struct {
	grpc.ServerStream
	ctx context.Context
}

func (a authenticated) Context() context.Context { return a.ctx }

// RecvMsg implements grpc.ServerStream.
func (a authenticated) RecvMsg(m any) (err error) {
	aside(func() { err = a.ServerStream.RecvMsg(m) })
	return err
}
