package kinesis

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/awsjson"
	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/schema"
	"github.com/spillway/spillway/pkg/sandbox/knobs"
)

// ErrClosed ends the waits of a Service that was closed.
var ErrClosed = errors.New("kinesis: service closed")

// Service is one region of one account. It is an http.Handler that serves the
// API, and has a method per operation for callers in the same process. All
// methods may be called concurrently.
type Service struct {
	cfg    Config
	table  *schema.Table
	wire   http.Handler
	sealer atomic.Pointer[sealer]
	random random
	memory memory
	clock  *knobs.Clock
	faults knobs.Faults
	// iterators counts how often a knob made all iterators expire.
	iterators atomic.Uint32
	closed    chan struct{}
	close     sync.Once

	store *store // nil if nothing is kept

	// control serializes the operations that change streams; puts and reads
	// never take it, but to wait for a reshard under way.
	control sync.Mutex
	// streams is replaced, never changed: readers need no lock.
	streams atomic.Pointer[map[string]*stream]
	// settings are replaced under control.
	settings atomic.Pointer[settings]
}

// New makes a Service without streams.
func New(cfg Config) *Service {
	cfg = cfg.withDefaults()
	s := &Service{
		cfg:    cfg,
		table:  schema.New(),
		closed: make(chan struct{}),
	}
	s.clock = knobs.NewClock(cfg.Now)
	s.sealer.Store(newSealer(&s.random))
	s.memory.limit = cfg.MaxBytes
	s.streams.Store(&map[string]*stream{})
	s.settings.Store(&settings{})
	s.wire = s.newWire()
	return s
}

// ServeHTTP serves the API over AWS JSON 1.1 and CBOR.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.wire.ServeHTTP(w, r) }

// Close ends every WaitShard and every subscription with ErrClosed, and the use of
// the directory if there is one. It may be called more than once.
func (s *Service) Close() {
	s.close.Do(func() {
		close(s.closed)
		s.closeStore()
	})
}

func (s *Service) newWire() *awsjson.Handler {
	ops, missing := actions(), leftOut()
	return &awsjson.Handler{
		Target:  "Kinesis_20131202",
		Table:   s.table,
		Logger:  s.cfg.Logger,
		Keys:    s.cfg.Keys,
		Now:     s.now,
		Random:  &s.random,
		LeftOut: func(name string) bool { return missing[name] != "" },
		Serve: func(ctx context.Context, name string, in schema.Fields) (any, error) {
			out, err := s.meet(ctx, name, func() (any, error) { return ops[name](ctx, s, in) })
			if errors.Is(err, awsjson.ErrDrop) {
				return nil, err
			}
			if err != nil && wireFault(err) == nil {
				s.cfg.Logger.Error("operation broke", slog.String("operation", name), slog.Any("error", err))
			}
			return out, err
		},
		Fault: wireFault,
	}
}

// wireFault gives an error of the API for the wire, nil for another one.
func wireFault(err error) *awsjson.Fault {
	var known *Error
	if !errors.As(err, &known) {
		return nil
	}
	return &awsjson.Fault{Code: known.Code, Status: known.HTTPStatus, Message: known.Message}
}

// check applies the model's constraints to an input that did not come over the wire.
func (s *Service) check(operation string, in any) error {
	op, ok := s.table.Operation(operation)
	if !ok {
		panic("kinesis: no operation " + operation)
	}
	if msg := op.Validate(schema.FieldsOf(in)); msg != "" {
		return fault(CodeValidation, "%s", msg)
	}
	return nil
}

func (s *Service) now() time.Time { return s.clock.Now() }

// find gives the stream called name, unless it is gone.
func (s *Service) find(name string) (*stream, bool) {
	st, ok := (*s.streams.Load())[name]
	if !ok || st.state.Load().gone(s.now()) {
		return nil, false
	}
	return st, true
}

// stream finds a stream by name or ARN, in any state.
func (s *Service) stream(name, arn string) (*stream, error) {
	name, err := s.resolve(name, arn)
	if err != nil {
		return nil, err
	}
	st, ok := s.find(name)
	if !ok {
		return nil, s.errStreamNotFound(name)
	}
	return st, nil
}

// liveStream finds a stream whose data can be used; one being created or
// deleted counts as unknown.
func (s *Service) liveStream(name, arn string) (*stream, error) {
	st, err := s.stream(name, arn)
	if err != nil {
		return nil, err
	}
	if !st.state.Load().live(s.now()) {
		return nil, s.errStreamNotFound(st.name)
	}
	return st, nil
}

// change applies f to the current state of a stream under the control lock and publishes the result.
func (s *Service) change(name, arn string, f func(st *stream, now time.Time) (streamState, error)) error {
	s.control.Lock()
	defer s.control.Unlock()
	st, err := s.stream(name, arn)
	if err != nil {
		return err
	}
	next, err := f(st, s.now())
	if err != nil {
		return err
	}
	err = s.attach(st, next.shards)
	if err == nil {
		err = s.save(*s.streams.Load(), st, &next)
	}
	st.state.Store(&next) // even if it was not saved: shards may have been closed for it
	for _, sh := range next.shards {
		sh.replace()
	}
	return err
}

// replaceStreams publishes a copy of the streams that f changed, without those
// that are gone. The caller holds control.
func (s *Service) replaceStreams(f func(map[string]*stream)) {
	now := s.now()
	next := map[string]*stream{}
	for name, st := range *s.streams.Load() {
		if !st.state.Load().gone(now) {
			next[name] = st
		}
	}
	f(next)
	s.streams.Store(&next)
}
