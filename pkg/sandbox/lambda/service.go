package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/knobs"
	"github.com/spillway/spillway/pkg/sandbox/lambda/environment"
	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
	"github.com/spillway/spillway/pkg/sandbox/process"
)

// Objects reads the code that CreateFunction and UpdateFunctionCode name in S3.
type Objects interface {
	// Object returns an object of at most maxBytes. [ErrNoSuchBucket] and [ErrNoSuchKey] are told apart.
	Object(ctx context.Context, bucket, key string, maxBytes int64) ([]byte, error)
}

// The errors of [Objects] that the API has words for.
var (
	ErrNoSuchBucket   = errors.New("no such bucket")
	ErrNoSuchKey      = errors.New("no such key")
	ErrObjectTooLarge = errors.New("object is too large")
)

// ErrNoSuchStream is what [eventsource.Streams] answers for a stream that does not exist.
var ErrNoSuchStream = errors.New("no such stream")

// Destinations takes what event source mappings could not process.
type Destinations interface {
	eventsource.Destinations
	// Check says why a destination cannot be sent to, or nil.
	Check(ctx context.Context, arn string) error
}

// Config is what a [Service] needs. AccountID, Region, StateDir, Logger, Objects, Streams and Destinations are required.
type Config struct {
	AccountID string
	Region    string
	// StateDir is where code is unpacked (code), environments have their scratch space (tmp) and functions' logs are
	// kept (logs/NAME.log). Scratch space of an earlier run is deleted, and its code unless Keep says otherwise.
	StateDir string
	Logger   *slog.Logger

	Objects      Objects
	Streams      eventsource.Streams
	Destinations Destinations
	// Logs keeps what functions print, beside their log files; nil means that only those do.
	Logs Logs

	// Endpoint is the URL of the sandbox, which begins that of a function's code; "" means that none is told.
	Endpoint string
	// Keep makes functions, their code, versions and aliases outlive the service: a later one with the same StateDir has
	// them.
	Keep bool

	// Environment are variables that every function gets, as AWS_ENDPOINT_URL of the local cloud.
	Environment map[string]string
	// Resolve puts an address in the place of each host name in a variable's value that only the local cloud knows, when a
	// process starts; nil changes nothing.
	Resolve func(text string) string
	// Clock is the time that records' ages and stamps are taken from; nil means time.Now.
	Clock func() time.Time
	// InitTimeout, IdleTimeout and MaxEnvironments replace the defaults of package environment when positive.
	InitTimeout     time.Duration
	IdleTimeout     time.Duration
	MaxEnvironments int
	// NoFreeze leaves functions running between invocations.
	NoFreeze bool
	// RetryBase and RetryCap replace the pauses of event source mappings between failed attempts when positive.
	RetryBase time.Duration
	RetryCap  time.Duration
	// PollInterval makes event source mappings poll shards at that interval, as AWS does once a second, instead of being
	// told of records; 0 means to be told.
	PollInterval time.Duration
	// Time is the clock of event source mappings; nil means the machine's, with Clock's present.
	Time eventsource.Clock
	// Seed is that of the pauses of event source mappings between failed attempts.
	Seed uint64
	// FanOut reads consumers with enhanced fan-out; nil means that they cannot be event sources.
	FanOut eventsource.FanOut
	// Mappings keeps event source mappings; nil means that they end with the service. See [Service.RestoreMappings].
	Mappings MappingStore
	// AsyncRetries are the pauses before each retry of an asynchronous invocation; nil means AWS's 1 and 2 minutes.
	AsyncRetries []time.Duration
	// AsyncBytes replaces [DefaultAsyncBytes] when positive.
	AsyncBytes int
	// LogBytes is the size at which a function's log is rotated; 0 means [process.DefaultLogBytes].
	LogBytes int64
}

// Service is the emulator. Make one with [New], end it with [Service.Close].
type Service struct {
	cfg      Config
	launcher process.Launcher
	host     *environment.Host
	mux      *http.ServeMux
	async    *asyncQueue
	faults   knobs.Faults

	changes sync.Mutex // held by actions that change functions or mappings, one at a time

	mu        sync.Mutex // guards what follows
	functions map[string]*function
	mappings  map[string]*mapping
	retired   map[*environment.Pool]string // earlier revisions that have not ended yet, and where their code is
	logs      map[string]*process.LogFile
	closed    bool

	background sync.WaitGroup // ends of revisions, transitions of mappings; added to under mu while not closed
}

