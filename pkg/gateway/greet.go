package gateway

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"
)

// greetPatience bounds the wait for the issuer's keys in greet, which keeps a connection
// from being read. The interceptors wait for longer.
const greetPatience = time.Second

// greet looks at the calls of a connection where its headers are read, until the first
// that has a valid token. The interceptors are too late for who wants to do harm: a call
// takes a goroutine and all of its headers, some 50 KB, before its message is there, and
// there may be maxStreamsPerConnection of them; and a call that is given up at once is
// never seen by an interceptor, so it would not count as refused. A customer could do so
// still, but is known.
func (s *Server) greet(ctx context.Context, info *tap.Info) (known context.Context, err error) {
	aside(func() { known, err = s.introduce(ctx, info) }) //nolint:fatcontext // once, not in a loop
	return known, err
}

func (s *Server) introduce(ctx context.Context, info *tap.Info) (context.Context, error) {
	conn := s.conns.of(ctx)
	if conn == nil || conn.known.Load() {
		return ctx, nil
	}
	method := s.methodName(info.FullMethodName)
	if isPublic(method) {
		conn.failed() // who only asks for health is a stranger, too
		return ctx, nil
	}
	soon, cancel := context.WithTimeout(ctx, greetPatience)
	defer cancel()
	id, err := s.verify(soon)
	switch {
	case err == nil:
		delete(info.Header, "authorization") // it has served, and would stay as long as the stream
		return context.WithValue(ctx, identityKey{}, id), nil
	case soon.Err() != nil && ctx.Err() == nil:
		conn.failed()
		return ctx, nil
	case status.Code(err) == codes.ResourceExhausted:
		conn.failed() // verify has not looked
	}
	return nil, s.refuse(method, id, err)
}
