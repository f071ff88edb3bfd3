package client

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// Subscription says what to read, from where, and who is told of its course.
type Subscription struct {
	// Patterns of topics: * stands for one token, > for one or more at the end. None
	// means everything that the token grants.
	Patterns []string
	// Filter is an expression of CEL that is true for the events to be sent, such as
	// `data.temperature > 30.0`; empty means all of them. An event for which it has no
	// result is not sent. A filter that breaks a rule ends the stream with an *Error that
	// says where. A position kept in Store or in a Cursor belongs to one filter: with
	// another, what the first one left out is not seen again.
	Filter string
	// Start is where to begin; the zero Start is Latest. What Store has comes first.
	Start Start
	// Store, if set, keeps the position between processes: the stream starts from
	// what it has, and saves what was handled: when no received event waits, every so
	// often while events flow, when the loop is left, and at Stream.Save.
	Store Store
	// Limits are wishes; zero fields mean the server's defaults.
	Limits Limits
	// DedupWindow is how many event ids are remembered to drop repetitions, and kept
	// in Store beside those since the cursor; zero or less means DefaultDedupWindow.
	// It should be more than the events of one response.
	DedupWindow int

	// OnSubscribed, if set, is called each time the subscription has become live: at
	// first and after every resumption. OnDisconnect is called each time it is lost
	// and will be tried again. Both run in the goroutine that reads the events.
	OnSubscribed func(Subscribed)
	OnDisconnect func(Disconnect)
}

// Subscribed tells that a subscription is live: no event that is appended to the
// log from now on is missed.
type Subscribed struct {
	Patterns []string // in force: the asked ones, or all grants
	Limits   Limits   // in force
	Resumed  bool     // the stream goes on from its cursor
	// TokenExpiresAt is when the stream ends unless it is renewed in place, which it does
	// by itself (Stream.Renewed) where the gateway offers it; by the gateway's clock, zero
	// where it does not tell.
	TokenExpiresAt time.Time
}

// Disconnect tells that a subscription was lost, why, and when it is tried again.
type Disconnect struct {
	Err     error
	RetryIn time.Duration
	Remedy  Remedy // what the stream does about it: ComeBack or RenewToken
}

// Start is where a subscription begins. The zero Start is Latest.
type Start struct {
	origin spillwayv1.Origin
	time   time.Time
	cursor Cursor
}

// Latest starts with the events that are appended once the subscription is live.
func Latest() Start { return Start{} }

// Earliest starts with everything that the log retains, and goes on live.
func Earliest() Start { return Start{origin: spillwayv1.Origin_ORIGIN_EARLIEST} }

// At starts with the first event that was appended to the log at or after t.
func At(t time.Time) Start { return Start{time: t} }

// After starts after the events that c has seen; with the zero Cursor, at Latest.
func After(c Cursor) Start { return Start{cursor: c} }

// request returns the request that begins at the start, or at the cursor if there
// is one by now.
func (sub Subscription) request(cursor *spillwayv1.Cursor) *spillwayv1.SubscribeRequest {
	req := &spillwayv1.SubscribeRequest{Patterns: sub.Patterns, Filter: sub.Filter}
	if sub.Limits != (Limits{}) {
		req.Limits = &spillwayv1.Limits{MaxBatchBytes: sub.Limits.MaxBatchBytes, MaxEventBytes: sub.Limits.MaxEventBytes}
		if sub.Limits.HeartbeatInterval != 0 {
			req.Limits.HeartbeatInterval = durationpb.New(sub.Limits.HeartbeatInterval)
		}
	}
	switch {
	case cursor != nil:
		req.Start = &spillwayv1.SubscribeRequest_Cursor{Cursor: cursor}
	case !sub.Start.time.IsZero():
		req.Start = &spillwayv1.SubscribeRequest_Time{Time: timestamppb.New(sub.Start.time)}
	case sub.Start.origin != spillwayv1.Origin_ORIGIN_UNSPECIFIED:
		req.Start = &spillwayv1.SubscribeRequest_Origin{Origin: sub.Start.origin}
	}
	return req
}
