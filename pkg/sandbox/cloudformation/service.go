package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Config says what a Service stands for and what it works with.
type Config struct {
	// Region and AccountID appear in every ARN and as pseudo parameters.
	Region    string
	AccountID string
	// Provisioners make the physical resources, by type. A type without one is refused as unrecognized.
	Provisioners map[string]Provisioner
	// Templates reads TemplateURL; nil refuses every TemplateURL.
	Templates ObjectReader
	// Parameters resolves AWS::SSM::Parameter::Value types; nil refuses them.
	Parameters ParameterStore
	// Exists tells, by AWS-specific parameter type such as AWS::EC2::Subnet::Id, whether there is what a value names. Values of a type
	// that is not in it are not checked.
	Exists map[string]func(value string) bool
	// Secrets resolves dynamic references to Secrets Manager; nil refuses them.
	Secrets SecretStore
	// Check is asked about a root stack with all that it nests before anything of it is made or changed; nil checks nothing.
	// It is called from several goroutines at once and returns soon.
	Check func(Tree) []Finding
	// SettleWait is how long the first DescribeStacks after the start of an operation waits for its end:
	// 0 means 20 s, negative means not at all.
	SettleWait time.Duration
	// Now is the clock of every timestamp; nil means time.Now.
	Now func() time.Time
	// Logger gets one line per stack status; nil discards.
	Logger *slog.Logger
}

// Service is an http.Handler that speaks CloudFormation's Query protocol. All methods may be called concurrently.
type Service struct {
	region, account string
	provisioners    map[string]Provisioner
	schemas         map[string]*schema
	templates       ObjectReader
	parameters      ParameterStore
	exists          map[string]func(string) bool
	secrets         SecretStore
	check           func(Tree) []Finding
	settleWait      time.Duration
	clock           func() time.Time
	log             *slog.Logger

	operations sync.WaitGroup

	mu     sync.Mutex // guards everything below, and every stack
	stacks map[string]*stack
	names  map[string]string // live stacks: name to id
	closed bool
	last   time.Time // the newest timestamp given out
}

// New makes a Service. It starts nothing; operations run in goroutines that Close waits for.
func New(c Config) (*Service, error) {
	if c.Region == "" || c.AccountID == "" {
		return nil, errors.New("cloudformation: Region and AccountID must be set")
	}
	schemas, err := loadSchemas()
	if err != nil {
		return nil, fmt.Errorf("cloudformation: %w", err)
	}
	s := &Service{
		region: c.Region, account: c.AccountID, provisioners: c.Provisioners, schemas: schemas,
		templates: c.Templates, parameters: c.Parameters, exists: c.Exists, secrets: c.Secrets, check: c.Check, settleWait: c.SettleWait, clock: c.Now, log: c.Logger,
		stacks: map[string]*stack{}, names: map[string]string{},
	}
	if s.settleWait == 0 {
		s.settleWait = defaultSettleWait
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s, nil
}

// Close cancels the operations that run, refuses new ones and returns when none runs any more, or ctx's error.
// Stacks and their physical resources stay as they are.
func (s *Service) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	for _, st := range s.stacks {
		if st.cancel != nil {
			st.cancel()
		}
		if st.drift != nil && st.drift.cancel != nil {
			st.drift.cancel()
		}
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.operations.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close cloudformation: operations still running: %w", ctx.Err())
	}
}

// start runs an operation on a stack. s.mu is held, and the caller has set the in-progress status under the same lock.
// applying ends with ctx, and when what the operation makes and changes is to be rolled back.
func (s *Service) start(st *stack, operation func(ctx, applying context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	applying, abort := context.WithCancelCause(ctx)
	settled := make(chan struct{})
	st.cancel, st.abort, st.settled, st.hold = cancel, abort, settled, true
	s.operations.Go(func() {
		defer close(settled)
		defer cancel()
		operation(ctx, applying)
	})
}

// now is the clock, never going back, so that events keep their sequence.
// s.mu is held.
func (s *Service) now() time.Time {
	t := s.clock().UTC()
	if t.Before(s.last) {
		t = s.last
	}
	s.last = t
	return t
}

func (s *Service) newID() string { return uuid.NewString() }

func (s *Service) arn(resource string) string {
	return fmt.Sprintf("arn:%s:cloudformation:%s:%s:%s", partitionOf(s.region), s.region, s.account, resource)
}

// do runs f under the lock.
func (s *Service) do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

var errClosing = &apiError{503, "ServiceUnavailable", "The service is shutting down."}
