package gateway

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/spillway/spillway/mockcognito"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// newTCPWorld is a world on a port of its own, and its address.
func newTCPWorld(t *testing.T, edit func(*Config), opts ...grpc.DialOption) (*world, string) {
	t.Helper()
	lis := listenTCP(t)
	opts = append([]grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}, opts...)
	return newWorldOn(t, lis, edit, opts...), lis.Addr().String()
}

// refused tells whether a new connection is ended at once.
func refused(t *testing.T, addr string) bool {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	_, err = conn.Read(make([]byte, 1)) // the settings, from who takes it
	return err != nil
}

func TestConnectionLimits(t *testing.T) {
	for name, limits := range map[string]Limits{
		"of all":        {Connections: 2},
		"of an address": {AddressConnections: 2},
	} {
		t.Run(name, func(t *testing.T) {
			told := &transcript{}
			w, addr := newTCPWorld(t, func(c *Config) { c.Limits, c.Logger = limits, slog.New(slog.NewTextHandler(told, nil)) })
			w.subscribe(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{})
			if refused(t, addr) {
				t.Error("the second connection is refused")
			}
			if !refused(t, addr) {
				t.Error("the third connection is not refused")
			}
			w.subscribe(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{})
			w.server.conns.sweep(time.Now().Add(2 * knownTimeout)) // the stranger's place
			eventually(t, func() bool { return !refused(t, addr) })
			told.mu.Lock()
			defer told.mu.Unlock()
			if n := strings.Count(told.text.String(), `msg="connections refused"`); n != 1 {
				t.Errorf("refusals are logged %d times within a minute, want once", n)
			}
		})
	}
}

// TestProxyProtocol: the limits of addresses are of those that the balancer tells.
func TestProxyProtocol(t *testing.T) {
	dials := 0
	w, addr := newTCPWorld(t, func(c *Config) { c.ProxyProtocol, c.Limits.AddressConnections = true, 1 },
		grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
			if err == nil {
				dials++
				_, err = fmt.Fprintf(conn, "PROXY TCP4 192.0.2.%d 198.51.100.1 4000 443\r\n", dials)
			}
			return conn, err
		}))
	w.subscribe(t, w.token(t, mockcognito.IssueOptions{}), &spillwayv1.SubscribeRequest{})
	if got := w.onlyConnection(t).address; got != "192.0.2.1" {
		t.Errorf("the address is %s", got)
	}
	for header, fine := range map[string]bool{
		"PROXY TCP4 192.0.2.1 198.51.100.1 4001 443\r\n": false, // has one already
		"PROXY TCP4 192.0.2.9 198.51.100.1 4001 443\r\n": true,
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":               false, // no header
	} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, header); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := conn.Read(make([]byte, 1)); (err == nil) != fine {
			t.Errorf("%q: %v", header, err)
		}
	}
}
