package environment

import (
	"log/slog"
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/process"
)

const (
	// DefaultInitTimeout is how long the init phase may take, as on AWS.
	DefaultInitTimeout = 10 * time.Second
	// DefaultIdleTimeout is how long an environment is kept warm without work. AWS does not say; minutes are usual.
	DefaultIdleTimeout = 5 * time.Minute
	// DefaultMaxEnvironments bounds the processes of all functions together. An account on AWS has 1,000; that many
	// would not fit a laptop.
	DefaultMaxEnvironments = 100
)

// Config is what a [Host] needs. Launcher, Logger, Region and TempDir are required.
type Config struct {
	Launcher *process.Launcher
	Logger   *slog.Logger
	// Region is shown to functions as AWS_REGION.
	Region string
	// TempDir is where each environment gets its TMPDIR.
	TempDir string
	// Extra are environment variables that every function gets besides AWS's, as an endpoint of the local cloud. A
	// function's own variables come after them.
	Extra map[string]string
	// Resolve puts an address in the place of each host name in a variable's value that only the local cloud knows; nil
	// changes nothing.
	Resolve func(text string) string
	// InitTimeout, IdleTimeout and MaxEnvironments replace the defaults when positive.
	InitTimeout     time.Duration
	IdleTimeout     time.Duration
	MaxEnvironments int
	// NoFreeze leaves environments running between invocations.
	NoFreeze bool
}

// Host holds what the pools of all functions share.
type Host struct {
	cfg Config

	mu      sync.Mutex // guards running
	running int        // environments that exist or are being started, of all pools
}

// NewHost returns a host without pools.
func NewHost(cfg Config) *Host {
	if cfg.InitTimeout <= 0 {
		cfg.InitTimeout = DefaultInitTimeout
	}
	if cfg.IdleTimeout <= 0 {
		cfg.IdleTimeout = DefaultIdleTimeout
	}
	if cfg.MaxEnvironments <= 0 {
		cfg.MaxEnvironments = DefaultMaxEnvironments
	}
	if cfg.Resolve == nil {
		cfg.Resolve = func(text string) string { return text }
	}
	return &Host{cfg: cfg}
}

// admit counts one more environment, unless there are too many.
func (h *Host) admit() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running >= h.cfg.MaxEnvironments {
		return false
	}
	h.running++
	return true
}

func (h *Host) dismiss() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running--
}
