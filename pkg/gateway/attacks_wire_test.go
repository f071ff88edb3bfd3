package gateway

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

const (
	methodAccess    = "/spillway.v1.StreamService/GetAccess"
	methodSubscribe = "/spillway.v1.StreamService/Subscribe"
)

// greeting is how HTTP/2 begins: the preface, and settings that are none.
const greeting = http2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// wire is a connection that speaks HTTP/2 by hand, and so also as nobody should.
type wire struct {
	conn net.Conn
	fr   *http2.Framer
	enc  *hpack.Encoder
	out  bytes.Buffer // of enc
	next uint32
	data int // bytes of messages that the gateway has sent
	told *transcript
}

// wire opens one.
func (a *arena) wire(t *testing.T) *wire {
	t.Helper()
	return a.wireOn(t, a.dial(t))
}

func (a *arena) wireOn(t *testing.T, conn net.Conn) *wire {
	t.Helper()
	w := &wire{told: a.told, conn: conn, fr: http2.NewFramer(conn, conn), next: 1}
	w.fr.AllowIllegalWrites = true
	w.fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	w.enc = hpack.NewEncoder(&w.out)
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := w.fr.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return w
}

// fields are those of a call: path, and more of name and value.
func fields(path string, more ...string) []string {
	return append([]string{":method", "POST", ":scheme", "http", ":path", path, ":authority", "gateway", "content-type", "application/grpc", "te", "trailers"}, more...)
}

// block encodes names and values.
func (w *wire) block(fields []string) []byte {
	w.out.Reset()
	for i := 0; i+1 < len(fields); i += 2 {
		_ = w.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}) // into memory
	}
	return slices.Clone(w.out.Bytes())
}

// open begins a stream; an error is that of a connection that the gateway has ended.
func (w *wire) open(fields []string) (id uint32, err error) {
	id = w.next
	w.next += 2
	return id, w.headers(id, w.block(fields))
}

// headers writes a block in as many frames as it takes.
func (w *wire) headers(id uint32, block []byte) error {
	const most = 16 << 10
	first := block[:min(len(block), most)]
	rest := block[len(first):]
	err := w.fr.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: first, EndHeaders: len(rest) == 0})
	for len(rest) > 0 && err == nil {
		part := rest[:min(len(rest), most)]
		rest = rest[len(part):]
		err = w.fr.WriteContinuation(id, len(rest) == 0, part)
	}
	return err
}

// send sends a message on a stream, and ends it. A stream that has ended loses it.
func (w *wire) send(id uint32, message proto.Message) {
	data, err := proto.Marshal(message)
	if err != nil {
		panic(err) // the test's own mistake
	}
	_ = w.fr.WriteData(id, true, framed(0, data))
}

// framed is a message as gRPC frames it.
func framed(compressed byte, data []byte) []byte {
	n := len(data)
	return append([]byte{compressed, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, data...)
}

// call makes a call and returns how it ended, as answer does.
func (w *wire) call(fields []string) string {
	id, err := w.open(fields)
	if err != nil {
		return "connection ended"
	}
	w.send(id, &spillwayv1.GetAccessRequest{})
	return w.answer(id)
}

// answer reads until a stream ends, and says how: with the code and message of gRPC, the
// error of a reset, or the end of the connection.
func (w *wire) answer(id uint32) string {
	for {
		f, err := w.fr.ReadFrame()
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			if text := statusOf(f); f.StreamID == id && text != "" {
				_, _ = w.told.Write([]byte(text + "\n"))
				return text
			}
		case *http2.DataFrame:
			w.data += len(f.Data())
		case *http2.RSTStreamFrame:
			if f.StreamID == id {
				return "reset: " + f.ErrCode.String()
			}
		case *http2.GoAwayFrame:
			return fmt.Sprintf("connection ended: %s %s", f.ErrCode, f.DebugData())
		}
		if err != nil {
			return howEnded(err)
		}
	}
}

// statusOf returns what trailers say, nothing if these are none.
func statusOf(f *http2.MetaHeadersFrame) string {
	var code, message string
	for _, field := range f.Fields {
		switch field.Name {
		case "grpc-status":
			code = field.Value
		case "grpc-message":
			message, _ = url.PathUnescape(field.Value)
		}
	}
	n, err := strconv.Atoi(code)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s: %s", codes.Code(n), message)
}

// begun reads until a stream has its header, which no window holds up, and tells whether it is not refused. Where
// a machine is busy it may be, as many at once that read the log are.
func (w *wire) begun(t *testing.T, id uint32) bool {
	t.Helper()
	for {
		f, err := w.fr.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if h, ok := f.(*http2.MetaHeadersFrame); ok && h.StreamID == id {
			st := statusOf(h)
			if st != "" && !strings.HasPrefix(st, codes.Unavailable.String()) {
				t.Fatalf("refused: %s", st)
			}
			return st == ""
		}
	}
}

// howEnded says how reading ended: at the other side's wish or at the deadline.
func howEnded(err error) string {
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		return "nothing happens"
	}
	return "connection ended"
}

// until reads until the gateway ends the connection, and says how.
func (w *wire) until() string {
	for {
		f, err := w.fr.ReadFrame()
		if away, ok := f.(*http2.GoAwayFrame); ok {
			return fmt.Sprintf("connection ended: %s %s", away.ErrCode, away.DebugData())
		}
		if data, ok := f.(*http2.DataFrame); ok {
			w.data += len(data.Data())
		}
		if err != nil && !errors.As(err, new(http2.StreamError)) {
			return howEnded(err)
		}
	}
}

// wantEnd wants a call to have ended in a way, and the caller to have got no message.
func (w *wire) wantEnd(t *testing.T, got, want string) {
	t.Helper()
	if !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if w.data > 0 {
		t.Errorf("the gateway sent %d bytes of messages", w.data)
	}
}

// bomb is gzip of more than a request may have, in some hundred bytes.
func bomb(t *testing.T) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write(make([]byte, 64*maxRequestBytes)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
