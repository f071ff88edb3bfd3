package lambda

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

const (
	// maxAsyncEvents bounds the events that wait or run; a caller gets a TooManyRequestsException beyond it.
	maxAsyncEvents = 1000
	// maxAsyncAge is how long an event is tried, as on AWS.
	maxAsyncAge = 6 * time.Hour
	// throttlePause is the pause before an event that was throttled is tried again, doubled up to throttlePauseMax.
	throttlePause    = time.Second
	throttlePauseMax = 5 * time.Minute
)

// asyncQueue runs the invocations that nobody waits for.
type asyncQueue struct {
	service *Service
	stop    chan struct{} // closed by close: ends the pauses

	mu     sync.Mutex // guards events, closed
	events int
	closed bool
	work   sync.WaitGroup // added to under mu while not closed
}

func newAsyncQueue(s *Service) *asyncQueue {
	return &asyncQueue{service: s, stop: make(chan struct{})}
}

func (q *asyncQueue) add(in InvokeInput) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return errClosed
	}
	if q.events >= maxAsyncEvents {
		return throttled("ConcurrentInvocationLimitExceeded")
	}
	q.events++
	q.work.Go(func() {
		q.deliver(in)
		q.mu.Lock()
		defer q.mu.Unlock()
		q.events--
	})
	return nil
}

// retries are the pauses before each retry after a function error.
func (q *asyncQueue) retries() []time.Duration {
	if q.service.cfg.AsyncRetries != nil {
		return q.service.cfg.AsyncRetries
	}
	return []time.Duration{time.Minute, 2 * time.Minute}
}

// deliver invokes until the function succeeds, its retries are used up, or the event is too old.
func (q *asyncQueue) deliver(in InvokeInput) {
	begun, retries, pause := time.Now(), q.retries(), throttlePause
	for time.Since(begun) < maxAsyncAge {
		out, err := q.service.invokeNow(context.Background(), in)
		var wait time.Duration
		switch {
		case isThrottle(err):
			wait, pause = pause, min(2*pause, throttlePauseMax)
		case err != nil: // deleted, or closing: no retry can help
			q.dropped(in, err.Error())
			return
		case out.FunctionError == "":
			return
		case len(retries) == 0:
			q.dropped(in, "function error")
			return
		default:
			wait, retries = retries[0], retries[1:]
		}
		select {
		case <-time.After(wait):
		case <-q.stop:
			q.dropped(in, "the service is shutting down")
			return
		}
	}
	q.dropped(in, "too old")
}

func isThrottle(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.HTTPStatus == http.StatusTooManyRequests
}

func (q *asyncQueue) dropped(in InvokeInput, why string) {
	q.service.cfg.Logger.Warn("asynchronous event dropped", "function", in.FunctionName, "reason", why)
}

// close ends the pauses; running invocations go on until wait.
func (q *asyncQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	close(q.stop)
}

func (q *asyncQueue) wait() { q.work.Wait() }
