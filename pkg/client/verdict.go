package client

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
)

// verdict is what to do after a stream has ended.
type verdict int

const (
	comeBack   verdict = iota // subscribe again, on a new connection
	renewToken                // subscribe again with a new token
	giveUp                    // nothing would be different
)

// remedy is v in the words of a Disconnect.
func (v verdict) remedy() Remedy {
	if v == renewToken {
		return RenewToken
	}
	return ComeBack
}

// verdict reads the error that ended the attempt.
func (e ending) verdict() verdict {
	if e.err == nil {
		return giveUp
	}
	s, ok := status.FromError(e.err)
	if !ok {
		return giveUp // no answer of a server: ErrClosed, or a connection that cannot be set up
	}
	switch remedy(s.Code(), s.Message()) {
	case RenewToken:
		return e.unauthenticated()
	case ComeBack:
		return comeBack
	case FixRequest:
	}
	return giveUp
}

// unauthenticated tells a token that has expired, during the stream or in the
// cache, from one that the gateway does not accept.
func (e ending) unauthenticated() verdict {
	if e.token != nil && (e.live || !e.fresh) {
		return renewToken
	}
	return giveUp
}

// calm tells whether nothing has failed: the token's life was over, or the gateway
// asked the subscriber to move.
func (e ending) calm() bool {
	return e.live && (e.moved || e.verdict() == renewToken)
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
