package environment

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// runtimeAPI is the Runtime API of one environment, version 2018-06-01: the state that the calls of the function's
// runtime client move through, and the handler of those calls.
type runtimeAPI struct {
	work   chan *invocation // to the runtime's pending call of next
	polled chan struct{}    // gets a value when the runtime first calls next, with room for it
	broken chan outcome     // gets the runtime's init error, with room for it
	closed chan struct{}    // ends a pending call of next

	mu       sync.Mutex // guards what follows
	polling  bool       // a call of next is pending
	initDone bool       // next was called once, or the init error was told
	current  *invocation
	answered *invocation // the one before, until the runtime calls next again
}

func newRuntimeAPI() *runtimeAPI {
	return &runtimeAPI{
		work:   make(chan *invocation),
		polled: make(chan struct{}, 1),
		broken: make(chan outcome, 1),
		closed: make(chan struct{}),
	}
}

const (
	apiPrefix = "/2018-06-01/runtime"
	// maxErrorBytes bounds the document of an error call.
	maxErrorBytes = 1 << 20
	// streamChunk is the largest piece of a streamed answer that is handed on at once.
	streamChunk = 64 << 10
)

func (a *runtimeAPI) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+apiPrefix+"/invocation/next", a.next)
	mux.HandleFunc("POST "+apiPrefix+"/invocation/{id}/response", a.response)
	mux.HandleFunc("POST "+apiPrefix+"/invocation/{id}/error", a.invocationError)
	mux.HandleFunc("POST "+apiPrefix+"/init/error", a.initError)
	mux.HandleFunc("GET /2018-06-01/ping", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "pong") })
	for prefix, name := range map[string]string{
		"/2020-01-01/extension/": "Extensions", "/2020-08-15/logs": "Logs", "/2022-07-01/telemetry": "Telemetry",
		apiPrefix + "/restore/": "SnapStart",
	} {
		mux.HandleFunc(prefix, func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusNotImplemented, name+".NotSupported", "The "+name+" API is not supported by the sandbox")
		})
	}
	return mux
}

// next hands out the next invocation; it waits for as long as there is none.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	if !a.beginPoll() {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "Transition from Invoking to Ready is not allowed")
		return
	}
	select {
	case a.polled <- struct{}{}:
	default:
	}
	select {
	case inv := <-a.work:
		a.endPoll(inv)
		writeInvocation(w, inv)
	case <-r.Context().Done():
		a.endPoll(nil)
	case <-a.closed:
		a.endPoll(nil)
	}
}

func (a *runtimeAPI) beginPoll() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.polling || a.current != nil {
		return false
	}
	a.polling, a.initDone = true, true
	// The sign belongs to the invocation, not to the runtime: a runtime can answer
	// and ask before its invocation's caller has got as far as to wait for it.
	if a.answered != nil {
		close(a.answered.askedNext)
		a.answered = nil
	}
	return true
}

func (a *runtimeAPI) endPoll(inv *invocation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.polling, a.current = false, inv
}

func writeInvocation(w http.ResponseWriter, inv *invocation) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", inv.ARN)
	h.Set("Lambda-Runtime-Trace-Id", traceID(inv))
	if inv.ClientContext != "" {
		h.Set("Lambda-Runtime-Client-Context", inv.ClientContext)
	}
	// A runtime that went away in the middle is noticed as the end of its process.
	_, _ = w.Write(inv.Payload)
}

// traceID is a well-formed X-Ray header that is not sampled.
func traceID(inv *invocation) string {
	hex := strings.ReplaceAll(uuid.NewString(), "-", "")
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", inv.deadline.Unix(), hex[:24], hex[16:])
}

