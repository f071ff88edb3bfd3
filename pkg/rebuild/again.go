package rebuild

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

const (
	// requestTimeout bounds one request to AWS.
	requestTimeout = 30 * time.Second
	// After a failure the wait is random between zero and a bound that starts at
	// backoffBase and doubles up to backoffCap.
	backoffBase = 200 * time.Millisecond
	backoffCap  = 10 * time.Second
	// maxAttempts is how often a request to AWS is made: over a minute of waiting, in
	// which others may use the whole of a shard.
	maxAttempts = 20
	// maxLogAttempts is how often the log is read or appended to; the Redis client tries
	// again itself, for some seconds.
	maxLogAttempts = 6
)

// try makes a request to Kinesis, and makes it again where that may help.
func (r *run) try(ctx context.Context, request func(context.Context) error) error {
	return again(ctx, maxAttempts, mayPass, bounded(func(ctx context.Context) error {
		err := request(ctx)
		if throttled(err) {
			r.add(Counts{Throttled: 1})
		}
		return err
	}))
}

// tryLog reads the log or appends to it, and does it again where it fails: all that is
// done there may be repeated.
func tryLog(ctx context.Context, attempt func(context.Context) error) error {
	mayPass := func(err error) bool {
		_, final := errors.AsType[*TooManyError](err)
		return !final
	}
	return again(ctx, maxLogAttempts, mayPass, attempt)
}

// bounded gives a request its time.
func bounded(request func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		return request(ctx)
	}
}

// again calls attempt until it succeeds, may not pass, was made so often, or ctx is
// done.
func again(ctx context.Context, attempts int, mayPass func(error) bool, attempt func(context.Context) error) error {
	for n, wait := 1, backoffBase; ; n, wait = n+1, min(2*wait, backoffCap) {
		err := attempt(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil && (n == attempts || !mayPass(err)) {
			return brief(err)
		}
		if cut := sleep(ctx, rand.N(wait)); cut != nil {
			if errors.Is(err, cut) {
				return cut
			}
			return fmt.Errorf("%w, after: %w", cut, brief(err))
		}
	}
}

// briefError is an error of the AWS SDK without what only its developers read.
type briefError struct {
	error
	text string
}

func (e *briefError) Error() string { return e.text }

func (e *briefError) Unwrap() error { return e.error }

func brief(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		return &briefError{err, api.ErrorCode() + ": " + api.ErrorMessage()}
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return &briefError{err, op.Error()}
	}
	return err
}

// throttled tells whether AWS refused a request because there are too many.
func throttled(err error) bool {
	var api smithy.APIError
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary ||
		errors.As(err, &api) && api.ErrorCode() == "KMSThrottlingException"
}

// mayPass tells whether a request that failed with err may succeed later.
func mayPass(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorFault() == smithy.FaultServer {
		return true
	}
	return throttled(err) || errors.Is(err, context.DeadlineExceeded) ||
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}

// sleep waits for d, or until ctx is done, which is its error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
