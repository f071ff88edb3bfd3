package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	// metricsTimeout bounds a look at a gateway's metrics.
	metricsTimeout = 5 * time.Second
	// maxMetrics bounds their text.
	maxMetrics = 1 << 20
)

// gateway is one that runs.
type gateway struct {
	*process
	addr, admin string
	serving     time.Time // since when it listens, by its own log
}

// startGateway starts a gateway on ports of its own choice, with further variables,
// and waits until it is ready.
func (g *ground) startGateway(ctx context.Context, name string, variables ...string) (*gateway, error) {
	gw := &gateway{}
	serving := make(chan struct{})
	p, err := g.start(name, command{
		path: g.programs.gateway, dir: g.dir,
		env: append(g.gatewayVariables(), variables...),
		log: func(line []byte) {
			var said struct {
				Time                time.Time
				Msg, Address, Admin string
			}
			if gw.addr == "" && json.Unmarshal(line, &said) == nil && said.Msg == "gateway serving" {
				gw.addr, gw.admin, gw.serving = said.Address, said.Admin, said.Time
				close(serving)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	gw.process = p
	if err := p.await(ctx, serving, "serving"); err != nil {
		return nil, err
	}
	return gw, gw.awaitReady(ctx)
}

// gatewayVariables are what every gateway of a drill is configured by.
func (g *ground) gatewayVariables() []string {
	all := []string{
		"SPILLWAY_REDIS_URL=" + g.redisURL,
		"SPILLWAY_ISSUER=" + g.issuer.pool.Issuer,
		"SPILLWAY_JWKS_URL=" + g.issuer.keySetURL(),
		"SPILLWAY_CURSOR_KEY=" + g.cursorKey,
		"SPILLWAY_LISTEN=127.0.0.1:0",
		"SPILLWAY_ADMIN_LISTEN=127.0.0.1:0",
	}
	if g.secured == nil {
		return append(all, "SPILLWAY_PLAINTEXT=true")
	}
	return append(all, "SPILLWAY_TLS_CERT_FILE="+g.secured.Cert, "SPILLWAY_TLS_KEY_FILE="+g.secured.Key)
}

// awaitReady waits until the gateway says that it can serve subscribers.
func (gw *gateway) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := gw.get(ctx, "/readyz")
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", gw.name, err)
		}
	}
}

// get reads a page of the operators' port.
func (gw *gateway) get(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, metricsTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+gw.admin+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s%s: HTTP %d", gw.name, path, resp.StatusCode)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxMetrics))
}

// metrics reads the metrics, by their names with labels.
func (gw *gateway) metrics(ctx context.Context) (map[string]float64, error) {
	text, err := gw.get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	values := map[string]float64{}
	for line := range bytes.Lines(text) {
		name, value, ok := bytes.Cut(bytes.TrimSpace(line), []byte{' '})
		if !ok || name[0] == '#' {
			continue
		}
		if f, err := strconv.ParseFloat(string(value), 64); err == nil {
			values[string(name)] = f
		}
	}
	return values, nil
}
