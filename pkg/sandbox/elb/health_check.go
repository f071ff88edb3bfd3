package elb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// The reasons of an unhealthy target.
const (
	reasonTimeout  = "Target.Timeout"
	reasonMismatch = "Target.ResponseCodeMismatch"
	reasonFailed   = "Target.FailedHealthChecks"
)

func failureText(reason string) string {
	switch reason {
	case reasonTimeout:
		return "Request timed out"
	case reasonMismatch:
		return "Health checks failed with these codes"
	default:
		return "Health checks failed"
	}
}

// startChecks begins to check a target; s.mu is held.
func (s *Service) startChecks(g *targetGroup, t *target) {
	if s.closed {
		return
	}
	t.health, t.streak, t.since = registering(), 0, time.Now()
	t.stopChecks = s.spawn(func(ctx context.Context) { s.check(ctx, g, t) })
}

// check checks a target again and again, until ctx ends.
func (s *Service) check(ctx context.Context, g *targetGroup, t *target) {
	for {
		s.mu.Lock()
		settings, codes, withProxy, port := g.HealthCheck, g.matches, g.attributes.on(proxyProtocol), g.checkPort(t)
		s.mu.Unlock()
		p := probe{settings, codes, withProxy, net.JoinHostPort(t.id, strconv.Itoa(port))}
		failure := p.run(ctx)
		if ctx.Err() != nil {
			return
		}
		s.observe(ctx, g, t, failure)
		timer := time.NewTimer(s.scaled(time.Duration(settings.HealthCheckIntervalSeconds) * time.Second))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// observe does what the outcome of a check asks for.
func (s *Service) observe(ctx context.Context, g *targetGroup, t *target, failure string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil || !t.observe(failure, g.HealthCheck) {
		return
	}
	if t.health.State == StateUnhealthy {
		s.cfg.Logger.Warn("target is unhealthy", "target_group", g.TargetGroupName, "target", t.address(), "reason", failure)
		if g.attributes.on(unhealthyEnds) {
			t.reset()
		}
	}
	s.tellChanged()
}

// checkPort is the port that a target is checked at.
func (g *targetGroup) checkPort(t *target) int {
	if port, err := strconv.Atoi(g.HealthCheckPort); err == nil {
		return port
	}
	return t.port
}

// probe is one health check.
type probe struct {
	HealthCheck
	codes     []codeRange
	withProxy bool
	address   string
}

// run returns the reason of a failure, or nothing.
func (p probe) run(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(p.HealthCheckTimeoutSeconds)*time.Second)
	defer cancel()
	if p.HealthCheckProtocol != "TCP" {
		return p.get(ctx)
	}
	conn, err := p.dial(ctx, "tcp", p.address)
	if err != nil {
		return failureOf(err)
	}
	_ = conn.Close()
	return ""
}

func (p probe) get(ctx context.Context) string {
	transport := &http.Transport{
		DialContext: p.dial, DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // as AWS: a health check looks at no certificate
	}
	url := strings.ToLower(p.HealthCheckProtocol) + "://" + p.address + p.HealthCheckPath
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return reasonFailed
	}
	req.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return failureOf(err)
	}
	_ = resp.Body.Close()
	for _, r := range p.codes {
		if resp.StatusCode >= r.low && resp.StatusCode <= r.high {
			return ""
		}
	}
	return reasonMismatch
}

// dial connects, and sends the header of the PROXY protocol where the group has it on.
func (p probe) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil || !p.withProxy {
		return conn, err
	}
	if _, err := conn.Write(proxyHeader(conn.LocalAddr(), conn.RemoteAddr())); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("send the header of the PROXY protocol: %w", err)
	}
	return conn, nil
}

func failureOf(err error) string {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return reasonTimeout
	}
	return reasonFailed
}
