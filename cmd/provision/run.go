package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spillway/spillway/pkg/config"
	"github.com/spillway/spillway/pkg/stack"
)

const (
	prepare = "prepare"
	deploy  = "deploy"

	variablePrefix = "SPILLWAY_PROVISION_"
)

// settings is the configuration; the package doc says what each variable means.
type settings struct {
	Dir       string        `env:"SPILLWAY_PROVISION_DIR" envDefault:"/spillway"`
	HostDir   string        `env:"SPILLWAY_PROVISION_HOST_DIR" envDefault:".spillway"`
	AWS       string        `env:"SPILLWAY_PROVISION_AWS" envDefault:"http://aws:4566"`
	Redis     string        `env:"SPILLWAY_PROVISION_REDIS" envDefault:"redis://redis:6379"`
	Bootstrap string        `env:"SPILLWAY_PROVISION_BOOTSTRAP" envDefault:"/bootstrap"`
	Timeout   time.Duration `env:"SPILLWAY_PROVISION_TIMEOUT" envDefault:"5m"`
	LogLevel  string        `env:"SPILLWAY_PROVISION_LOG_LEVEL" envDefault:"info"`
}

// run does what its one argument says, until a signal comes.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	if len(args) != 1 || !slices.Contains([]string{prepare, deploy}, args[0]) {
		return fmt.Errorf("arguments %q: want %s or %s", args, prepare, deploy)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	var s settings
	mistakes := config.Load(&s, environ)
	for _, name := range config.Unknown(environ, variablePrefix, &s) {
		fmt.Fprintf(stderr, "unknown variable %s\n", name)
	}
	ports, err := stack.PortsFrom(func(name string) string { return lookup(environ, name) })
	if err := errors.Join(mistakes, err); err != nil {
		return err
	}
	inside := stack.Inside{
		Dir: s.Dir, HostDir: s.HostDir, Ports: ports, AWS: s.AWS, Redis: s.Redis, Bootstrap: s.Bootstrap, LogLevel: s.LogLevel, Out: stdout,
	}
	if args[0] == prepare {
		return inside.Prepare()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.Timeout, fmt.Errorf("the deployment took longer than %s", s.Timeout))
	defer cancel()
	e, err := inside.Deploy(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "deployed: stream %s, function %s\n", e.Stream, e.Function)
	return nil
}

func lookup(environ []string, name string) string {
	for _, v := range environ {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}
