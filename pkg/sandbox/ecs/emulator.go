package ecs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/knobs"
	"github.com/spillway/spillway/pkg/sandbox/process"
)

// Config is what an [Emulator] needs. Region, AccountID and Images are required.
type Config struct {
	Region    string
	AccountID string
	Images    ImageSource
	// Secrets, Logs, LoadBalancers and Registries may be nil: what needs them is refused then.
	Secrets       Secrets
	Logs          Logs
	LoadBalancers LoadBalancers
	Registries    Registries
	// Environment is added to the environment of every container, below what its definition says: endpoints and credentials.
	Environment map[string]string
	// Derived adds to that what depends on what a container has so far, its definition's variables among it, which still win. It
	// may be nil.
	Derived func(has map[string]string) map[string]string
	// Resolve puts an address in the place of each host name of Cloud Map in a text, which is a value of a container's environment, or
	// an argument; nil changes nothing.
	Resolve func(text string) string
	// Endpoint is the URL by which a container reaches this handler, for its metadata; without it there is none.
	Endpoint string
	// Zone tells the availability zone of a subnet; nil means that the subnets of a service are in the zones a, b, c and so on.
	Zone func(subnet string) string
	// TimeScale is how many times faster than on AWS the waits of the scheduler pass; 0 means [knobs.DefaultTimeScale].
	TimeScale knobs.Scale
	Logger    *slog.Logger // nil means none
}

// Emulator is the emulator. Make it with [New], end it with [Emulator.Close].
type Emulator struct {
	cfg      Config
	launcher process.Launcher

	// spawn runs tasks and schedulers, which outlive the requests that start them; their contexts end with the emulator, or by
	// the function that is returned.
	spawn   func(func(context.Context)) context.CancelFunc
	end     context.CancelFunc
	running sync.WaitGroup

	mu        sync.Mutex // guards what follows, and what it points to
	closed    bool
	clusters  map[string]*cluster     // by name
	families  map[string]*family      // by name
	revisions int                     // of all families
	services  map[serviceKey]*service // active, draining and inactive
	tasks     map[string]*task        // by id
	addresses map[string]struct{}     // of tasks that run
	changed   chan struct{}           // closed when a service or a task changes
}

// New returns an emulator without clusters.
func New(cfg Config) (*Emulator, error) {
	if cfg.Region == "" || cfg.AccountID == "" || cfg.Images == nil {
		return nil, errors.New("ecs: Region, AccountID and Images must be set")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Resolve == nil {
		cfg.Resolve = func(text string) string { return text }
	}
	life, end := context.WithCancel(context.Background())
	e := &Emulator{
		cfg: cfg, end: end, changed: make(chan struct{}),
		clusters: make(map[string]*cluster), families: make(map[string]*family), services: make(map[serviceKey]*service),
		tasks: make(map[string]*task), addresses: make(map[string]struct{}),
	}
	e.spawn = func(run func(context.Context)) context.CancelFunc {
		ctx, cancel := context.WithCancel(life)
		e.running.Go(func() {
			defer cancel()
			run(ctx)
		})
		return cancel
	}
	return e, nil
}

// Close stops all tasks: SIGTERM at once, and SIGKILL to those that are left when ctx ends or their stopTimeout is over. It
// returns when no process is left.
func (e *Emulator) Close(ctx context.Context) {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.end()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.running.Wait()
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	e.launcher.Close() // kills what is left
	<-ended
}

// tell wakes who waits for a change; e.mu is held.
func (e *Emulator) tell() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// scaled is how long a wait of the scheduler takes here.
func (e *Emulator) scaled(d time.Duration) time.Duration { return e.cfg.TimeScale.Of(d) }

// zone is the availability zone of the i-th subnet of a service.
func (e *Emulator) zone(subnet string, i int) string {
	if e.cfg.Zone != nil {
		if z := e.cfg.Zone(subnet); z != "" {
			return z
		}
	}
	return e.cfg.Region + string(rune('a'+i%6))
}
