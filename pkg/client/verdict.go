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

// unauthenticated tells a token that has expired, during the stream or before it, or
// was revoked, from one that the gateway does not accept. A gateway that says when to
// come back has refused a token that it would accept otherwise, however new it is.
func (e ending) unauthenticated() verdict {
	if e.token == nil || e.token.given {
		return giveUp
	}
	if _, asked := retryDelay(e.err); asked || e.live || e.token.mayBeOver() {
		return renewToken
	}
	return giveUp
}

// calm tells whether nothing has failed: the token's life was over, or the gateway
// asked the subscriber to move.
func (e ending) calm() bool {
	_, asked := retryDelay(e.err)
	return e.live && (e.moved || e.verdict() == renewToken && !asked)
}

// askedWait is how long the gateway asked to stay away.
func (e ending) askedWait() time.Duration {
	asked, _ := retryDelay(e.err)
	return max(e.drained, asked)
}

// retryDelay returns the RetryInfo of err, if it has one.
func retryDelay(err error) (delay time.Duration, ok bool) {
	s, _ := status.FromError(err)
	for _, detail := range s.Details() {
		if retry, is := detail.(*errdetails.RetryInfo); is {
			delay, ok = max(delay, retry.GetRetryDelay().AsDuration()), true
		}
	}
	return delay, ok
}
