package client

import (
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// verdict is what to do after a stream has ended.
type verdict int

const (
	comeBack   verdict = iota // subscribe again, on a new connection
	renewToken                // subscribe again with a new token
	giveUp                    // nothing would be different
)

// verdict reads the error that ended the attempt.
func (e ending) verdict() verdict {
	if e.err == nil {
		return giveUp
	}
	s, ok := status.FromError(e.err)
	if !ok {
		return giveUp // no answer of a server: ErrClosed, or a connection that cannot be set up
	}
	switch s.Code() {
	case codes.Unauthenticated:
		return e.unauthenticated()
	case codes.ResourceExhausted:
		if strings.HasPrefix(s.Message(), tooLargePrefix) {
			return giveUp // it would be as large the next time
		}
		return comeBack
	case codes.Unavailable, codes.Aborted, codes.Internal, codes.Unknown, codes.Canceled, codes.DeadlineExceeded:
		return comeBack
	}
	return giveUp
}

// tooLargePrefix begins gRPC's own error for a response beyond MaxMessageBytes; a
// test holds it.
const tooLargePrefix = "grpc: received message larger than max"

// unauthenticated tells a token that has expired, during the stream or in the
// cache, from one that the gateway does not accept.
func (e ending) unauthenticated() verdict {
	if e.token != nil && (e.live || !e.fresh) {
		return renewToken
	}
	return giveUp
}

// askedWait is how long the gateway asked to stay away.
func (e ending) askedWait() time.Duration {
	wait := e.drained
	s, _ := status.FromError(e.err)
	for _, detail := range s.Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			wait = max(wait, retry.GetRetryDelay().AsDuration())
		}
	}
	return wait
}
