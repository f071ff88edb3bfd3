package gateway

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// attackRequests: messages that are too much, or not what they say.
func attackRequests(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	token := m.token(nil, nil)
	a.told.used(token)
	good := []string{"authorization", "Bearer " + token}
	with := func(more ...string) []string { return append(more, good...) }
	lies := binary.BigEndian.AppendUint32([]byte{0}, 1<<31)
	for _, tt := range []struct {
		name   string
		path   string
		fields []string
		body   []byte
		want   string
	}{
		{"larger than the limit", methodAccess, good, framed(0, make([]byte, maxRequestBytes+1))[:1000], "ResourceExhausted: grpc: received message larger than max"},
		{"larger than the limit, on a stream", methodSubscribe, good, framed(0, make([]byte, maxRequestBytes+1))[:1000], "ResourceExhausted: grpc: received message larger than max"},
		{"that says 2 GB", methodAccess, good, lies, "ResourceExhausted: grpc: received message larger than max"},
		{"that says 2 GB, without a token", methodAccess, nil, lies, "Unauthenticated: no token"},
		{"that says 2 GB, on a stream without a token", methodSubscribe, nil, lies, "Unauthenticated: no token"},
		{"gzip bomb", methodAccess, with("grpc-encoding", "gzip"), framed(1, bomb(t)), "Unimplemented: grpc: Decompressor is not installed"},
		{"gzip bomb, on a stream", methodSubscribe, with("grpc-encoding", "gzip"), framed(1, bomb(t)), "Unimplemented: grpc: Decompressor is not installed"},
		{"compression that is none", methodAccess, with("grpc-encoding", "evil"), framed(1, nil), "Unimplemented: grpc: Decompressor is not installed"},
		{"compressed without saying how", methodAccess, good, framed(1, bomb(t)), "Internal: grpc: compressed flag set with identity or empty encoding"},
		{"flag that is none", methodAccess, good, framed(9, nil), "Internal: grpc: received unexpected payload format"},
		{"not of protobuf", methodSubscribe, good, framed(0, []byte("\xff\xff\xff")), "Internal: "},
		{"nested deep", methodSubscribe, good, framed(0, bytes.Repeat([]byte{0x0b}, 16_000)), "Internal: "},
		{"two on one call", methodAccess, good, append(framed(0, nil), framed(0, nil)...), "Internal: "},
		{"cut short", methodAccess, good, framed(0, []byte("abc"))[:6], "Internal: "},
		{"deadline that has passed", methodSubscribe, with("grpc-timeout", "0n"), framed(0, nil), "DeadlineExceeded: "},
		{"deadline that is none", methodAccess, with("grpc-timeout", "999999999H"), framed(0, nil), "Internal: malformed grpc-timeout"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := a.wire(t)
			id, err := w.open(append(fields(tt.path), tt.fields...))
			if err != nil {
				t.Fatal(err)
			}
			_ = w.fr.WriteData(id, true, tt.body) // the gateway may have had enough
			w.wantEnd(t, w.answer(id), tt.want)
		})
	}
	a.served(t)
}

// attackHTTP2: floods that cost who sends them little.
func attackHTTP2(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	stolen := m.stolen(nil)
	a.told.used(stolen)
	const most = 20_000 // many times what the gateway takes
	reset := func(f []string) func(*wire) error {
		return func(w *wire) error {
			id, err := w.open(f)
			if err == nil {
				err = w.fr.WriteRSTStream(id, http2.ErrCodeCancel)
			}
			return err
		}
	}
	begin := w0
	for _, tt := range []struct {
		name  string
		begin func(*wire) error // once
		write func(*wire) error // until the gateway ends the connection
		want  string
	}{
		{"rapid reset without a token", begin, reset(fields(methodAccess)), "connection ended"},
		{"rapid reset of streams without a token", begin, reset(fields(methodSubscribe)), "connection ended"},
		{"rapid reset with a bad token", begin, reset(fields(methodAccess, "authorization", "Bearer "+stolen)), "connection ended"},
		{"rapid reset of streams with a bad token", begin, reset(fields(methodSubscribe, "authorization", "Bearer "+stolen)), "connection ended"},
		{"rapid reset of health checks", begin, reset(fields("/grpc.health.v1.Health/Check")), "connection ended"},
		{"rapid reset of methods that are none", begin, reset(fields("/a.B/C")), "connection ended"},
		{"calls that never send", begin, func(w *wire) error { _, err := w.open(fields(methodAccess)); return err }, "connection ended"},
		{"CONTINUATION flood", func(w *wire) error {
			return w.fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: w.block(fields(methodAccess))})
		}, func(w *wire) error {
			return w.fr.WriteContinuation(1, false, w.block([]string{"x-" + strings.Repeat("a", 200), "y"}))
		}, "connection ended"},
		{"CONTINUATION flood of a bad header", func(w *wire) error {
			return w.fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: w.block(fields(methodAccess, "Bad", "x"))})
		}, func(w *wire) error { return w.fr.WriteContinuation(1, false, w.block([]string{"x", "y"})) }, "connection ended"},
		{"PING flood", begin, func(w *wire) error { return w.fr.WritePing(false, [8]byte{}) }, "connection ended: ENHANCE_YOUR_CALM too_many_pings"},
		{"stream 0", begin, func(w *wire) error { return w.fr.WriteData(0, false, nil) }, "connection ended"},
		{"streams of the gateway", begin, func(w *wire) error { return w.headers(2, w.block(fields(methodAccess))) }, "connection ended"},
		{"frames that are too large", begin, func(w *wire) error { return w.fr.WriteRawFrame(http2.FrameData, 0, 1, make([]byte, 1<<20)) }, "connection ended"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bounded(t, func(height func()) {
				w := a.wire(t)
				if err := tt.begin(w); err != nil {
					t.Fatal(err)
				}
				written := make(chan struct{})
				go func() {
					defer close(written)
					for range most {
						if tt.write(w) != nil {
							return
						}
					}
				}()
				a.served(t)
				got := w.until()
				a.served(t)
				height()
				<-written
				w.wantEnd(t, got, tt.want)
				w.conn.Close()
			})
		})
	}
	t.Run("SETTINGS flood", func(t *testing.T) { attackDeaf(t, a, func(w *wire) error { return w.fr.WriteSettings() }) })
	t.Run("empty DATA flood", func(t *testing.T) {
		attackDeaf(t, a, func(w *wire) error { return w.fr.WriteData(1, false, nil) })
	})
	t.Run("WINDOW_UPDATE flood", func(t *testing.T) {
		attackDeaf(t, a, func(w *wire) error { return w.fr.WriteWindowUpdate(0, 1) })
	})
	t.Run("PUSH_PROMISE flood", func(t *testing.T) {
		attackDeaf(t, a, func(w *wire) error { return w.fr.WriteRawFrame(http2.FramePushPromise, 4, 1, make([]byte, 8)) })
	})
	t.Run("more streams than a connection may have", func(t *testing.T) { attackMaxStreams(t, a) })
}

