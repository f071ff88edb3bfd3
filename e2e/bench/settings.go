package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/config"
)

const (
	variablePrefix = "BENCH_"
	// maxCount is beyond what one machine can do, of anything.
	maxCount = 10_000_000
	// maxConnections is beyond the ports that a client has for one server.
	maxConnections = 25_000
	// minBytes holds a stamp, maxBytes is an entry of the log.
	minBytes, maxBytes = 2 * stampBytes, 64 << 10
	minWarm, minWindow = 100 * time.Millisecond, 500 * time.Millisecond
	longest            = 10 * time.Minute
	maxRounds          = 100
)

// settings is the configuration; the package doc says what each variable means.
type settings struct {
	Only        []string      `env:"BENCH_ONLY"`
	Rounds      int           `env:"BENCH_ROUNDS" envDefault:"3"`
	Warm        time.Duration `env:"BENCH_WARM" envDefault:"2s"`
	Window      time.Duration `env:"BENCH_WINDOW" envDefault:"4s"`
	Subscribers int           `env:"BENCH_SUBSCRIBERS" envDefault:"1000"`
	Bytes       int           `env:"BENCH_BYTES" envDefault:"200"`
	InFlight    int           `env:"BENCH_INFLIGHT" envDefault:"2048"`
	Rate        int           `env:"BENCH_RATE" envDefault:"1000"`
	Idle        int           `env:"BENCH_IDLE" envDefault:"1000"`
	Replay      int           `env:"BENCH_REPLAY" envDefault:"1000000"`
	Topics      int           `env:"BENCH_TOPICS" envDefault:"1000000"`
	Views       int           `env:"BENCH_VIEWS" envDefault:"10000"`
	Out         string        `env:"BENCH_OUT"`
}

// Validate implements config.Validator.
func (s *settings) Validate() []config.Mistake {
	checks := []struct {
		variable string
		err      error
	}{
		{"BENCH_ONLY", known(s.Only)},
		{"BENCH_ROUNDS", within(s.Rounds, 1, maxRounds)},
		{"BENCH_WARM", within(s.Warm, minWarm, longest)},
		{"BENCH_WINDOW", within(s.Window, minWindow, longest)},
		{"BENCH_SUBSCRIBERS", within(s.Subscribers, 10, maxConnections)},
		{"BENCH_BYTES", within(s.Bytes, minBytes, maxBytes)},
		{"BENCH_INFLIGHT", within(s.InFlight, 2*floodBatch, maxCount)},
		{"BENCH_RATE", within(s.Rate, 1, maxCount)},
		{"BENCH_IDLE", within(s.Idle, 1, maxConnections/slices.Max(idlePoints))},
		{"BENCH_REPLAY", within(s.Replay, feedBatch, maxCount)},
		{"BENCH_TOPICS", within(s.Topics, 1, maxCount)},
		{"BENCH_VIEWS", within(s.Views, 1, maxConnections)},
	}
	var mistakes []config.Mistake
	for _, c := range checks {
		if c.err != nil {
			mistakes = append(mistakes, config.Mistake{Variable: c.variable, Rule: c.err.Error()})
		}
	}
	return mistakes
}

// known tells which of the names is none of a part.
func known(names []string) error {
	var all []string
	for _, p := range parts() {
		all = append(all, p.name)
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fmt.Errorf("%q is no part: want some of %s", name, strings.Join(all, ", "))
		}
	}
	return nil
}

// load reads the configuration.
func load(environ []string) (settings, error) {
	var s settings
	if err := config.Load(&s, environ); err != nil {
		return s, err
	}
	if unknown := config.Unknown(environ, variablePrefix, &s); unknown != nil {
		return s, fmt.Errorf("unknown variables: %s", strings.Join(unknown, ", "))
	}
	if s.Out == "" {
		s.Out = filepath.Join(os.TempDir(), "spillway-bench")
	}
	return s, nil
}

func within[T int | time.Duration](v, low, high T) error {
	if v < low || v > high {
		return fmt.Errorf("is %v: want %v to %v", v, low, high)
	}
	return nil
}
