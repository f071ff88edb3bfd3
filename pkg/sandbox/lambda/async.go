package lambda

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

const (
	// DefaultAsyncBytes bounds the payloads of the asynchronous events that wait or run; a caller gets a
	// TooManyRequestsException beyond it.
	DefaultAsyncBytes = 64 << 20
	// maxAsyncEvents bounds their number.
	maxAsyncEvents = 1000
	// throttlePause is the pause before an event that was throttled is tried again, doubled up to throttlePauseMax.
	throttlePause    = time.Second
	throttlePauseMax = 5 * time.Minute
)

// asyncQueue runs the invocations that nobody waits for.
type asyncQueue struct {
	service *Service
	stop    chan struct{} // closed by close: ends the pauses

	mu     sync.Mutex // guards events, bytes, closed
	events int
	bytes  int
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
	if q.events >= maxAsyncEvents || q.bytes+len(in.Payload) > q.service.cfg.AsyncBytes {
		return throttled("ConcurrentInvocationLimitExceeded")
	}
	q.events++
	q.bytes += len(in.Payload)
	accepted := q.service.cfg.Clock()
	q.work.Go(func() {
		q.deliver(in, accepted)
		q.mu.Lock()
		defer q.mu.Unlock()
		q.events--
		q.bytes -= len(in.Payload)
	})
	return nil
}

// asyncPolicy is how events of a function are handled.
type asyncPolicy struct {
	retries []time.Duration // the pauses before each retry after a function error
	maxAge  time.Duration
	config  EventInvokeConfig
}

// policyOf is how the events for a name are handled at present.
func (s *Service) policyOf(name string) asyncPolicy {
	p := asyncPolicy{retries: s.cfg.AsyncRetries, maxAge: maxEventAge * time.Second}
	if p.retries == nil {
		p.retries = []time.Duration{time.Minute, 2 * time.Minute}
	}
	key, arn, e := s.eventInvokeKey(name)
	if e != nil {
		return p // the invocation will tell
	}
	p.config.FunctionArn = arn
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(name)
	if e != nil || f.async[key] == nil {
		return p
	}
	p.config = *f.async[key]
	if n := p.config.MaximumRetryAttempts; n != nil {
		p.retries = p.retries[:min(*n, len(p.retries))]
	}
	if age := p.config.MaximumEventAgeInSeconds; age != nil {
		p.maxAge = time.Duration(*age) * time.Second
	}
	return p
}

// deliver invokes until the function succeeds, its retries are used up, or the event is too old; then it tells the
// destination.
func (q *asyncQueue) deliver(in InvokeInput, accepted time.Time) {
	s := q.service
	end := asyncEnd{in: in, condition: conditionAge}
	pause := throttlePause
	for failures := 0; ; {
		p := s.policyOf(in.FunctionName)
		if s.cfg.Clock().Sub(accepted) >= p.maxAge {
			q.tell(p, end)
			return
		}
		out, err := s.invokeNow(context.Background(), in)
		var wait time.Duration
		switch {
		case isThrottle(err):
			wait, pause = pause, min(2*pause, throttlePauseMax)
		case err != nil: // deleted, or closing: no retry can help
			q.dropped(in, err.Error())
			return
		default:
			end.out, end.count = out, end.count+1
			if end.condition = conditionSuccess; out.FunctionError == "" {
				q.tell(p, end)
				return
			}
			if end.condition = conditionRetries; failures >= len(p.retries) {
				q.tell(p, end)
				return
			}
			end.condition = conditionAge // if its next attempt does not come in time
			wait = p.retries[failures]
			failures++
		}
		select {
		case <-time.After(wait):
		case <-q.stop:
			q.dropped(in, "the service is shutting down")
			return
		}
	}
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
