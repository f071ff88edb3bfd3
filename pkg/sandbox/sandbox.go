package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/autoscaling"
	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/cognito"
	"github.com/spillway/spillway/pkg/sandbox/ecr"
	"github.com/spillway/spillway/pkg/sandbox/ecs"
	"github.com/spillway/spillway/pkg/sandbox/elasticache"
	"github.com/spillway/spillway/pkg/sandbox/elb"
	"github.com/spillway/spillway/pkg/sandbox/inert"
	"github.com/spillway/spillway/pkg/sandbox/kinesis"
	"github.com/spillway/spillway/pkg/sandbox/knobs"
	"github.com/spillway/spillway/pkg/sandbox/lambda"
	"github.com/spillway/spillway/pkg/sandbox/logs"
	"github.com/spillway/spillway/pkg/sandbox/process"
	"github.com/spillway/spillway/pkg/sandbox/relations"
	"github.com/spillway/spillway/pkg/sandbox/s3"
	"github.com/spillway/spillway/pkg/sandbox/secretsmanager"
	"github.com/spillway/spillway/pkg/sandbox/servicediscovery"
	"github.com/spillway/spillway/pkg/sandbox/sns"
	"github.com/spillway/spillway/pkg/sandbox/sqs"
	"github.com/spillway/spillway/pkg/sandbox/ssm"
	"github.com/spillway/spillway/pkg/sandbox/sts"
)

const (
	// DefaultRegion is the region that the sandbox stands for.
	DefaultRegion = "us-east-1"
	// DefaultAccountID is the account that it stands for.
	DefaultAccountID = "000000000000"
	// DefaultRedisAddress is not Redis's usual one, which a developer's own may have.
	DefaultRedisAddress = "127.0.0.1:16379"

	// stopTimeout bounds the end of everything: longer than a gateway's drain here.
	stopTimeout = 20 * time.Second
	// serviceGrace is what a service has to end by itself.
	serviceGrace = 10 * time.Second
	// headerTimeout bounds the headers of a request; bodies and answers may take long.
	headerTimeout = 10 * time.Second
)

