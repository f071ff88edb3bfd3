package harness

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	templates "github.com/spillway/spillway/deploy"
	"github.com/spillway/spillway/e2e/child"
	"github.com/spillway/spillway/e2e/loopback"
	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/deploy"
	"github.com/spillway/spillway/pkg/stack"
)

const (
	region = "us-east-1"
	// Route makes the topics of weather stations' reports.
	Route = "weather.us.{state}"
	// Lanes is the number of lanes of the event log: the template's default.
	Lanes = 16

	startTimeout = 2 * time.Minute
	// systemPoll is how often something that starts is asked whether it has.
	systemPoll = 50 * time.Millisecond
	stopGrace  = 30 * time.Second // the sandbox lets invocations end
)

// Customer may read what its patterns match.
type Customer struct {
	Name     string
	Patterns []string
}

// Options say what to start. Dir, Binaries and Customers are required.
type Options struct {
	// Dir is for state and logs; it must be empty or absent.
	Dir string
	// Binaries is where the programs are: see [stack.Build].
	Binaries  string
	Customers []Customer
	// Gateways is how many to run; 0 means 3.
	Gateways int
	// Shards is how many the stream has at first; 0 means 4.
	Shards int
	// DrainWindow is how long a gateway that stops asks its streams to go; 0 means 2 s.
	DrainWindow time.Duration
	// Heartbeat is the longest silence of a stream; 0 means 2 s.
	Heartbeat time.Duration
	// Environment is added to that of every gateway.
	Environment map[string]string
	// Parameters are added to those of the deployment.
	Parameters map[string]string
	// Out gets what the start has to say; nil discards it.
	Out io.Writer
}

// System is a Spillway that runs. Stop it.
type System struct {
	Redis        *Redis
	Gateways     []*Gateway
	ConsumerLink *Link
	Tap          *Tap
	Issuer       *Issuer
	// StreamName is the Kinesis stream, FailureBucket where records are that Lambda has
	// given up.
	StreamName, FailureBucket string

	o        Options
	ports    loopback.Ports
	starter  *child.Starter
	sandbox  *program
	endpoint string // of the sandbox
	balancer *balancer
	closers  []func() error // in the order of the start
}

// Start starts everything, deploys, and returns when all gateways are ready. If it
// fails it leaves nothing running.
func Start(ctx context.Context, o Options) (*System, error) {
	s := &System{o: o.withDefaults(), starter: child.NewStarter()}
	s.onStop(func() error { s.starter.Close(); return nil })
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for _, step := range []func(context.Context) error{
		s.prepare, s.startRedis, s.startSandbox, s.deploy, s.startIssuer, s.startGateways, s.awaitReady,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("start the system: %w", err), s.Stop())
		}
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Gateways == 0 {
		o.Gateways = 3
	}
	if o.Shards == 0 {
		o.Shards = 4
	}
	if o.DrainWindow == 0 {
		o.DrainWindow = 2 * time.Second
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 2 * time.Second
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	return o
}

func (s *System) onStop(f func() error) { s.closers = append(s.closers, f) }

// Stop ends everything, in the reverse order of its start.
func (s *System) Stop() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// LogDir is where the logs are.
func (s *System) LogDir() string { return filepath.Join(s.o.Dir, "logs") }

func (s *System) logFile(name string) string { return filepath.Join(s.LogDir(), name+".log") }

func (s *System) prepare(context.Context) error {
	if left, err := os.ReadDir(s.o.Dir); err == nil && len(left) > 0 {
		return fmt.Errorf("%s is not empty", s.o.Dir)
	}
	return os.MkdirAll(s.LogDir(), 0o755)
}

// startRedis starts Redis and the consumer's way to it.
func (s *System) startRedis(ctx context.Context) error {
	addr, err := s.ports.Address(ctx)
	if err != nil {
		return err
	}
	if s.Redis, err = newRedis(s.starter, addr, filepath.Join(s.o.Dir, "redis"), s.logFile("redis")); err != nil {
		return err
	}
	s.onStop(s.Redis.Kill)
	if err := s.Redis.Start(ctx); err != nil {
		return err
	}
	tapped, err := s.ports.Address(ctx)
	if err != nil {
		return err
	}
	if s.Tap, err = newTap(ctx, tapped, addr); err != nil {
		return err
	}
	s.onStop(func() error { s.Tap.close(); return nil })
	s.ConsumerLink, err = s.link(ctx, "consumer to redis", tapped)
	return err
}

// link starts a link, which ends with the system.
func (s *System) link(ctx context.Context, name, upstream string) (*Link, error) {
	addr, err := s.ports.Address(ctx)
	if err != nil {
		return nil, err
	}
	l, err := newLink(name, addr, upstream)
	if err != nil {
		return nil, err
	}
	s.onStop(func() error { l.close(); return nil })
	return l, nil
}

func (s *System) startSandbox(ctx context.Context) error {
	addr, err := s.ports.Address(ctx)
	if err != nil {
		return err
	}
	s.endpoint = "http://" + addr
	s.sandbox = &program{
		starter: s.starter, path: filepath.Join(s.o.Binaries, "sandbox"), dir: s.o.Dir, log: s.logFile("sandbox"),
		env: append(inherited(), "SPILLWAY_SANDBOX_LISTEN="+addr, "SPILLWAY_SANDBOX_REDIS=none",
			"SPILLWAY_SANDBOX_STATE="+filepath.Join(s.o.Dir, "sandbox")),
	}
	if err := s.sandbox.start(); err != nil {
		return err
	}
	s.onStop(func() error { return s.sandbox.terminate(context.Background(), stopGrace) })
	return await(ctx, s.sandbox, "the sandbox", func() bool { return probe(ctx, s.endpoint+"/_sandbox/health") })
}

