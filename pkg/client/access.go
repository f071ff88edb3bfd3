package client

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// Limits bounds what a stream is sent.
type Limits struct {
	// MaxBatchBytes is how many bytes of events one response carries, before the
	// last entry of the log that is added whole.
	MaxBatchBytes uint32
	// HeartbeatInterval is the longest silence.
	HeartbeatInterval time.Duration
	// MaxEventBytes is the largest event that is sent, encoded; in place of a larger
	// one comes a Gap with GapOversize. Without a wish, a stream asks for what
	// Config.MaxMessageBytes can take.
	MaxEventBytes uint32
}

// accessTimeout bounds Access with all that it needs: a token, a connection, an answer.
const accessTimeout = 10 * time.Second

// longestAccessWait is how long Access waits where the gateway asks for it, so that
// there is time for another try.
const longestAccessWait = accessTimeout / 2

// Access is what the client's token may read.
type Access struct {
	ClientID       string
	Grants         []string // patterns
	TokenExpiresAt time.Time
	Retention      time.Duration // how long the log keeps events
	Limits         Limits        // what a Subscription without wishes gets
	ServerVersion  string
	// GrantFilters are the filters that the operator has attached to grants, by pattern:
	// such a grant covers the events that its filter is true for.
	GrantFilters map[string]string
}

// Access asks the gateway once, or twice where the token has to be renewed, and
// waits at most 10 s. Its error is an *Error or the ctx's.
func (c *Client) Access(ctx context.Context) (Access, error) {
	bounded, cancel := context.WithTimeout(ctx, accessTimeout)
	defer cancel()
	answer, again, err := c.getAccess(bounded)
	if wait, _ := retryDelay(err); again && wait <= longestAccessWait && sleep(bounded, wait) == nil {
		answer, _, err = c.getAccess(bounded)
	}
	if err != nil && outOfTime(ctx, err) {
		<-ctx.Done()
	}
	switch {
	case err == nil:
		c.reached.Store(true)
	case ctx.Err() != nil:
		return Access{}, ctx.Err()
	case bounded.Err() != nil, outOfTime(bounded, err):
		return Access{}, fmt.Errorf("access: %w", &Error{codes.Unavailable, fmt.Sprintf("no answer within %v", accessTimeout)})
	default:
		return Access{}, fmt.Errorf("access: %w", asError(c.explain(err)))
	}
	return Access{
		ClientID: answer.GetClientId(), Grants: answer.GetGrants(),
		TokenExpiresAt: knownTime(answer.GetTokenExpiresAt()), Retention: answer.GetRetention().AsDuration(),
		Limits: newLimits(answer.GetLimits()), ServerVersion: answer.GetServerVersion(),
		GrantFilters: answer.GetGrantFilters(),
	}, nil
}

// getAccess asks once. It returns again if the token was refused and a new one may
// do better.
func (c *Client) getAccess(ctx context.Context) (answer *spillwayv1.GetAccessResponse, again bool, err error) {
	conn, err := c.conns.acquire()
	if err != nil {
		return nil, false, err
	}
	defer c.conns.release(conn)
	token, err := c.tokens.get(ctx)
	if err != nil {
		return nil, false, err
	}
	answer, err = conn.stub.GetAccess(ctx, &spillwayv1.GetAccessRequest{}, c.callOption(token))
	switch status.Code(err) {
	case codes.OK:
		c.tokens.accepted(token)
	case codes.Unauthenticated:
		if again = (ending{err: err, token: token}).verdict() == renewToken; again {
			c.tokens.drop(token)
		}
	case codes.Unavailable, codes.DeadlineExceeded:
		c.conns.retire(conn)
	}
	return answer, again, err
}

func newLimits(l *spillwayv1.Limits) Limits {
	return Limits{l.GetMaxBatchBytes(), l.GetHeartbeatInterval().AsDuration(), l.GetMaxEventBytes()}
}