// response takes the answer of the current invocation.
func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	// Runtimes that stream should say so in a header; that of Go does not, and streams on AWS all the same.
	if to := a.streamOf(id); to != nil {
		a.pass(w, r, to)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxPayloadBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		a.refuseLarge(w, id, MaxPayloadBytes)
		return
	case err != nil:
		return // the runtime went away; the end of its process tells the rest
	}
	if a.answer(w, id, withTrailer(r, outcome{payload: body})) {
		accept(w)
	}
}

// refuseLarge ends the current invocation with an answer that is too large.
func (a *runtimeAPI) refuseLarge(w http.ResponseWriter, id string, limit int) {
	if a.answer(w, id, failed("Function.ResponseSizeTooLarge",
		"Response payload size exceeded maximum allowed payload size (%d bytes).", limit)) {
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", limit))
	}
}

// streamOf is where the answer of the current invocation is to be streamed, or nil.
func (a *runtimeAPI) streamOf(id string) io.Writer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current == nil || a.current.id != id {
		return nil
	}
	return a.current.Stream
}

// pass hands a streamed answer on while it comes.
func (a *runtimeAPI) pass(w http.ResponseWriter, r *http.Request, to io.Writer) {
	id := r.PathValue("id")
	in := http.MaxBytesReader(w, r.Body, MaxStreamedBytes)
	var tooLarge *http.MaxBytesError
	chunk := make([]byte, streamChunk)
	for {
		n, err := in.Read(chunk)
		if n > 0 {
			// A caller that has gone is no reason to stop a function, as on AWS.
			_, _ = to.Write(chunk[:n])
		}
		switch {
		case errors.Is(err, io.EOF):
			if a.answer(w, id, withTrailer(r, outcome{})) {
				accept(w)
			}
			return
		case errors.As(err, &tooLarge):
			a.refuseLarge(w, id, MaxStreamedBytes)
			return
		case err != nil:
			return // the runtime went away; the end of its process tells the rest
		}
	}
}

// withTrailer turns a streamed answer that ends with an error into that error.
func withTrailer(r *http.Request, out outcome) outcome {
	kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type")
	if kind == "" {
		return out
	}
	body, err := base64.StdEncoding.DecodeString(r.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
	if err != nil || !json.Valid(body) {
		return failed(kind, "%s", "the function failed while it streamed its answer")
	}
	return outcome{payload: body, failed: true}
}

func (a *runtimeAPI) invocationError(w http.ResponseWriter, r *http.Request) {
	body, err := errorDocument(w, r)
	if err != nil {
		return
	}
	if a.answer(w, r.PathValue("id"), outcome{payload: body, failed: true}) {
		accept(w)
	}
}

// initError takes the runtime's word that it cannot start.
func (a *runtimeAPI) initError(w http.ResponseWriter, r *http.Request) {
	body, err := errorDocument(w, r)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.initDone {
		refuse(w, http.StatusForbidden, "InvalidStateTransition", "Transition from Ready to InitError is not allowed")
		return
	}
	a.initDone = true
	a.broken <- outcome{payload: body, failed: true}
	accept(w)
}

// errorDocument reads what a runtime says about an error; if that is not JSON, the header's type stands for it.
func errorDocument(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxErrorBytes))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			fmt.Sprintf("Exceeded maximum allowed error size (%d bytes).", maxErrorBytes))
		return nil, err
	}
	if json.Valid(body) {
		return body, nil
	}
	kind := r.Header.Get("Lambda-Runtime-Function-Error-Type")
	if kind == "" {
		kind = "Runtime.Unknown"
	}
	return failure{kind: kind, text: "the runtime sent no valid error document"}.payload(), nil
}

// answer ends the current invocation. It reports false, and has refused the call, when id is not its id.
func (a *runtimeAPI) answer(w http.ResponseWriter, id string, out outcome) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current == nil || a.current.id != id {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return false
	}
	a.current.answered <- out
	a.answered, a.current = a.current, nil
	return true
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`+"\n")
}

func refuse(w http.ResponseWriter, status int, kind, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(failure{kind: kind, text: text}.payload())
}
