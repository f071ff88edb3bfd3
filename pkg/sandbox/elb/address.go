package elb

import (
	"context"
	"net"
	"net/netip"
)

// newAddress is where a new load balancer listens: Config.Address, or where another one has that, a loopback address of its own, so
// that several can have the same port, as on AWS. Where Config.Address is no loopback address, or this machine has only one, as macOS
// does, load balancers share it. s.mu is held.
func (s *Service) newAddress(ctx context.Context) string {
	taken := map[string]bool{}
	for _, lb := range s.loadBalancers {
		taken[lb.DNSName] = true
	}
	own, err := netip.ParseAddr(s.cfg.Address)
	if !taken[s.cfg.Address] || err != nil || !own.IsLoopback() {
		return s.cfg.Address
	}
	next := netip.AddrFrom4([4]byte{127, 32, 0, 1}) // loopback, and apart from the addresses of ECS tasks
	for taken[next.String()] {
		next = next.Next()
	}
	probe, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(next.String(), "0"))
	if err != nil {
		return s.cfg.Address
	}
	_ = probe.Close() // nothing was read or written
	return next.String()
}