// w0 begins nothing.
func w0(*wire) error { return nil }

// attackDeaf sends frames that cost nothing for a while, or for as long as the gateway
// reads them, without reading an answer. It ends as every connection without a token.
func attackDeaf(t *testing.T, a *arena, write func(*wire) error) {
	bounded(t, func(height func()) {
		w := a.wire(t)
		if _, err := w.open(fields(methodAccess)); err != nil {
			t.Fatal(err)
		}
		_ = w.conn.SetWriteDeadline(time.Now().Add(time.Second))
		written := make(chan struct{})
		go func() {
			defer close(written)
			for range 50_000 {
				if write(w) != nil {
					return // ended, or not read any more
				}
			}
		}()
		a.served(t)
		<-written
		height()
		a.served(t)
		a.server.conns.sweep(time.Now().Add(knownTimeout + time.Second))
		if got := w.until(); !strings.HasPrefix(got, "connection ended") {
			t.Errorf("got %q", got)
		}
		w.conn.Close()
	})
}

// attackMaxStreams: a customer's connection has no more streams than it may.
func attackMaxStreams(t *testing.T, a *arena) {
	token := a.mint.token(nil, object{"client_id": "many", "sub": "many"})
	a.told.used(token)
	bounded(t, func(height func()) {
		w := a.wire(t)
		for range maxStreamsPerConnection {
			id, err := w.open(fields(methodSubscribe, "authorization", "Bearer "+token))
			if err != nil {
				t.Fatal(err)
			}
			w.send(id, &spillwayv1.SubscribeRequest{Patterns: []string{"weather.us.none"}})
		}
		id, err := w.open(fields(methodSubscribe, "authorization", "Bearer "+token))
		if err != nil {
			t.Fatal(err)
		}
		if got := w.answer(id); got != "reset: REFUSED_STREAM" {
			t.Errorf("got %q", got)
		}
		height()
		a.served(t)
		w.conn.Close()
		eventually(t, func() bool { return a.server.streams.Load() == 2 })
	})
}

// attackConnections: connections that hold a place, or are something else.
func attackConnections(t *testing.T, m *mint) {
	a := newArena(t, m, nil)
	for _, tt := range []struct{ name, text string }{
		{"PROXY protocol where there is none", "PROXY TCP4 192.0.2.1 198.51.100.1 4000 443\r\n" + greeting},
		{"PROXY protocol 2 where there is none", "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x01\x0f\xa0\x01\xbb" + greeting},
		{"HTTP/1.1", "GET /metrics HTTP/1.1\r\nHost: gateway\r\n\r\n"},
		{"HTTP/1.1 with an upgrade", "GET / HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"},
		{"preface and garbage", http2.ClientPreface + strings.Repeat("\xff", 100)},
		{"preface of another end", http2.ClientPreface[:20] + "XXXX"},
		{"TLS where there is none", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + strings.Repeat("\x00", 160)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn := a.dial(t)
			if _, err := io.WriteString(conn, tt.text); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn)
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() { //nolint:errorlint // it is not wrapped
				t.Error("the connection is kept")
			}
			if len(answer) > 200 || bytes.Contains(answer, []byte("spillway")) {
				t.Errorf("answer %q", answer)
			}
		})
	}
	t.Run("that never has a valid token", func(t *testing.T) {
		w := a.wire(t)
		if err := w.fr.WritePing(false, [8]byte{}); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() bool { return a.connections() == 2 })
		a.server.conns.sweep(time.Now().Add(knownTimeout - time.Second))
		w.wantEnd(t, w.call(fields(methodAccess)), "Unauthenticated: no token")
		a.server.conns.sweep(time.Now().Add(knownTimeout + time.Second))
		w.wantEnd(t, w.until(), "connection ended")
		a.served(t)
	})
	t.Run("too many of an address", func(t *testing.T) {
		b := newArena(t, m, func(c *Config) { c.Limits.AddressConnections = 3 })
		for range 2 {
			b.wire(t)
		}
		eventually(t, func() bool { return b.connections() == 3 })
		if !refused(t, b.addr) {
			t.Error("a fourth is taken")
		}
		b.served(t)
	})
}

// connections counts those that are open.
func (a *arena) connections() int {
	a.server.conns.mu.Lock()
	defer a.server.conns.mu.Unlock()
	return len(a.server.conns.open)
}
