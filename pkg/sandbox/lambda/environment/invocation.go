package environment

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
)

// MaxPayloadBytes is the limit of an event or an answer of a synchronous invocation: 6 MB and room for headers.
const MaxPayloadBytes = 6291556

// MaxStreamedBytes is the limit of an answer that is streamed: 200 MB, as on AWS since July 2025.
const MaxStreamedBytes = 200 << 20

// Unhandled is the function error of every invocation that did not end with an answer.
const Unhandled = "Unhandled"

var (
	// ErrThrottled says that no more environments may be started at the moment.
	ErrThrottled = errors.New("environment: too many environments are running")
	// ErrClosed says that the pool was closed before the invocation was begun.
	ErrClosed = errors.New("environment: pool is closed")
)

// Request is one invocation.
type Request struct {
	// ID is the request's id; "" means a new one. The attempts of one event have the same.
	ID string
	// ARN is the function's ARN as the caller named it, with its qualifier.
	ARN     string
	Payload []byte
	// ClientContext is handed to the function unchanged; JSON, already base64-decoded. May be empty.
	ClientContext string
	// Stream, if it is not nil, gets the answer, piece by piece as it comes. It must not block for long: the function waits
	// for it.
	Stream io.Writer
}

// Result is how an invocation ended. A function that failed is a Result, too.
type Result struct {
	RequestID string
	// Payload is the answer, or the document of an error; it is empty when the answer went to a Stream.
	Payload []byte
	// FunctionError is "" or [Unhandled].
	FunctionError string
	// LogTail is the last of what the function and Lambda wrote to the log for this invocation.
	LogTail []byte
}

// failure is an error document as Lambda's own components write it.
type failure struct {
	kind string
	text string
}

func (f failure) payload() []byte {
	// Two strings always have a JSON form.
	doc, _ := json.Marshal(struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}{f.kind, f.text})
	return doc
}

// outcome is the answer of a function, or what came instead of one.
type outcome struct {
	payload []byte
	failed  bool
	kind    string // of a failure that Lambda itself found, as Runtime.ExitError
	died    string // what the log says of a process that ended, "" if it did not
}

func failed(kind, format string, args ...any) outcome {
	return outcome{payload: failure{kind: kind, text: fmt.Sprintf(format, args...)}.payload(), failed: true, kind: kind}
}

// invocation is a Request on its way through an environment.
type invocation struct {
	Request
	id       string
	deadline time.Time
	answered chan outcome // gets exactly one value, with room for it

	// askedNext is closed when the runtime, having answered, asks for the next one.
	askedNext chan struct{}
}

func newInvocation(req Request) *invocation {
	inv := &invocation{Request: req, id: req.ID, answered: make(chan outcome, 1), askedNext: make(chan struct{})}
	if inv.id == "" {
		inv.id = uuid.NewString()
	}
	return inv
}

// timedOut is what the caller gets when the time of an invocation is over.
func (inv *invocation) timedOut(limit time.Duration) outcome {
	return failed("Sandbox.Timedout", "RequestId: %s Error: Task timed out after %.2f seconds", inv.id, limit.Seconds())
}

// exitError is the type of the error of a process that ended instead of answering.
const exitError = "Runtime.ExitError"

// crashed is what the caller gets when the process ended instead of answering.
func (inv *invocation) crashed(exit error) outcome {
	reason := "Runtime exited without providing a reason"
	if exit != nil {
		reason = fmt.Sprintf("Runtime exited with error: %v", exit)
	}
	out := failed(exitError, "RequestId: %s Error: %s", inv.id, reason)
	out.died = reason
	return out
}
