package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/spillway/spillway/pkg/eventlog"
)

// answerMargin is how long before the function's deadline a batch is given up: the
// time to answer what did not get through, which is far better than a timeout,
// after which Lambda repeats all of it with a new process.
const answerMargin = 500 * time.Millisecond

// Log is where events are appended to.
type Log interface {
	// Append appends the items of one shard, which come in the order of their
	// sequence numbers, and skips those that it has already. Where not all got
	// through the error is an *eventlog.AppendError. It must not keep items or
	// what they point to after it has returned.
	Append(ctx context.Context, shard string, items []eventlog.Item) (eventlog.Appended, error)
}

// Config is what a Handler needs; all but Metrics is required.
type Config struct {
	Route  Route
	Log    Log
	Logger *slog.Logger
	// Metrics gets one line of CloudWatch's embedded metric format per batch and
	// shard, in a single Write; nil means none. [Metrics] says what it holds.
	Metrics io.Writer
}

// Handler handles the invocations of the Lambda function: it is a lambda.Handler of
// aws-lambda-go. It may be used concurrently if its Log and the writer of its metrics may.
type Handler struct {
	cfg Config

	mu    sync.Mutex
	spare *memory // guarded by mu; nil while it is used
}

// memory is what handling an invocation takes; a function that stays warm takes it once.
type memory struct {
	invocation invocation
	encoder    buffers
}

// New returns a Handler. It panics if cfg lacks something that is required.
func New(cfg Config) *Handler {
	if cfg.Log == nil || cfg.Logger == nil || len(cfg.Route.parts) == 0 {
		panic("ingest: Config needs a Route, a Log and a Logger")
	}
	if cfg.Metrics == nil {
		cfg.Metrics = io.Discard
	}
	return &Handler{cfg: cfg}
}

// take returns memory for an invocation. It is no sync.Pool, which the garbage collector
// empties: Lambda has a process do one thing at a time, and so one is enough.
func (h *Handler) take() *memory {
	h.mu.Lock()
	defer h.mu.Unlock()
	mem := h.spare
	if mem == nil {
		mem = new(memory)
	}
	h.spare = nil
	return mem
}

func (h *Handler) giveBack(mem *memory) {
	mem.invocation.release()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.spare = mem
}

// answer is what Lambda is told: the lowest sequence number, of every shard, that did
// not get through.
type answer struct {
	BatchItemFailures []failedItem `json:"batchItemFailures"`
}

type failedItem struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

// Invoke appends the events of the records that payload brings, as Lambda sends it, and
// answers, for every shard, the lowest sequence number that did not reach the log. It
// returns an error, and has appended nothing, only if payload is not what Lambda sends
// for a Kinesis stream. It does not keep payload.
func (h *Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	mem := h.take()
	defer h.giveBack(mem)
	if err := mem.invocation.read(payload); err != nil {
		return nil, err
	}
	logger := h.cfg.Logger
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		logger = logger.With("request_id", lc.AwsRequestID)
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-answerMargin))
		defer cancel()
	}
	var told answer
	for _, s := range mem.invocation.shards {
		if failed := h.appendShard(ctx, logger, s, &mem.encoder); failed != "" {
			told.BatchItemFailures = append(told.BatchItemFailures, failedItem{failed})
		}
	}
	return json.Marshal(told)
}

// appendShard appends the events of one shard's records. It returns the lowest
// sequence number that did not get through, or none.
func (h *Handler) appendShard(ctx context.Context, logger *slog.Logger, s shard, mem *buffers) (failed string) {
	logger = logger.With("shard", s.id)
	enc := NewEncoder(h.cfg.Route, s.stream, s.id)
	enc.reserve(mem, &s)
	defer enc.giveBack(mem)
	m := Metrics{Stream: s.stream, Records: len(s.records)}
	for i, rec := range s.records {
		enc.Add(rec)
		if enc.Full() || i == len(s.records)-1 {
			if failed = h.flush(ctx, logger, enc, &m); failed != "" {
				break
			}
		}
	}
	m.Unrouted, m.Lag = enc.Unrouted(), time.Since(s.oldest())
	enc.logProblems(ctx, logger)
	if err := m.write(h.cfg.Metrics); err != nil {
		logger.ErrorContext(ctx, "write metrics", "error", err)
	}
	return failed
}

// flush appends what enc has gathered. Afterwards enc is empty.
func (h *Handler) flush(ctx context.Context, logger *slog.Logger, enc *Encoder, m *Metrics) (failed string) {
	items := enc.Items()
	if len(items) == 0 {
		return ""
	}
	done, err := h.cfg.Log.Append(ctx, enc.Source(), items)
	m.Events += done.Events
	m.Skipped += done.Skipped
	m.Bytes += enc.Size()
	if err != nil {
		m.Failures = 1
		failed = items[0].Sequence
		if ae, ok := errors.AsType[*eventlog.AppendError](err); ok && ae.First != "" {
			failed = ae.First
		}
		logger.ErrorContext(ctx, "append", "from_sequence_number", failed, "events", len(items), "error", err)
	}
	enc.Reset()
	return failed
}
