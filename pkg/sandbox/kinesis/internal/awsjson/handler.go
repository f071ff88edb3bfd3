package awsjson

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/schema"
	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/sigv4"
)

const (
	typeJSON  = "application/x-amz-json-1.1"
	typePlain = "application/json"
	typeCBOR  = "application/x-amz-cbor-1.1"

	// MaxBody is the largest request body read: PutRecords carries up to 10 MiB
	// of data and keys, which base64 makes 13.4 MiB, and 2.6 MiB are left for
	// the JSON around 500 entries.
	MaxBody = 16 << 20

	unknownOperation = "UnknownOperationException"
	internalFailure  = "InternalFailure"
	serialization    = "SerializationException"
	accessDenied     = "AccessDeniedException"
	noOperationName  = "Unable to determine service/operation name to be authorized"
)

// Fault is an error answer.
type Fault struct {
	Code    string
	Status  int
	Message string
}

// ErrDrop is what Serve gives to have the connection dropped without an answer.
var ErrDrop = errors.New("drop the connection")

// Handler serves the operations of one API.
type Handler struct {
	// Target is the prefix of X-Amz-Target, without the dot.
	Target string
	// Table holds the shapes of every operation that is served.
	Table *schema.Table
	// LeftOut reports whether the API has an operation that the table lacks.
	LeftOut func(operation string) bool
	// Serve runs an operation whose input passed every check. A nil result is an
	// empty answer; Events is one that goes on.
	Serve func(ctx context.Context, operation string, in schema.Fields) (any, error)
	// Fault gives the error of an operation, or of its events, as the API knows it; nil for one that is no error of the API.
	Fault func(err error) *Fault
	// Keys are the secrets of the access keys that requests must be signed with; any credentials do if nil.
	Keys sigv4.Keys
	// Now is the time by which signatures expire.
	Now func() time.Time
	// Random is where request ids come from.
	Random io.Reader
	// Logger hears of requests that this emulator, rather than the API, refuses.
	Logger *slog.Logger
}

// exchange is one request on its way through the checks.
type exchange struct {
	*Handler
	w           http.ResponseWriter
	r           *http.Request
	contentType string
	service     string
	operation   string
	body        []byte
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Handler: h, w: w, r: r}
	w.Header().Set("X-Amzn-RequestId", uuid.Must(uuid.NewRandomFromReader(h.Random)).String())
	if x.cors() {
		return
	}
	w.Header().Set("X-Amz-Id-2", requestID2(h.Random))
	if r.Method != http.MethodPost {
		x.xml(http.StatusForbidden, accessDenied, noOperationName)
		return
	}
	if !x.read() {
		return
	}
	if op, in, ok := x.input(); ok {
		x.run(op, in)
	}
}

// requestID2 makes the x-amz-id-2 header: 72 random bytes, as the service sends.
func requestID2(random io.Reader) string {
	var b [72]byte
	_, _ = random.Read(b[:]) // never fails
	return base64.StdEncoding.EncodeToString(b[:])
}

// cors sets the cross-origin headers and answers a preflight request.
func (x *exchange) cors() bool {
	if x.r.Header.Get("Origin") == "" {
		return false
	}
	out := x.w.Header()
	out.Set("Access-Control-Allow-Origin", "*")
	if x.r.Method != http.MethodOptions {
		out.Set("Access-Control-Expose-Headers",
			"x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date")
		return false
	}
	if v := x.r.Header.Get("Access-Control-Request-Headers"); v != "" {
		out.Set("Access-Control-Allow-Headers", v)
	}
	if v := x.r.Header.Get("Access-Control-Request-Method"); v != "" {
		out.Set("Access-Control-Allow-Methods", v)
	}
	out.Set("Access-Control-Max-Age", "172800")
	x.write(http.StatusOK, "", nil)
	return true
}

