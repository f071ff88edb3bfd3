package balancer

import (
	"context"
	"io"
	"net"
	"sync"

	"github.com/pires/go-proxyproto"
)

// carry gives a connection to a member and copies both ways until both sides have ended.
func (b *Balancer) carry(ctx context.Context, client net.Conn) {
	defer client.Close()
	member, err := b.dial(ctx, client)
	if err != nil {
		b.cfg.Logger.Warn("connection not given to anybody", "error", err)
		return
	}
	defer member.Close()
	defer context.AfterFunc(ctx, func() {
		_ = client.Close()
		_ = member.Close()
	})()
	var both sync.WaitGroup
	both.Go(func() { forward(member, client) })
	both.Go(func() { forward(client, member) })
	both.Wait()
}

// forward copies until one side ends, and passes the end on.
func forward(to, from net.Conn) {
	if _, err := io.Copy(to, from); err != nil {
		// One that broke is of no use to the other.
		_ = to.Close()
		_ = from.Close()
		return
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // an error is that it has gone
		return
	}
	_ = to.Close()
}

// dial connects to the next member, or to the one after it if that does not answer, and tells it who the client is.
func (b *Balancer) dial(ctx context.Context, client net.Conn) (net.Conn, error) {
	last := errNobody
	for _, address := range b.candidates() {
		dialer := net.Dialer{Timeout: b.dialTimeout}
		member, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			last = err
			continue
		}
		if !b.cfg.ProxyProtocol {
			return member, nil
		}
		if _, err := proxyproto.HeaderProxyFromAddrs(2, client.RemoteAddr(), client.LocalAddr()).WriteTo(member); err != nil {
			last = err
			_ = member.Close()
			continue
		}
		return member, nil
	}
	return nil, last
}