// New returns a service without functions.
func New(cfg Config) (*Service, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("lambda: %w", err)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.AsyncBytes <= 0 {
		cfg.AsyncBytes = DefaultAsyncBytes
	}
	s := &Service{
		cfg: cfg, functions: make(map[string]*function), mappings: make(map[string]*mapping),
		logs: make(map[string]*process.LogFile), retired: make(map[*environment.Pool]string),
	}
	if err := s.prepareDirs(); err != nil {
		return nil, fmt.Errorf("lambda: %w", err)
	}
	s.host = environment.NewHost(environment.Config{
		Launcher: &s.launcher, Logger: cfg.Logger, Region: cfg.Region, TempDir: s.tmpDir(), Extra: cfg.Environment, Resolve: cfg.Resolve,
		InitTimeout: cfg.InitTimeout, IdleTimeout: cfg.IdleTimeout, MaxEnvironments: cfg.MaxEnvironments, NoFreeze: cfg.NoFreeze,
	})
	s.async = newAsyncQueue(s)
	s.mux = s.routes()
	if cfg.Keep {
		if err := s.restore(); err != nil {
			return nil, fmt.Errorf("lambda: %w", err)
		}
	}
	return s, nil
}

func (c Config) check() error {
	var errs []error
	for name, missing := range map[string]bool{
		"AccountID": c.AccountID == "", "Region": c.Region == "", "StateDir": c.StateDir == "", "Logger": c.Logger == nil,
		"Objects": c.Objects == nil, "Streams": c.Streams == nil, "Destinations": c.Destinations == nil,
	} {
		if missing {
			errs = append(errs, fmt.Errorf("Config.%s is required", name))
		}
	}
	return errors.Join(errs...)
}

func (s *Service) codeDir() string { return filepath.Join(s.cfg.StateDir, "code") }

func (s *Service) tmpDir() string { return filepath.Join(s.cfg.StateDir, "tmp") }

func (s *Service) logPath(name string) string {
	return filepath.Join(s.cfg.StateDir, "logs", name+".log")
}

// architecture is this machine's, in Lambda's words; other names mean that Lambda has none for it.
func architecture() string {
	switch runtime.GOARCH {
	case "amd64":
		return "x86_64"
	default:
		return runtime.GOARCH
	}
}

// Close stops the event source mappings, lets running invocations end and then ends every environment. When ctx ends
// first, what still runs is killed. Calls that come later fail.
func (s *Service) Close(ctx context.Context) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	mappings := slices.Collect(maps.Values(s.mappings))
	pools := slices.Collect(maps.Keys(s.retired))
	for _, f := range s.functions {
		for _, r := range f.revisions() {
			pools = append(pools, r.pool)
		}
	}
	s.mu.Unlock()

	s.async.close()
	var pollers, work sync.WaitGroup
	for _, m := range mappings {
		pollers.Go(m.close)
	}
	ended := make(chan struct{})
	work.Go(func() {
		pollers.Wait()
		close(ended)
	})
	select { // pollers end after their running invocations, which are killed below if there is no time
	case <-ended:
	case <-ctx.Done():
	}
	for _, pool := range pools {
		work.Go(func() { pool.Close(ctx) })
	}
	work.Wait()
	s.async.wait()
	s.background.Wait()
	s.launcher.Close()
	s.clean()
}

// clean removes what is of no use after the end; logs stay.
func (s *Service) clean() {
	for _, log := range s.logs {
		if err := log.Close(); err != nil {
			s.cfg.Logger.Warn("function log not closed", "log", log.Path(), "error", err)
		}
	}
	if err := s.removeDirs(); err != nil {
		s.cfg.Logger.Warn("state left behind", "error", err)
	}
}

// spawn runs f in the background unless the service is closed.
func (s *Service) spawn(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.background.Go(f)
	}
}

// register runs f, which adds something to the service, unless it is closed.
func (s *Service) register(f func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	f()
	return nil
}

var errClosed = errorf(codeService, "the service is shutting down")

func (s *Service) removeDirs() error {
	err := os.RemoveAll(s.tmpDir())
	if !s.cfg.Keep {
		err = errors.Join(err, removeCode(s.codeDir()))
	}
	return err
}

func (s *Service) prepareDirs() error {
	err := s.removeDirs()
	dirs := []string{s.codeDir(), s.tmpDir()}
	if s.cfg.Keep {
		dirs = append(dirs, s.functionsDir())
	}
	for _, dir := range dirs {
		err = errors.Join(err, os.MkdirAll(dir, 0o755))
	}
	return err
}
