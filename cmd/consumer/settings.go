package main

import (
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
		{"SPILLWAY_LANES", eventlog.Config{URL: anywhere, Lanes: given(s.Lanes)}},
		{"SPILLWAY_RETENTION", eventlog.Config{URL: anywhere, Retention: given(s.Retention)}},
	}
	var mistakes []config.Mistake
	for _, c := range checks {
		if err := c.cfg.Validate(); err != nil {
			mistakes = append(mistakes, config.Mistake{Variable: c.variable, Rule: err.Error()})
		}
	}
	return mistakes
}

// given makes a zero that was set one that is refused: to eventlog it means the default.
func given[T int | time.Duration](v T) T {
	if v == 0 {
		return -1
	}
	return v
}