// inherited is what every program needs of this one's environment.
func inherited() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// await waits until ok.
func await(ctx context.Context, p *program, what string, ok func() bool) error {
	for !ok() {
		select {
		case <-p.gone():
			return fmt.Errorf("%s has ended: see %s", what, p.log)
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w: see %s", what, ctx.Err(), p.log)
		case <-time.After(systemPoll):
		}
	}
	return nil
}

// AWS is the configuration of clients of the local cloud. They try once: who puts
// records has to know what became of each.
func (s *System) AWS() aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(s.endpoint), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		HTTPClient:  newWholeRequests(),
	}
}

// deploy deploys the data path. The consumer reaches Redis by its link.
func (s *System) deploy(ctx context.Context) error {
	parameters := map[string]string{
		"RedisUrl": "redis://" + s.ConsumerLink.Addr(), "Route": Route, "Lanes": strconv.Itoa(Lanes),
		"StreamMode": "PROVISIONED", "ShardCount": strconv.Itoa(s.o.Shards),
	}
	maps.Copy(parameters, s.o.Parameters)
	cfg := s.AWS()
	cfg.RetryMaxAttempts = 0
	out, err := deploy.Stack(ctx, cfg, deploy.Options{
		StackName: "spillway", TemplateBody: templates.Data, Parameters: parameters,
		Bootstrap: filepath.Join(s.o.Binaries, functionName),
		Events:    func(e deploy.Event) { fmt.Fprintln(s.o.Out, e) },
	})
	if err != nil {
		return err
	}
	s.StreamName, s.FailureBucket = out["KinesisStreamName"], out["FailureBucket"]
	return nil
}

func (s *System) startIssuer(ctx context.Context) error {
	addr, err := s.ports.Address(ctx)
	if err != nil {
		return err
	}
	if s.Issuer, err = newIssuer(ctx, addr, s.o.Customers); err != nil {
		return err
	}
	s.onStop(func() error { s.Issuer.Stop(); return nil })
	return nil
}

func (s *System) startGateways(ctx context.Context) error {
	key, err := cursorKey()
	if err != nil {
		return err
	}
	for i := range s.o.Gateways {
		g, err := s.newGateway(ctx, i, key)
		if err != nil {
			return err
		}
		s.Gateways = append(s.Gateways, g)
		if err := g.Start(ctx); err != nil {
			return err
		}
		s.onStop(g.Kill)
	}
	s.balancer = newBalancer(s.Gateways)
	s.onStop(func() error { s.balancer.close(); return nil })
	return nil
}

// cursorKey makes the key that all gateways sign cursors with.
func cursorKey() (string, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(key), nil
}

func (s *System) newGateway(ctx context.Context, i int, key string) (*Gateway, error) {
	g := &Gateway{name: fmt.Sprintf("gateway %d", i), window: s.o.DrainWindow}
	listen, err1 := s.ports.Address(ctx)
	admin, err2 := s.ports.Address(ctx)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	var err error
	if g.RedisLink, err = s.link(ctx, g.name+" to redis", s.Redis.Addr()); err != nil {
		return nil, err
	}
	if g.ClientLink, err = s.link(ctx, "subscribers to "+g.name, listen); err != nil {
		return nil, err
	}
	g.admin = admin
	g.proc = &program{
		starter: s.starter, path: filepath.Join(s.o.Binaries, "gateway"), dir: s.o.Dir, log: s.logFile(fmt.Sprintf("gateway-%d", i)),
		env: append(inherited(),
			"SPILLWAY_REDIS_URL=redis://"+g.RedisLink.Addr(), "SPILLWAY_LISTEN="+listen, "SPILLWAY_ADMIN_LISTEN="+admin,
			"SPILLWAY_ISSUER="+s.Issuer.Pool.Issuer, "SPILLWAY_JWKS_URL="+s.Issuer.KeySetURL(), "SPILLWAY_CURSOR_KEY="+key,
			"SPILLWAY_PLAINTEXT=true", // the links cut and slow what they do not understand
			"SPILLWAY_HEARTBEAT="+s.o.Heartbeat.String(), "SPILLWAY_DRAIN_WINDOW="+s.o.DrainWindow.String()),
	}
	for name, value := range s.o.Environment {
		g.proc.env = append(g.proc.env, name+"="+value)
	}
	return g, nil
}

func (s *System) awaitReady(ctx context.Context) error {
	for _, g := range s.Gateways {
		if err := await(ctx, g.proc, g.name, func() bool { return g.Ready(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

// Client is the configuration of an SDK client of a customer, whose connections go to
// the gateways that are ready, in turn.
func (s *System) Client(customer string) (client.Config, error) {
	c, err := s.Issuer.client(customer)
	if err != nil {
		return client.Config{}, err
	}
	return client.Config{
		Endpoint: "127.0.0.1:443", Plaintext: true,
		Credentials: client.Credentials{ClientID: c.ID, ClientSecret: c.Secret, TokenURL: s.Issuer.TokenURL()},
		Dial:        func(ctx context.Context, _ string) (net.Conn, error) { return s.balancer.dial(ctx) },
	}, nil
}

// Build builds the programs of the checkout at root into dir.
func Build(ctx context.Context, root, dir string, race bool, out io.Writer) error {
	return stack.Build(ctx, stack.BuildOptions{Root: root, Dir: dir, Race: race, Out: out})
}
