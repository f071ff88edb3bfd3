package awsjson

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/eventstream"
)

const typeEvents = "application/vnd.amazon.eventstream"

// Events is a result that is a stream of events.
type Events struct {
	// Name is the type of every event.
	Name string
	// Next gives the next event, io.EOF at the end, or why the stream breaks.
	Next func(ctx context.Context) (any, error)
}

// events writes the events until the stream or the request ends, each at once. An
// error that the API knows is the last message; another one just ends the answer.
func (x *exchange) events(e Events) {
	h := x.w.Header()
	h.Set("Content-Type", typeEvents)
	x.w.WriteHeader(http.StatusOK)
	if !x.event("event", "initial-response", struct{}{}) {
		return
	}
	for {
		v, err := e.Next(x.r.Context())
		if err == nil {
			if x.event("event", e.Name, v) {
				continue
			}
			return
		}
		if fault := x.Fault(err); !errors.Is(err, io.EOF) && fault != nil {
			x.event("exception", fault.Code, map[string]any{"message": fault.Message})
		}
		return
	}
}

// event writes one message and reports whether the client took it.
func (x *exchange) event(message, kind string, v any) bool {
	payload, err := x.encode(v)
	if err != nil {
		x.Logger.Error("event not encoded", "operation", x.operation, "error", err)
		return false
	}
	raw := eventstream.Append(nil, []eventstream.Header{
		{Name: ":" + message + "-type", Value: kind},
		{Name: ":content-type", Value: x.bodyType()},
		{Name: ":message-type", Value: message},
	}, bytes.TrimSuffix(payload, []byte("\n")))
	if _, err := x.w.Write(raw); err != nil {
		return false
	}
	return http.NewResponseController(x.w).Flush() == nil
}
