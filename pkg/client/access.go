package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Limits bounds what a stream is sent.
type Limits struct {
	// MaxBatchBytes is how many bytes of events one response carries, before the
	// last entry of the log that is added whole.
	MaxBatchBytes uint32
	// HeartbeatInterval is the longest silence.
	HeartbeatInterval time.Duration
}

// Access is what the client's token may read.
type Access struct {
	ClientID       string
	Grants         []string // patterns
	TokenExpiresAt time.Time
	Retention      time.Duration // how long the log keeps events
	Limits         Limits        // what a Subscription without wishes gets
	ServerVersion  string
}

// Access asks the gateway once, or twice where the token has to be renewed. Its
// error is an *Error or the ctx's.
func (c *Client) Access(ctx context.Context) (Access, error) {
	answer, again, err := c.getAccess(ctx)
	if again {
		answer, _, err = c.getAccess(ctx)
	}
	if ctx.Err() != nil && err != nil {
		return Access{}, ctx.Err()
	}
	if err != nil {
		return Access{}, fmt.Errorf("access: %w", asError(err))
	}
	return Access{
		ClientID: answer.GetClientId(), Grants: answer.GetGrants(),
		TokenExpiresAt: knownTime(answer.GetTokenExpiresAt()), Retention: answer.GetRetention().AsDuration(),
		Limits: newLimits(answer.GetLimits()), ServerVersion: answer.GetServerVersion(),
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
	token, fresh, err := c.tokens.get(ctx)
	if err != nil {
		return nil, false, err
	}
	answer, err = conn.stub.GetAccess(ctx, &spillwayv1.GetAccessRequest{}, c.callOption(token.AccessToken))
	if status.Code(err) == codes.Unauthenticated && !fresh {
		return nil, true, errors.Join(err, c.tokens.drop(ctx, token))
	}
	if status.Code(err) == codes.Unavailable {
		c.conns.retire(conn)
	}
	return answer, false, err
}

func newLimits(l *spillwayv1.Limits) Limits {
	return Limits{l.GetMaxBatchBytes(), l.GetHeartbeatInterval().AsDuration()}
}
