package client

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// renewTimeout bounds one Renew.
const renewTimeout = 10 * time.Second

// renewal has a stream live on with newer tokens. It runs beside the loop that reads,
// which may be busy with an event for longer than the token lasts.
type renewal struct {
	tokens *TokenSource
	stub   spillwayv1.StreamServiceClient // of the stream's own connection
	option func(*token) grpc.CallOption
	times  *atomic.Int64

	running  sync.WaitGroup
	streamID string // empty: the gateway renews no streams
	// token is what the stream lives by. While it runs, run has it to itself.
	token *token
}

// start runs r until ctx is done, which wait waits for. told is when the gateway says
// that the stream ends.
func (r *renewal) start(ctx context.Context, streamID string, told time.Time) {
	end := r.token.end(told)
	if r.token.given || end.IsZero() {
		return
	}
	r.streamID = streamID
	r.running.Go(func() { r.run(ctx, end) })
}

func (r *renewal) wait() { r.running.Wait() }

// run renews again and again. When it gives up, the stream ends with its token and
// comes back with another one.
func (r *renewal) run(ctx context.Context, end time.Time) {
	for ok := true; ok; {
		if sleep(ctx, r.token.untilReplaced(end)) != nil {
			return
		}
		end, ok = r.renewBy(ctx, end)
	}
}

// renewBy tries until it succeeds, another try would not, or end has come. It returns
// the new end.
func (r *renewal) renewBy(ctx context.Context, end time.Time) (time.Time, bool) {
	var tries backoff
	for {
		told, err := r.renew(ctx)
		if err == nil {
			return r.token.end(told), true
		}
		if remedy(status.Code(err), "") != ComeBack {
			return end, false
		}
		asked, _ := retryDelay(err)
		wait := tries.next(asked, 0)
		if wait >= time.Until(end) || sleep(ctx, wait) != nil {
			return end, false
		}
	}
}

// renew gets a newer token, and has the stream live by it. A gateway that renews no
// streams is UNIMPLEMENTED, asked or not: the newer token is then held for when the
// stream comes back.
func (r *renewal) renew(ctx context.Context) (time.Time, error) {
	next, err := r.tokens.newer(ctx, r.token)
	if err != nil { // also a refusal may pass, in the time that is left
		return time.Time{}, &Error{codes.Unavailable, err.Error()}
	}
	if r.streamID == "" {
		return time.Time{}, &Error{codes.Unimplemented, "the stream has no id"}
	}
	ctx, cancel := context.WithTimeout(ctx, renewTimeout)
	defer cancel()
	answer, err := r.stub.Renew(ctx, &spillwayv1.RenewRequest{StreamId: r.streamID}, r.option(next))
	if err != nil {
		return time.Time{}, err
	}
	r.token = next
	r.tokens.accepted(next)
	r.times.Add(1)
	return knownTime(answer.GetTokenExpiresAt()), nil
}
