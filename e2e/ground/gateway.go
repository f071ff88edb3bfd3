package ground

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// metricsTimeout bounds a look at a gateway's metrics.
	metricsTimeout = 5 * time.Second
	// maxMetrics bounds their text.
	maxMetrics = 1 << 20
)

// Gateway is one that runs.
type Gateway struct {
	*Process
	Addr, Admin string
	Serving     time.Time // since when it listens, by its own log
}

// StartGateway starts a gateway on ports of its own choice, with further variables,
// and waits until it is ready. Without variables of TLS it serves plaintext.
func (g *Ground) StartGateway(ctx context.Context, name string, variables ...string) (*Gateway, error) {
	gw := &Gateway{}
	serving := make(chan struct{})
	if !slices.ContainsFunc(variables, func(v string) bool { return strings.HasPrefix(v, "SPILLWAY_TLS_") }) {
		variables = append(variables, "SPILLWAY_PLAINTEXT=true")
	}
	p, err := g.Start(name, Command{
		Path: g.Programs.Gateway, Dir: g.Dir,
		Env: append([]string{
			"SPILLWAY_REDIS_URL=" + g.RedisURL,
			"SPILLWAY_ISSUER=" + g.Issuer.Pool.Issuer,
			"SPILLWAY_JWKS_URL=" + g.Issuer.KeySetURL(),
			"SPILLWAY_CURSOR_KEY=" + g.cursorKey,
			"SPILLWAY_LISTEN=127.0.0.1:0",
			"SPILLWAY_ADMIN_LISTEN=127.0.0.1:0",
		}, variables...),
		Log: func(line []byte) {
			var said struct {
				Time                time.Time
				Msg, Address, Admin string
			}
			if gw.Addr == "" && json.Unmarshal(line, &said) == nil && said.Msg == "gateway serving" {
				gw.Addr, gw.Admin, gw.Serving = said.Address, said.Admin, said.Time
				close(serving)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	gw.Process = p
	if err := p.Await(ctx, serving, "serving"); err != nil {
		return nil, err
	}
	return gw, gw.awaitReady(ctx)
}

// awaitReady waits until the gateway says that it can serve subscribers.
func (gw *Gateway) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, StartTimeout)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := gw.Get(ctx, "/readyz")
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", gw.Name, err)
		}
	}
}

// Get reads a page of the operators' port.
func (gw *Gateway) Get(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, metricsTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+gw.Admin+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s%s: HTTP %d", gw.Name, path, resp.StatusCode)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxMetrics))
}