// Config is what a sandbox is made of. StateDir and Endpoint are required.
type Config struct {
	// Endpoint is the URL of the sandbox, which functions get as AWS_ENDPOINT_URL.
	Endpoint string
	// StateDir is for code, scratch space and logs.
	StateDir     string
	Region       string    // empty means DefaultRegion
	AccountID    string    // empty means DefaultAccountID
	Redis        RedisKind // empty means RedisAuto
	Caches       RedisKind // of ElastiCache's caches; empty means as Redis, or RedisAuto where that is RedisNone
	RedisAddress string    // empty means DefaultRedisAddress
	Services     []Service // started after Redis, in this order
	// Cognito is the URL of the user pool service that Cognito's resources are made in, and requests for it handed on to;
	// without it there are neither.
	Cognito string
	// LocalTLS is what caches with encryption in transit show. Functions and containers are made to trust its authority, by
	// SSL_CERT_FILE. Without it such caches are refused.
	LocalTLS CertificateFiles
	// EnforceLimits makes Kinesis throttle shards as AWS does.
	EnforceLimits bool
	// KinesisBytes bounds the memory of the records of Kinesis; puts beyond it are
	// refused as if they were throttled. 0 means kinesis.DefaultMaxBytes.
	KinesisBytes int64
	// KinesisDelay is how long streams stay CREATING, UPDATING and DELETING; 0 means kinesis.DefaultStateDelay.
	KinesisDelay time.Duration
	// KinesisKeys are the secrets of access keys that requests to Kinesis must be
	// signed with, by their ids; any credentials do if there are none.
	KinesisKeys map[string]string
	// PollInterval makes event source mappings poll shards at that interval, as AWS does
	// once a second; 0 means that they read what arrives at once.
	PollInterval time.Duration
	// Persist keeps the streams and records of Kinesis, and the functions of Lambda with their code, versions and aliases,
	// and its event source mappings, below StateDir, for the sandbox's next start.
	Persist bool
	// Images has the images of ECS tasks; nil means the sandbox's own registry, and for a public image of Redis the redis-server that
	// is installed. Secrets has the values that tasks' secrets name; nil means the sandbox's own Secrets Manager and Parameter Store.
	Images  ecs.ImageSource
	Secrets ecs.Secrets
	// Certificates are those of TLS listeners; nil means that every ARN of Certificate Manager is the certificate in ListenerTLS,
	// and that there is none without it.
	Certificates elb.Certificates
	ListenerTLS  KeyPairFiles
	// TaskEnvironment is added to the environment of every container, below what its definition says. A program that by its own
	// default listens on 127.0.0.1, which all tasks share here, needs a variable that says ":PORT" instead. In a value, ${NAME} is the
	// container's own variable NAME, in which Cognito's address in AWS has given way to the one in Cognito; where the container
	// has no such variable, there is none for the value either.
	TaskEnvironment map[string]string
	// LoadBalancerAddress is where load balancers listen; empty means elb.DefaultAddress.
	LoadBalancerAddress string
	// TimeScale is how many times faster than on AWS load balancers and the scheduler of ECS let their delays and intervals
	// pass; 0 means knobs.DefaultTimeScale, with which a rolling update takes seconds.
	TimeScale knobs.Scale
	Logger    *slog.Logger // nil means none
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		field *string
		value string
	}{{&c.Region, DefaultRegion}, {&c.AccountID, DefaultAccountID}, {&c.RedisAddress, DefaultRedisAddress}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if c.Redis == "" {
		c.Redis = RedisAuto
	}
	if c.Caches == "" && c.Redis != RedisNone {
		c.Caches = c.Redis
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Sandbox is the local cloud. Make it with New, run it with Serve.
type Sandbox struct {
	cfg       Config
	emulators map[string]http.Handler // by service

	kinesis        *kinesis.Service
	lambda         *lambda.Service
	s3             *s3.Service
	sqs            *sqs.Service
	sns            *sns.Service
	logs           *logs.Service
	ecr            *ecr.Service
	elb            *elb.Service
	discovery      *servicediscovery.Emulator
	ecs            *ecs.Emulator
	autoscaling    *autoscaling.Service
	cloudformation *cloudformation.Service
	secrets        *secretsmanager.Service
	parameters     *ssm.Service
	account        *inert.Account
	caches         *elasticache.Service
	nodes          *redisNodes
	cognito        *cognito.Client // nil without one

	redisProc  *process.Supervisor
	services   *process.Supervisor
	closeRedis func() // of the embedded one

	mu    sync.Mutex // guards what follows
	phase phase
	redis redisStatus
}

// New makes the emulators. It starts no process.
func New(cfg Config) (*Sandbox, error) {
	cfg = cfg.withDefaults()
	if cfg.StateDir == "" || cfg.Endpoint == "" {
		return nil, errors.New("sandbox: StateDir and Endpoint must be set")
	}
	logDir := filepath.Join(cfg.StateDir, "log")
	if err := os.MkdirAll(logDir, 0o700); err != nil {
		return nil, fmt.Errorf("sandbox: directory of logs: %w", err)
	}
	s := &Sandbox{cfg: cfg, phase: starting, closeRedis: func() {}}
	for _, sup := range []**process.Supervisor{&s.redisProc, &s.services} {
		*sup = process.NewSupervisor(process.Config{LogDir: logDir, StopGrace: serviceGrace, Logger: cfg.Logger})
	}
	return s, s.emulate()
}

// emulate makes the emulators and wires them.
func (s *Sandbox) emulate() (err error) {
	log := s.cfg.Logger
	if err := s.emulateKinesis(); err != nil {
		return err
	}
	s.s3 = s3.New(s3.Config{Logger: log})
	identity, err := sts.New(s.cfg.AccountID)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	for _, emulate := range []func() error{s.emulateMessages, s.emulateResources, s.emulateContainers} {
		if err := emulate(); err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
	}
	mappings, err := s.mappingStore()
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	s.lambda, err = lambda.New(lambda.Config{
		AccountID: s.cfg.AccountID, Region: s.cfg.Region, StateDir: filepath.Join(s.cfg.StateDir, "lambda"), Logger: log,
		Objects: objects{s.s3}, Streams: streams{s.kinesis}, Destinations: destinations{s.s3, s.sqs, s.sns}, Logs: s.logs,
		FanOut: fanOut{s.kinesis}, Time: turnable{s.kinesis.Clock()}, Clock: s.kinesis.Clock().Now, PollInterval: s.cfg.PollInterval,
		Environment: s.environment(), Resolve: s.discovery.Resolve, Endpoint: s.cfg.Endpoint, Keep: s.cfg.Persist,
		Mappings: mappings,
	})
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	s.cloudformation, err = cloudformation.New(cloudformation.Config{
		Region: s.cfg.Region, AccountID: s.cfg.AccountID, Provisioners: s.provisioners(), Templates: objects{s.s3}, Logger: log,
		Parameters: parameters{s.parameters}, Secrets: secretTexts{s.secrets}, Exists: s.existing(),
		Check: func(t cloudformation.Tree) []cloudformation.Finding {
			return relations.Check(s.cfg.Region, s.cfg.AccountID, t)
		},
	})
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	s.emulators = map[string]http.Handler{
		serviceKinesis: s.kinesis, serviceLambda: s.lambda, serviceS3: s.s3, serviceSTS: identity, serviceCloudFormation: s.cloudformation,
		serviceSQS: s.sqs, serviceSNS: s.sns, serviceLogs: s.logs, serviceELB: s.elb, serviceECS: s.ecs,
		serviceAutoScaling: s.autoscaling, serviceECR: s.ecr, serviceSecrets: s.secrets, serviceSSM: s.parameters,
		serviceDiscovery: s.discovery,
	}
	if s.cognito != nil {
		s.emulators[serviceCognito] = s.cognito
	}
	return nil
}

// emulateMessages makes the emulators that take what Lambda tells.
func (s *Sandbox) emulateMessages() (err error) {
	cfg := s.cfg
	if s.sqs, err = sqs.New(sqs.Config{Region: cfg.Region, AccountID: cfg.AccountID, Endpoint: cfg.Endpoint, Logger: cfg.Logger}); err != nil {
		return err
	}
	if s.sns, err = sns.New(sns.Config{Region: cfg.Region, AccountID: cfg.AccountID, Queues: s.sqs, Logger: cfg.Logger}); err != nil {
		return err
	}
	s.logs, err = logs.New(logs.Config{Region: cfg.Region, AccountID: cfg.AccountID, Clock: s.kinesis.Clock().Now})
	return err
}

func (s *Sandbox) emulateKinesis() (err error) {
	cfg := kinesis.Config{
		Region: s.cfg.Region, AccountID: s.cfg.AccountID, EnforceLimits: s.cfg.EnforceLimits, MaxBytes: s.cfg.KinesisBytes,
		StateDelay: s.cfg.KinesisDelay, Logger: s.cfg.Logger,
	}
	if len(s.cfg.KinesisKeys) > 0 {
		cfg.Keys = s.cfg.KinesisKeys
	}
	if !s.cfg.Persist {
		s.kinesis = kinesis.New(cfg)
		return nil
	}
	if s.kinesis, err = kinesis.Open(cfg, filepath.Join(s.cfg.StateDir, "kinesis")); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

// Serve serves on lis, starts Redis and the services, and goes on until ctx ends;
// then it ends all that it started. Its error says what did not start.
func (s *Sandbox) Serve(ctx context.Context, lis net.Listener) error {
	srv := &http.Server{Handler: s, ReadHeaderTimeout: headerTimeout, Protocols: new(http.Protocols)}
	srv.Protocols.SetHTTP1(true)
	srv.Protocols.SetUnencryptedHTTP2(true)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	served := make(chan struct{}) // closed when it serves no more
	go func() {
		defer close(served)
		if err := srv.Serve(lis); !errors.Is(err, http.ErrServerClosed) {
			cancel(err) // the listener has failed
		}
	}()
	var scaling sync.WaitGroup
	scaling.Go(func() { s.autoscaling.Run(ctx) })
	err := s.start(ctx)
	if err == nil {
		s.setPhase(ready)
		s.cfg.Logger.Info("sandbox ready", "endpoint", s.cfg.Endpoint)
		<-ctx.Done()
	}
	if ctx.Err() != nil { // also while it started: to be told to end is no error
		if err = context.Cause(ctx); errors.Is(err, context.Canceled) {
			err = nil
		}
	}
	cancel(nil)
	scaling.Wait()
	s.stop(srv)
	<-served
	return err
}

func (s *Sandbox) start(ctx context.Context) error {
	if err := s.startRedis(ctx); err != nil {
		return err
	}
	if err := s.lambda.RestoreMappings(ctx); err != nil { // functions may want Redis
		return err
	}
	return s.startServices(ctx)
}

// stop ends everything in the reverse order of its start: who reads before who is
// read.
func (s *Sandbox) stop(srv *http.Server) {
	s.setPhase(stopping)
	s.cfg.Logger.Info("sandbox stopping")
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	s.services.Stop(ctx)
	if err := s.cloudformation.Close(ctx); err != nil {
		s.cfg.Logger.Warn("stacks still changing", "error", err)
	}
	s.ecs.Close(ctx)
	s.elb.Close()
	s.lambda.Close(ctx)
	s.discovery.Close()
	s.kinesis.Close()
	s.sqs.Close()
	s.caches.Close(ctx)
	s.redisProc.Stop(ctx)
	s.closeRedis()
	if err := srv.Shutdown(ctx); err != nil {
		_ = srv.Close() // what is open after that time is cut
	}
}