// read takes in the body and the headers that say what it is.
func (x *exchange) read() bool {
	mediaType, _, _ := strings.Cut(x.r.Header.Get("Content-Type"), ";")
	x.contentType = strings.TrimSpace(mediaType)
	target := strings.Split(x.r.Header.Get("X-Amz-Target"), ".")
	x.service = target[0]
	if len(target) > 1 {
		x.operation = target[1]
	}
	var buf bytes.Buffer
	if n := x.r.ContentLength; n > 0 && n <= MaxBody {
		buf.Grow(int(n) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(http.MaxBytesReader(x.w, x.r.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		x.write(http.StatusRequestEntityTooLarge, "", nil)
		return false
	case err != nil:
		// The client went away in the middle of its request: nobody reads an answer.
		return false
	}
	x.body = buf.Bytes()
	return true
}

// known gives the operation that the target names, if there is such a one.
func (x *exchange) known() (*schema.Operation, bool) {
	op, ok := x.Table.Operation(x.operation)
	if x.service != x.Target || !ok {
		return nil, false
	}
	return op, true
}

// input makes every check of the protocol and gives the operation and its input.
func (x *exchange) input() (*schema.Operation, schema.Fields, bool) {
	op, known := x.known()
	if len(x.body) == 0 {
		x.emptyBody(known)
		return nil, nil, false
	}
	body, ok := x.parse()
	if !ok {
		return nil, nil, false
	}
	if !known {
		x.logUnknown()
		x.fault(&Fault{Code: unknownOperation, Status: http.StatusBadRequest})
		return nil, nil, false
	}
	fault := checkAuth(x.r)
	if fault == nil {
		fault = x.verify()
	}
	if fault != nil {
		x.fault(fault)
		return nil, nil, false
	}
	in, err := op.Coerce(body)
	if err != nil {
		x.answer(http.StatusBadRequest, map[string]any{"__type": serialization, "Message": err.Error()})
		return nil, nil, false
	}
	if msg := op.Validate(in); msg != "" {
		x.fault(&Fault{Code: "ValidationException", Status: http.StatusBadRequest, Message: msg})
		return nil, nil, false
	}
	return op, in, true
}

func (x *exchange) emptyBody(known bool) {
	code := unknownOperation
	if known {
		code = serialization
	} else {
		x.logUnknown()
	}
	if x.contentType == typeJSON {
		x.fault(&Fault{Code: code, Status: http.StatusBadRequest})
		return
	}
	x.write(http.StatusBadRequest, typeCBOR, cborError(code, ""))
}

// parse checks the content type and reads the body as a JSON object.
func (x *exchange) parse() (map[string]any, bool) {
	switch {
	case x.contentType == typeCBOR:
		body, ok := ParseCBOR(x.body)
		if !ok {
			x.fault(&Fault{Code: serialization, Status: http.StatusBadRequest})
		}
		return body, ok
	case x.contentType != typeJSON && x.contentType != typePlain:
		if x.service == "" || x.operation == "" {
			x.xml(http.StatusForbidden, accessDenied, noOperationName)
		} else {
			x.xml(http.StatusNotFound, unknownOperation, "")
		}
		return nil, false
	}
	body, ok := Parse(x.body)
	switch {
	case x.contentType == typePlain && !ok:
		x.coral(http.StatusBadRequest, serialization)
		return nil, false
	case x.contentType == typePlain:
		x.coral(http.StatusNotFound, unknownOperation)
		return nil, false
	case !ok:
		x.fault(&Fault{Code: serialization, Status: http.StatusBadRequest})
	}
	return body, ok
}

// Parse reads exactly one JSON object, numbers kept as json.Number.
func Parse(body []byte) (map[string]any, bool) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var out map[string]any
	if err := dec.Decode(&out); err != nil || out == nil {
		return nil, false
	}
	_, err := dec.Token()
	return out, errors.Is(err, io.EOF)
}

// logUnknown tells the operator when an operation exists at AWS but not here.
func (x *exchange) logUnknown() {
	if x.service == x.Target && x.LeftOut(x.operation) {
		x.Logger.Warn("operation not served by this emulator", "operation", x.operation)
	}
}

func (x *exchange) run(op *schema.Operation, in schema.Fields) {
	result, err := x.Serve(x.r.Context(), op.Name, in)
	if errors.Is(err, ErrDrop) {
		panic(http.ErrAbortHandler) // net/http drops the connection
	}
	if err != nil {
		fault := x.Fault(err)
		if fault == nil {
			fault = &Fault{Code: internalFailure, Status: http.StatusInternalServerError}
		}
		x.fault(fault)
		return
	}
	switch result := result.(type) {
	case nil:
		x.write(http.StatusOK, x.bodyType(), nil)
	case Events:
		x.events(result)
	default:
		x.answer(http.StatusOK, result)
	}
}
