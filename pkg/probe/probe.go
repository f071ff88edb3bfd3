// Package probe asks a program on this machine whether it can be used: it is the health check of a container that has
// nothing but one program in it, no shell and no curl.
//
// [Ready] is all of it; a program calls it when it is started with the argument [Argument]. It may be called concurrently.
package probe

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	// Argument is what a program is started with to tell by its exit status whether another process of it is ready.
	Argument = "health"
	// timeout is more than an answer takes that is ready in memory, also on a busy machine.
	timeout = 3 * time.Second
	// maxAnswer bounds what is quoted of an answer that is not 200.
	maxAnswer = 512
)

// Ready asks for a path at the address that a server was told to listen on; where that is all of the machine's addresses, on
// loopback. Any answer but 200 is an error.
func Ready(ctx context.Context, listen, path string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	// A transport of its own: a proxy from the environment has no business here.
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // without a reason the status has to do
		return fmt.Errorf("health: %s answers %s: %s", req.URL, resp.Status, text)
	}
	return nil
}
