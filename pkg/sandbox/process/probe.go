package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Probe says whether a service is ready: nil, or what is missing. It is called again and again until it answers nil.
type Probe func(ctx context.Context) error

const (
	// probeTimeout bounds one call of a probe, so that a listener that accepts and never answers is asked again.
	probeTimeout = time.Second
	// probeFirst and probeMax are the pauses between calls: short at first, because most services are ready at once.
	probeFirst = 5 * time.Millisecond
	probeMax   = 200 * time.Millisecond
)

// HTTP is ready when a GET of url is answered with a 2xx status.
func HTTP(url string) Probe {
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: transport}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode/100 != 2 {
			return fmt.Errorf("GET %s: status %d", url, resp.StatusCode)
		}
		return nil
	}
}

// TCP is ready when address accepts a connection.
func TCP(address string) Probe {
	return func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

// ErrAddressInUse is the error of a service whose address another program has.
var ErrAddressInUse = errors.New("is in use by another process")

// checkFree reports that address is in use. Whatever else may be wrong with an address is for the service to say.
func checkFree(ctx context.Context, address string) error {
	if address == "" {
		return nil
	}
	lis, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("address %s %w", address, ErrAddressInUse)
	}
	if err == nil {
		_ = lis.Close()
	}
	return nil
}

// await calls probe until it succeeds, the process is gone or ctx ends. The last failure is part of the error.
func await(ctx context.Context, probe Probe, exited <-chan struct{}) error {
	pause := probeFirst
	for {
		err := callProbe(ctx, probe)
		if err == nil {
			return nil
		}
		select {
		case <-exited:
			return errExitedEarly
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w (last probe: %w)", context.Cause(ctx), err)
		case <-time.After(pause):
		}
		pause = min(2*pause, probeMax)
	}
}

func callProbe(ctx context.Context, probe Probe) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	return probe(ctx)
}
