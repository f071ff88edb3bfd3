package lambda

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"net/http"
	"slices"
	"sync"
)

// serveInvokeStream answers InvokeWithResponseStream: a stream of PayloadChunk events, and one InvokeComplete.
func (s *Service) serveInvokeStream(w http.ResponseWriter, r *http.Request) {
	in, err := readInvocation(r)
	if err == nil && in.Type == Event {
		err = constraint("invocationType", in.Type, "satisfy enum value set: [RequestResponse, DryRun]")
	}
	if err != nil {
		asError(err).write(w)
		return
	}
	out := &eventWriter{w: w}
	in.Stream, in.begun = out, out.begin
	res, err := s.Invoke(r.Context(), in)
	switch {
	case err != nil:
		out.abandon()
		asError(err).write(w)
	case in.Type == DryRun:
		out.begin(res.ExecutedVersion)
		w.WriteHeader(http.StatusNoContent)
	default:
		out.complete(res, r.Header.Get("X-Amz-Log-Type") == "Tail")
	}
}

// eventWriter writes a streamed answer as events. Functions may write to it after their invocation has ended, by their
// timeout; that goes nowhere.
type eventWriter struct {
	mu    sync.Mutex // guards w, ended
	w     http.ResponseWriter
	ended bool
}

// begin sets the headers of an answer; an attempt that came to nothing may have set them before.
func (e *eventWriter) begin(version string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.w.Header().Set("X-Amz-Executed-Version", version)
}

// abandon ends a stream that was not begun.
func (e *eventWriter) abandon() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	e.w.Header().Del("X-Amz-Executed-Version")
}

// Write sends a piece of the answer.
func (e *eventWriter) Write(chunk []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		return 0, http.ErrHandlerTimeout
	}
	return len(chunk), e.send("PayloadChunk", "application/octet-stream", chunk)
}

// complete tells how the function ended, and ends the stream.
func (e *eventWriter) complete(res InvokeOutput, withLog bool) {
	end := struct {
		ErrorCode    string `json:",omitempty"`
		ErrorDetails string `json:",omitempty"`
		LogResult    string `json:",omitempty"`
	}{}
	if withLog {
		end.LogResult = base64.StdEncoding.EncodeToString(res.LogTail)
	}
	if res.FunctionError != "" {
		var doc struct{ ErrorType string }
		_ = json.Unmarshal(res.Payload, &doc) // without a type it is Unhandled
		end.ErrorCode, end.ErrorDetails = res.FunctionError, string(res.Payload)
		if doc.ErrorType != "" {
			end.ErrorCode = doc.ErrorType
		}
	}
	text, _ := json.Marshal(end) // strings always have a JSON form
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.send("InvokeComplete", "application/json", text) // the connection may be gone; then nobody is left to be told
	e.ended = true
}

func (e *eventWriter) send(kind, contentType string, payload []byte) error {
	e.w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
	frame := eventFrame([][2]string{{":event-type", kind}, {":content-type", contentType}, {":message-type", "event"}}, payload)
	if _, err := e.w.Write(frame); err != nil {
		return err
	}
	return http.NewResponseController(e.w).Flush()
}

const (
	// framePrelude is two lengths and their checksum, frameEnd the checksum of the whole.
	framePrelude = 12
	frameEnd     = 4
	// headerString is the type of a header's value that is a string.
	headerString = 7
)

// eventFrame is a message of AWS's event streams: the lengths of the whole and of the headers, a CRC of both, the headers,
// the payload, and a CRC of everything.
func eventFrame(headers [][2]string, payload []byte) []byte {
	var head []byte
	for _, h := range headers {
		head = append(head, byte(len(h[0])))
		head = append(head, h[0]...)
		head = binary.BigEndian.AppendUint16(append(head, headerString), uint16(len(h[1])))
		head = append(head, h[1]...)
	}
	frame := binary.BigEndian.AppendUint32(nil, uint32(framePrelude+len(head)+len(payload)+frameEnd))
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(head)))
	frame = binary.BigEndian.AppendUint32(frame, crc32.ChecksumIEEE(frame))
	frame = slices.Concat(frame, head, payload)
	return binary.BigEndian.AppendUint32(frame, crc32.ChecksumIEEE(frame))
}
