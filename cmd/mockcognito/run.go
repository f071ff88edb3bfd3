package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spillway/spillway/mockcognito"
	"github.com/spillway/spillway/pkg/probe"
)

// Limits of a connection. A request is small and its answer is ready in milliseconds, or in the seconds that the knob for
// latency adds, so a client that is slower than this is not a client.
const (
	readTimeout     = 10 * time.Second
	writeTimeout    = 10 * time.Second
	idleTimeout     = 2 * time.Minute
	maxHeaderBytes  = 16 << 10
	shutdownTimeout = 5 * time.Second
)

// usageError is a mistake in how the program was called.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func exitCode(err error) int {
	var usage usageError
	if errors.As(err, &usage) {
		return 2
	}
	return 1
}

// run is the whole program. It takes the environment as a list because it tells of variables it does not know.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	if slices.Contains(args, "--help") || slices.Contains(args, "-h") {
		return writeHelp(stdout)
	}
	asks := slices.Equal(args, []string{probe.Argument})
	if len(args) > 0 && !asks {
		return errors.Join(usageError{fmt.Sprintf("unexpected argument %q", args[0])}, writeHelp(stderr))
	}
	cfg, err := readConfig(environ)
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	log := slog.New(slog.NewJSONHandler(stdout, &slog.HandlerOptions{Level: cfg.LogLevel}))
	for _, name := range unknownVariables(environ) {
		log.Warn("unknown environment variable", slog.String("name", name))
	}
	if asks {
		return probe.Ready(ctx, cfg.Listen, "/healthz")
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	// The port comes first: a second server on it must not write the state file of the one that runs.
	lis, err := listen(ctx, cfg.Listen)
	if err != nil {
		return err
	}
	issuer, err := newIssuer(cfg, log)
	if err != nil {
		return errors.Join(err, lis.Close())
	}
	return serve(ctx, lis, issuer, log)
}

func newIssuer(cfg config, log *slog.Logger) (*mockcognito.Server, error) {
	var pools mockcognito.Config
	if cfg.Config != "" {
		var err error
		if pools, err = mockcognito.LoadConfig(cfg.Config); err != nil {
			return nil, fmt.Errorf("%sCONFIG: %w", variablePrefix, err)
		}
	}
	if cfg.Region != "" {
		pools.Region = cfg.Region
	}
	pools.AccountID, pools.StateFile, pools.PublicURL, pools.Logger = cfg.AccountID, cfg.State, cfg.PublicURL, log
	return mockcognito.New(pools)
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	lis, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen on %s: the port is in use: stop the program that holds it, or set %sLISTEN to another",
			address, variablePrefix)
	}
	return lis, err
}

// serve answers on lis until ctx ends, then lets requests finish.
func serve(ctx context.Context, lis net.Listener, issuer *mockcognito.Server, log *slog.Logger) error {
	srv := &http.Server{
		Handler:        issuer.Handler(),
		ReadTimeout:    readTimeout,
		WriteTimeout:   writeTimeout,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(lis) }()
	logReady(lis.Addr(), issuer, log)
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", lis.Addr(), err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	timeout, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := srv.Shutdown(timeout); err != nil {
		return errors.Join(fmt.Errorf("requests not finished after %s: %w", shutdownTimeout, err), srv.Close())
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", lis.Addr(), err)
	}
	return nil
}

// readyPool is what the ready line says about a pool: how to reach it and what its tokens say, nothing secret.
type readyPool struct {
	Name      string `json:"name"`
	ID        string `json:"id"`
	Issuer    string `json:"issuer"`
	TokenPath string `json:"token_path"`
	JwksPath  string `json:"jwks_path"`
	Clients   int    `json:"clients"`
}

func logReady(addr net.Addr, issuer *mockcognito.Server, log *slog.Logger) {
	pools := []readyPool{}
	for _, p := range issuer.Pools() {
		path := "/oauth2/token"
		if p.Domain != "" {
			path = "/" + p.Domain + path
		}
		jwks := "/" + p.ID + "/.well-known/jwks.json"
		pools = append(pools, readyPool{p.Name, p.ID, p.Issuer, path, jwks, len(p.Clients)})
	}
	log.Info("ready", slog.String("address", addr.String()), slog.Any("pools", pools))
}
