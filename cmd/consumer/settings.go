package main

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/spillway/spillway/pkg/config"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/ingest"
)

const variablePrefix = "SPILLWAY_"

// settings is the configuration; the package doc says what each variable means.
type settings struct {
	RedisURL  string        `env:"SPILLWAY_REDIS_URL,required"`
	Route     ingest.Route  `env:"SPILLWAY_ROUTE" envDefault:"{partition_key}"`
	LogName   string        `env:"SPILLWAY_LOG_NAME" envDefault:"spillway"`
	Lanes     int           `env:"SPILLWAY_LANES" envDefault:"16"`
	Retention time.Duration `env:"SPILLWAY_RETENTION" envDefault:"1h"`
	LogLevel  slog.Level    `env:"SPILLWAY_LOG_LEVEL" envDefault:"info"`
}

func (s *settings) eventLog() eventlog.Config {
	return eventlog.Config{URL: s.RedisURL, Name: s.LogName, Lanes: s.Lanes, Retention: s.Retention}
}

// Validate implements config.Validator. Every variable is checked alone, so that
// what eventlog has to say is said of the right one.
func (s *settings) Validate() []config.Mistake {
	const anywhere = "redis://localhost"
	checks := []struct {
		variable string
		cfg      eventlog.Config
	}{
		{"SPILLWAY_REDIS_URL", eventlog.Config{URL: s.RedisURL}},
		{"SPILLWAY_LOG_NAME", eventlog.Config{URL: anywhere, Name: s.LogName}},
		{"SPILLWAY_LANES", eventlog.Config{URL: anywhere, Lanes: s.Lanes}},
		{"SPILLWAY_RETENTION", eventlog.Config{URL: anywhere, Retention: s.Retention}},
	}
	var mistakes []config.Mistake
	for _, c := range checks {
		if err := c.cfg.Validate(); err != nil {
			mistakes = append(mistakes, config.Mistake{Variable: c.variable, Rule: err.Error()})
		}
	}
	// To eventlog zero means the default; here the default has been filled in.
	if s.Lanes == 0 {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_LANES", Rule: fmt.Sprintf("is 0: want 1 to %d", eventlog.MaxLanes)})
	}
	if s.Retention == 0 {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_RETENTION", Rule: fmt.Sprintf("is 0s: want at least %s", eventlog.MinRetention)})
	}
	return mistakes
}
