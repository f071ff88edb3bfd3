package settings

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/spillway/spillway/pkg/config"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/ingest"
)

// MaxParallelization is the highest ParallelizationFactor that Lambda has.
const MaxParallelization = 10

// Consumer is the configuration of the consumer; what each variable means is in the
// package documentation of cmd/consumer.
type Consumer struct {
	RedisURL        string        `env:"SPILLWAY_REDIS_URL,required"`
	Route           ingest.Route  `env:"SPILLWAY_ROUTE" envDefault:"{partition_key}"`
	LogName         string        `env:"SPILLWAY_LOG_NAME" envDefault:"spillway"`
	Lanes           int           `env:"SPILLWAY_LANES" envDefault:"16"`
	Retention       time.Duration `env:"SPILLWAY_RETENTION" envDefault:"1h"`
	Budget          Bytes         `env:"SPILLWAY_BUDGET" envDefault:"1GiB"`
	Parallelization int           `env:"SPILLWAY_PARALLELIZATION" envDefault:"1"`
	LogLevel        slog.Level    `env:"SPILLWAY_LOG_LEVEL" envDefault:"info"`
}

// EventLog returns which log to open, for a process that does not govern it.
func (c *Consumer) EventLog() eventlog.Config {
	return eventlog.Config{URL: c.RedisURL, Name: c.LogName, Lanes: c.Lanes, Retention: c.Retention, Budget: int64(c.Budget),
		Parallel: c.Parallelization > 1}
}

// Validate implements config.Validator. Every variable is checked alone, so that
// what eventlog has to say is said of the right one.
func (c *Consumer) Validate() []config.Mistake {
	const anywhere = "redis://localhost"
	checks := []struct {
		variable string
		cfg      eventlog.Config
	}{
		{"SPILLWAY_REDIS_URL", eventlog.Config{URL: c.RedisURL}},
		{"SPILLWAY_LOG_NAME", eventlog.Config{URL: anywhere, Name: c.LogName}},
		{"SPILLWAY_LANES", eventlog.Config{URL: anywhere, Lanes: c.Lanes}},
		{"SPILLWAY_RETENTION", eventlog.Config{URL: anywhere, Retention: c.Retention}},
		{"SPILLWAY_BUDGET", eventlog.Config{URL: anywhere, Budget: int64(c.Budget)}},
	}
	var mistakes []config.Mistake
	for _, c := range checks {
		if err := c.cfg.Validate(); err != nil {
			mistakes = append(mistakes, config.Mistake{Variable: c.variable, Rule: err.Error()})
		}
	}
	return append(mistakes, c.zeros()...)
}

// zeros checks what to eventlog would mean the default; here the default has been
// filled in.
func (c *Consumer) zeros() []config.Mistake {
	var mistakes []config.Mistake
	if c.Lanes == 0 {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_LANES", Rule: fmt.Sprintf("is 0: want 1 to %d", eventlog.MaxLanes)})
	}
	if c.Retention == 0 {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_RETENTION", Rule: fmt.Sprintf("is 0s: want at least %s", eventlog.MinRetention)})
	}
	if c.Budget == 0 {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_BUDGET", Rule: fmt.Sprintf("is 0: want at least %s", Bytes(eventlog.MinBudget))})
	}
	if c.Parallelization < 1 || c.Parallelization > MaxParallelization {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_PARALLELIZATION", Rule: fmt.Sprintf("is %d: want 1 to %d", c.Parallelization, MaxParallelization)})
	}
	return mistakes
}
