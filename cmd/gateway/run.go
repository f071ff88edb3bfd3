package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/credentials"

	"github.com/spillway/spillway/pkg/authn"
	"github.com/spillway/spillway/pkg/config"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/fanout"
	"github.com/spillway/spillway/pkg/filter"
	"github.com/spillway/spillway/pkg/gateway"
	"github.com/spillway/spillway/pkg/policy"
	"github.com/spillway/spillway/pkg/probe"
)

// adminTimeout bounds a request to the operators' port, and its shutdown.
const adminTimeout = 5 * time.Second

// gcPercent is what GOGC is if it is not set: the garbage that waits is half of what is in
// use, stacks included, in place of as much again. What a gateway does most makes next to
// no garbage, so it costs little, and an idle stream takes a sixth less memory.
const gcPercent = 50

// run reads the configuration, listens, and serves until a signal comes; or tells whether the gateway with that
// configuration is ready.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	asks := slices.Equal(args, []string{probe.Argument})
	if len(args) > 0 && !asks {
		return fmt.Errorf("unexpected arguments %q: want none, or %s", args, probe.Argument)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if !slices.ContainsFunc(environ, func(v string) bool { return strings.HasPrefix(v, "GOGC=") }) {
		debug.SetGCPercent(gcPercent)
	}
	var s settings
	mistakes := config.Load(&s, environ)
	logger := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: s.LogLevel}))
	for _, name := range config.Unknown(environ, variablePrefix, &s) {
		logger.Warn("unknown variable", "name", name)
	}
	if mistakes != nil {
		return mistakes // after the warnings: a misspelt variable explains a missing one
	}
	if asks {
		return probe.Ready(ctx, s.AdminListen, "/readyz")
	}
	lis, err := listen(ctx, "SPILLWAY_LISTEN", s.Listen)
	if err != nil {
		return err
	}
	defer lis.Close()
	admin, err := listen(ctx, "SPILLWAY_ADMIN_LISTEN", s.AdminListen)
	if err != nil {
		return err
	}
	defer admin.Close()
	return serve(ctx, lis, admin, s, outputs{metrics: stdout, log: logger})
}

func listen(ctx context.Context, variable, addr string) (net.Listener, error) {
	lis, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s: %s is in use by another process: stop it, or set another address", variable, addr)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", variable, err)
	}
	return lis, nil
}

// outputs are where a program tells of itself.
type outputs struct {
	metrics io.Writer
	log     *slog.Logger
}

// serve runs the gateway until ctx ends and it has drained.
func serve(ctx context.Context, lis, adminLis net.Listener, s settings, out outputs) error {
	logger := out.log
	eventlog.LogTo(logger)
	log, err := eventlog.Open(s.eventLog())
	if err != nil {
		return err
	}
	defer log.Close()
	tokens := s.tokens()
	tokens.Logger = logger
	verifier, err := authn.New(tokens)
	if err != nil {
		return err
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	cfg := gateway.Config{
		Verifier: verifier, Logger: logger, Metrics: gateway.NewMetrics(reg), Version: version(),
		MaxStreams: s.MaxStreams, HeartbeatInterval: s.Heartbeat, DrainWindow: s.DrainWindow, Reflection: s.Reflection,
		StallTimeout: s.StallTimeout, StreamAge: s.StreamAge, MaxEventBytes: s.MaxEventBytes,
		Limits: s.limits(), Revocations: log, ProxyProtocol: s.ProxyProtocol,
	}
	rules, err := policy.NewFile(s.PolicyFile, checkFilters, logger)
	if err != nil {
		return fmt.Errorf("SPILLWAY_POLICY_FILE: %w", err)
	}
	cfg.Policy = rules
	if cfg.Credentials, err = s.credentials(logger, cfg.Metrics); err != nil {
		return err
	}
	cfg.Hub = fanout.NewHub(log, fanout.Config{Sealer: s.CursorKey.sealer, Linger: s.linger(), Logger: logger, Metrics: fanout.NewMetrics(reg)})
	srv := gateway.New(cfg)
	httpSrv := &http.Server{Handler: srv.Admin(reg), ReadTimeout: adminTimeout, WriteTimeout: adminTimeout}

	// What serves subscribers goes on until they have gone, so it does not end with
	// ctx but after Serve.
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	g, inner := errgroup.WithContext(inner)
	g.Go(func() error { return ignore(context.Canceled, cfg.Hub.Run(inner)) })
	g.Go(func() error { return ignore(context.Canceled, rules.Run(inner)) })
	g.Go(func() error { return ignore(http.ErrServerClosed, httpSrv.Serve(adminLis)) })
	g.Go(func() error { return ignore(context.Canceled, verifier.Run(inner)) })
	g.Go(func() error { return ignore(context.Canceled, newEMF(reg, out.metrics, s.MetricsService).run(inner)) })
	g.Go(func() error {
		defer cancel()
		defer shutdown(httpSrv)
		outer, stop := context.WithCancel(ctx)
		defer stop()
		defer context.AfterFunc(inner, stop)() // another part has failed
		logger.Info("gateway serving", "address", lis.Addr().String(), "admin", adminLis.Addr().String(), "version", version())
		return srv.Serve(outer, lis)
	})
	return g.Wait()
}

// checkFilters tells whether filters that the policy attaches to one grant can be used
// together.
func checkFilters(texts []string) error {
	_, err := filter.Compile(filter.Join(texts))
	return err
}

// credentials are the security of the transport; nil without TLS.
func (s *settings) credentials(logger *slog.Logger, metrics *gateway.Metrics) (credentials.TransportCredentials, error) {
	if s.Plaintext {
		return nil, nil
	}
	if s.TLSKey != "" {
		defer warnOfMode(logger, s.TLSKey)
	}
	return s.certificates().Credentials(logger, metrics)
}

// warnOfMode tells if a file that is to be secret can be read by others.
func warnOfMode(logger *slog.Logger, path string) {
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		logger.Warn("key file can be read by others: chmod 600", "file", path, "mode", info.Mode().Perm().String())
	}
}

func shutdown(srv *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	_ = srv.Shutdown(ctx) // what is left after it has no matter to wait for
}

func ignore(expected, err error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// version is that of the module, with the revision it was built from if known.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v += " (" + s.Value[:min(len(s.Value), 12)] + ")"
		}
	}
	return v
}
