package elb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"hash/maphash"
	"net"
	"time"
)

// accept takes the connections of a listener's socket until it is closed.
func (s *Service) accept(ctx context.Context, l *listener, socket net.Listener) {
	for {
		conn, err := socket.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // as too many open files, which pass
			s.cfg.Logger.Warn("accept", "listener", socket.Addr().String(), "error", err)
			timer := time.NewTimer(100 * time.Millisecond)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return
			}
			continue
		}
		client, ok := conn.(*net.TCPConn)
		if !ok || !s.enter(l) {
			abort(conn)
			continue
		}
		s.spawn(func(ctx context.Context) {
			defer s.leave(l)
			if err := s.forward(ctx, l, client); err != nil {
				s.cfg.Logger.Debug("connection not forwarded", "client", client.RemoteAddr().String(), "error", err)
				abort(client)
			}
		})
	}
}

// enter counts a flow of a listener, if there may be one more.
func (s *Service) enter(l *listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || l.flows >= MaxFlows {
		return false
	}
	l.flows++
	return true
}

func (s *Service) leave(l *listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.flows--
}

// abort closes a connection with a reset.
func abort(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// forward serves one connection until it ends. Its error says why it was not forwarded.
func (s *Service) forward(ctx context.Context, l *listener, client *net.TCPConn) error {
	f := &flow{raw: client, client: client, idle: DefaultIdleTimeout}
	s.renew(ctx, l)
	s.mu.Lock()
	f.idle = l.idle()
	var config *tls.Config
	if l.Protocol == "TLS" {
		config = l.tlsConfig()
	}
	s.mu.Unlock()
	if config != nil {
		secure, err := s.handshake(ctx, client, config)
		if err != nil {
			return err
		}
		f.client = secure
	}
	s.mu.Lock()
	t := s.choose(l, s.hash(client))
	withProxy := t != nil && s.targetGroups[l.targetGroup()].attributes.on(proxyProtocol)
	s.mu.Unlock()
	if t == nil {
		return errors.New("there is no target")
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", t.address())
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	f.target = conn.(*net.TCPConn) // the network is tcp
	if withProxy {
		if _, err := conn.Write(proxyHeader(client.RemoteAddr(), client.LocalAddr())); err != nil {
			abort(conn)
			return fmt.Errorf("send the header of the PROXY protocol: %w", err)
		}
	}
	s.carry(ctx, t, f)
	return nil
}

// renew gives a TLS listener the certificate that its ARN has by now, as AWS does when Certificate Manager has renewed it. One
// that cannot be read leaves the last one.
func (s *Service) renew(ctx context.Context, l *listener) {
	s.mu.Lock()
	secure, arn := l.Protocol == "TLS", ""
	if secure {
		arn = l.Certificates[0].CertificateArn
	}
	s.mu.Unlock()
	if !secure {
		return
	}
	certificate, ok, err := s.cfg.Certificates.Certificate(ctx, arn)
	if err != nil || !ok {
		s.cfg.Logger.Warn("certificate of a listener cannot be read", "arn", arn, "error", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l.certificate = certificate
}

// carry carries a flow until it ends, or the service does, among those of its target.
func (s *Service) carry(ctx context.Context, t *target, f *flow) {
	defer context.AfterFunc(ctx, f.reset)()
	s.mu.Lock()
	t.flows[f] = struct{}{}
	s.mu.Unlock()
	f.carry()
	s.mu.Lock()
	delete(t.flows, f)
	s.mu.Unlock()
}

func (s *Service) handshake(ctx context.Context, client *net.TCPConn, config *tls.Config) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	secure := tls.Server(client, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return secure, nil
}

// hash of a flow, of which the addresses and ports of the client and the listener are what differs.
func (s *Service) hash(client *net.TCPConn) uint64 {
	return maphash.String(s.seed, client.RemoteAddr().String()+" "+client.LocalAddr().String())
}
