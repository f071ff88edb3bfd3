package harness

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const (
	// gatewayStart is how long a gateway may take to answer after its start.
	gatewayStart = 2 * time.Minute
	gatewayPoll  = 20 * time.Millisecond
	// drainGrace is what a gateway gets beyond its window to end: the 5 s that it gives
	// to the last streams, and as much again.
	drainGrace = 10 * time.Second
	// probeTimeout bounds one question for health.
	probeTimeout = 10 * time.Second
)

// Gateway is one gateway, with its links.
type Gateway struct {
	// RedisLink is the gateway's way to Redis, ClientLink the way of subscribers to it.
	RedisLink, ClientLink *Link

	name   string
	proc   *program
	admin  string // address
	window time.Duration
}

// Name is what the gateway is called in logs and lines.
func (g *Gateway) Name() string { return g.name }

// Admin is the URL of the gateway's health and metrics.
func (g *Gateway) Admin() string { return "http://" + g.admin }

// Start starts the gateway and waits until it lives, which is not yet to be ready: that
// needs Redis.
func (g *Gateway) Start(ctx context.Context) error {
	if err := g.proc.start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, gatewayStart)
	defer cancel()
	for !probe(ctx, g.Admin()+"/healthz") {
		select {
		case <-g.proc.gone():
			return fmt.Errorf("%s ended at its start: see %s", g.name, g.proc.log)
		case <-ctx.Done():
			return fmt.Errorf("%s does not live: %w: see %s", g.name, ctx.Err(), g.proc.log)
		case <-time.After(gatewayPoll):
		}
	}
	return nil
}

// Kill ends the gateway with SIGKILL.
func (g *Gateway) Kill() error { return g.proc.kill() }

// Stop ends the gateway as a deployment does: it drains. One that does not end by
// itself is killed, which is an error.
func (g *Gateway) Stop(ctx context.Context) error {
	return g.proc.terminate(ctx, g.window+drainGrace)
}

// Ready tells whether it can serve subscribers now.
func (g *Gateway) Ready(ctx context.Context) bool { return probe(ctx, g.Admin()+"/readyz") }

// probe asks for health.
func probe(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	// A transport of its own: a proxy from the environment has no business on loopback.
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}
