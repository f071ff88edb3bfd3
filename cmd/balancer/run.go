package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/spillway/spillway/pkg/balancer"
	"github.com/spillway/spillway/pkg/config"
	"github.com/spillway/spillway/pkg/probe"
)

const (
	variablePrefix = "SPILLWAY_BALANCER_"
	// readyPath is what a gateway answers when it can serve subscribers.
	readyPath = "/readyz"
)

// settings is the configuration; the package doc says what each variable means.
type settings struct {
	Listen        string     `env:"SPILLWAY_BALANCER_LISTEN" envDefault:"127.0.0.1:8443"`
	Target        string     `env:"SPILLWAY_BALANCER_TARGET" envDefault:"gateway:8443"`
	AdminListen   string     `env:"SPILLWAY_BALANCER_ADMIN_LISTEN" envDefault:"127.0.0.1:8081"`
	AdminTarget   string     `env:"SPILLWAY_BALANCER_ADMIN_TARGET" envDefault:"gateway:8081"`
	ProxyProtocol bool       `env:"SPILLWAY_BALANCER_PROXY_PROTOCOL" envDefault:"true"`
	LogLevel      slog.Level `env:"SPILLWAY_BALANCER_LOG_LEVEL" envDefault:"info"`
}

// Validate implements config.Validator.
func (s *settings) Validate() []config.Mistake {
	var mistakes []config.Mistake
	for _, v := range []struct{ name, value string }{
		{"LISTEN", s.Listen}, {"TARGET", s.Target}, {"ADMIN_LISTEN", s.AdminListen}, {"ADMIN_TARGET", s.AdminTarget},
	} {
		if _, _, err := net.SplitHostPort(v.value); err != nil {
			mistakes = append(mistakes, config.Mistake{Variable: variablePrefix + v.name, Rule: fmt.Sprintf("is %q: want host:port", v.value)})
		}
	}
	return mistakes
}

// run reads the configuration, listens, and serves until a signal comes; or tells whether what has that configuration is ready.
func run(ctx context.Context, args, environ []string, stderr io.Writer) error {
	asks := slices.Equal(args, []string{probe.Argument})
	if len(args) > 0 && !asks {
		return fmt.Errorf("unexpected arguments %q: want none, or %s", args, probe.Argument)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	var s settings
	mistakes := config.Load(&s, environ)
	logger := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: s.LogLevel}))
	for _, name := range config.Unknown(environ, variablePrefix, &s) {
		logger.Warn("unknown variable", "name", name)
	}
	if mistakes != nil {
		return mistakes
	}
	if asks {
		return probe.Ready(ctx, s.AdminListen, readyPath)
	}
	return serve(ctx, s, logger)
}

// serve balances both ports until ctx ends.
func serve(ctx context.Context, s settings, logger *slog.Logger) error {
	_, adminPort, err := net.SplitHostPort(s.AdminTarget)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, b := range []struct {
		variable, listen string
		cfg              balancer.Config
	}{
		{"LISTEN", s.Listen, balancer.Config{ProxyProtocol: s.ProxyProtocol, Target: s.Target}},
		{"ADMIN_LISTEN", s.AdminListen, balancer.Config{Target: s.AdminTarget}},
	} {
		host, _, err := net.SplitHostPort(b.cfg.Target)
		if err != nil {
			return err
		}
		b.cfg.Health = "http://" + net.JoinHostPort(host, adminPort) + readyPath
		b.cfg.Logger = logger.With("target", b.cfg.Target)
		balanced, err := balancer.New(b.cfg)
		if err != nil {
			return err
		}
		lis, err := new(net.ListenConfig).Listen(ctx, "tcp", b.listen)
		if err != nil {
			return fmt.Errorf("%s%s: %w", variablePrefix, b.variable, err)
		}
		defer lis.Close()
		group.Go(func() error { return balanced.Serve(ctx, lis) })
	}
	logger.Info("balancer serving", "address", s.Listen, "admin", s.AdminListen, "target", s.Target)
	return group.Wait()
}
