package client

import (
	"strings"

	"google.golang.org/grpc/codes"
)

// Remedy is what helps after a stream or a call has ended.
type Remedy string

// The remedies.
const (
	// ComeBack: try again, after a while; nothing is wrong with the request. A Stream
	// does that by itself.
	ComeBack Remedy = "come back"
	// RenewToken: the token is over or is not accepted. A Stream renews one that may
	// have expired by itself; as the end of it, other credentials are needed.
	RenewToken Remedy = "renew the token"
	// FixRequest: the same request will fail again: the patterns, the grants, the
	// cursor, the endpoint or a limit have to be others.
	FixRequest Remedy = "fix the request"
)

// Remedy tells what helps against e.
func (e *Error) Remedy() Remedy { return remedy(e.Code, e.Message) }

// tooLargePrefix begins gRPC's own error for a response beyond MaxMessageBytes; a
// test holds it.
const tooLargePrefix = "grpc: received message larger than max"

func remedy(code codes.Code, message string) Remedy {
	switch code {
	case codes.Unauthenticated:
		return RenewToken
	case codes.ResourceExhausted:
		if strings.HasPrefix(message, tooLargePrefix) {
			return FixRequest // it would be as large the next time
		}
		return ComeBack
	case codes.Unavailable, codes.Aborted, codes.Internal, codes.Unknown, codes.Canceled, codes.DeadlineExceeded:
		return ComeBack
	}
	return FixRequest
}
