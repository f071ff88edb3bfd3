package client

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// webServer is something else than a gateway, which answers with an HTTP status.
func webServer(t *testing.T, code int, protocols func(*http.Protocols)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(code)
		io.WriteString(w, "<Error>what?</Error>")
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.Protocols = new(http.Protocols)
	protocols(s.Config.Protocols)
	t.Cleanup(s.Close)
	return s
}

func http1(p *http.Protocols)      { p.SetHTTP1(true) }
func http2(p *http.Protocols)      { p.SetHTTP2(true) }
func http2Plain(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }

// TestWrongEndpointIsFinal holds the words of gRPC, which nothing else tells.
func TestWrongEndpointIsFinal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		status    int
		protocols func(*http.Protocols)
		serveTLS  bool
		scheme    string
		code      codes.Code
		says      string
	}{
		{"HTTP/2 with an error page", 400, http2Plain, false, "http://", codes.Unimplemented, "the endpoint is no Spillway gateway: unexpected HTTP status code received from server: 400 (Bad Request); transport: received unexpected content-type \"application/xml\""},
		{"HTTP/2 with a page", 200, http2Plain, false, "http://", codes.Unimplemented, "the endpoint is no Spillway gateway: unexpected HTTP status code received from server: 200 (OK); transport: received unexpected content-type \"application/xml\""},
		{"HTTP/1.1", 200, http1, false, "http://", codes.Unimplemented, "the endpoint is no Spillway gateway: its answer looked like an HTTP/1.1 header"},
		{"HTTP/1.1 with TLS", 200, http1, true, "https://", codes.Unimplemented, "the endpoint is no Spillway gateway: it does not offer HTTP/2: "},
		{"TLS with an unknown authority", 200, http2, true, "https://", codes.FailedPrecondition, "the endpoint's certificate is not accepted: tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		{"no TLS", 200, http1, false, "https://", codes.FailedPrecondition, "the endpoint does not speak TLS: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := webServer(t, tt.status, tt.protocols)
			if tt.serveTLS {
				s.EnableHTTP2 = s.Config.Protocols.HTTP2()
				s.StartTLS()
			} else {
				s.Start()
			}
			c, err := New(Config{Endpoint: tt.scheme + s.Listener.Addr().String(), Credentials: Credentials{Token: "x"}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, errStream := read(t.Context(), c.Subscribe(Subscription{OnDisconnect: func(d Disconnect) {
				t.Errorf("it is to be tried again after %v", d.Err)
			}}), 1)
			_, errAccess := c.Access(t.Context())
			for _, err := range []error{errStream, errAccess} {
				if status.Code(err) != tt.code || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "\n") {
					t.Errorf("err = %v, want %v that says %q", err, tt.code, tt.says)
				}
			}
		})
	}
}

// disconnected subscribes until the first disconnection. It returns why that was, and what
// the subscription ended with.
func disconnected(t *testing.T, c *Client) (why, end error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, end = read(ctx, c.Subscribe(Subscription{OnDisconnect: func(d Disconnect) {
		why = d.Err
		cancel()
	}}), 1)
	return why, end
}

func TestAGatewayThatIsAwayIsNotAWrongEndpoint(t *testing.T) {
	t.Parallel()
	s := webServer(t, http.StatusServiceUnavailable, http2Plain)
	s.Start()
	c, err := New(Config{Endpoint: s.Listener.Addr().String(), Credentials: Credentials{Token: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	why, err := disconnected(t, c)
	if !errors.Is(err, context.Canceled) || status.Code(why) != codes.Unavailable {
		t.Errorf("err = %v after %v, want to be tried again", err, why)
	}
	wrong := status.Error(codes.Internal, "unexpected HTTP status code received from server: 400 (Bad Request)")
	if c.reached.Store(true); !errors.Is(c.explain(wrong), wrong) {
		t.Errorf("of an endpoint that has been live: %v", c.explain(wrong))
	}
}

// TestPlaintextToTLS: who speaks plaintext to a gateway that has TLS is told what may be
// wrong, and tried again: it may as well be a gateway that is just starting.
func TestPlaintextToTLS(t *testing.T) {
	t.Parallel()
	web := webServer(t, http.StatusOK, http2)
	web.StartTLS() // for its certificate
	srv := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&web.TLS.Certificates[0])))
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(lis) }()
	t.Cleanup(srv.Stop)
	c, err := New(Config{Endpoint: lis.Addr().String(), Credentials: Credentials{Token: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	why, _ := disconnected(t, c)
	if why == nil || !strings.HasPrefix(why.Error(), "UNAVAILABLE: the endpoint closed the connection at once: one that has TLS") {
		t.Errorf("disconnected by %v", why)
	}
}

// TestSilentEndpoint: what takes connections and says nothing is told in words, and
// Access does not wait for it for ever.
func TestSilentEndpoint(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, nil)
		config := g.config()
		config.Dial = func(context.Context, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				_, _ = io.Copy(io.Discard, far)
			}()
			return tcpLike{near}, nil
		}
		c, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Access(t.Context()); err == nil || err.Error() != "access: UNAVAILABLE: no answer within 10s" {
			t.Errorf("err = %v", err)
		}
		why, _ := disconnected(t, c)
		if why == nil || why.Error() != "UNAVAILABLE: the endpoint takes connections and does not answer" {
			t.Errorf("disconnected by %v", why)
		}
	})
}

// tcpLike fails as a TCP connection does when it is closed.
type tcpLike struct{ net.Conn }

func (c tcpLike) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, io.ErrClosedPipe) {
		err = net.ErrClosed
	}
	return n, err
}

// TestAccessIsBounded: also at a gateway that takes the call.
func TestAccessIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, nil)
		release := make(chan struct{})
		t.Cleanup(func() { close(release) })
		g.access = func(int) (*spillwayv1.GetAccessResponse, error) {
			<-release
			return nil, unavailable
		}
		if _, err := g.client(t).Access(t.Context()); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "no answer within 10s") {
			t.Errorf("err = %v", err)
		}
	})
}
