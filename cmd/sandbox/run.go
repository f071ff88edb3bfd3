package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/spillway/spillway/pkg/config"
	"github.com/spillway/spillway/pkg/probe"
	"github.com/spillway/spillway/pkg/sandbox"
)

const variablePrefix = "SPILLWAY_SANDBOX_"

// minKinesisBytes is room for the largest request.
const minKinesisBytes = 16 << 20

// settings is the configuration; the package doc says what each variable means.
type settings struct {
	Listen        string            `env:"SPILLWAY_SANDBOX_LISTEN" envDefault:"127.0.0.1:4566"`
	State         string            `env:"SPILLWAY_SANDBOX_STATE,required"`
	Redis         sandbox.RedisKind `env:"SPILLWAY_SANDBOX_REDIS" envDefault:"auto"`
	RedisListen   string            `env:"SPILLWAY_SANDBOX_REDIS_LISTEN" envDefault:"127.0.0.1:16379"`
	Caches        sandbox.RedisKind `env:"SPILLWAY_SANDBOX_CACHES" envDefault:"auto"`
	Tasks         string            `env:"SPILLWAY_SANDBOX_TASKS"`
	Services      string            `env:"SPILLWAY_SANDBOX_SERVICES"`
	Cognito       string            `env:"SPILLWAY_SANDBOX_COGNITO"`
	TLSCA         string            `env:"SPILLWAY_SANDBOX_TLS_CA"`
	TLSCert       string            `env:"SPILLWAY_SANDBOX_TLS_CERT"`
	TLSKey        string            `env:"SPILLWAY_SANDBOX_TLS_KEY"`
	ListenerCert  string            `env:"SPILLWAY_SANDBOX_LISTENER_CERT"`
	ListenerKey   string            `env:"SPILLWAY_SANDBOX_LISTENER_KEY"`
	Region        string            `env:"SPILLWAY_SANDBOX_REGION" envDefault:"us-east-1"`
	Account       string            `env:"SPILLWAY_SANDBOX_ACCOUNT" envDefault:"000000000000"`
	EnforceLimits bool              `env:"SPILLWAY_SANDBOX_ENFORCE_LIMITS" envDefault:"true"`
	KinesisBytes  int64             `env:"SPILLWAY_SANDBOX_KINESIS_BYTES" envDefault:"536870912"`
	KinesisDelay  time.Duration     `env:"SPILLWAY_SANDBOX_KINESIS_DELAY" envDefault:"200ms"`
	KinesisKeys   map[string]string `env:"SPILLWAY_SANDBOX_KINESIS_KEYS"`
	PollInterval  time.Duration     `env:"SPILLWAY_SANDBOX_POLL_INTERVAL" envDefault:"0s"`
	Persist       bool              `env:"SPILLWAY_SANDBOX_PERSIST" envDefault:"false"`
	LogLevel      slog.Level        `env:"SPILLWAY_SANDBOX_LOG_LEVEL" envDefault:"info"`
}

// Validate implements config.Validator.
func (s *settings) Validate() []config.Mistake {
	var mistakes []config.Mistake
	for name, addr := range map[string]string{"SPILLWAY_SANDBOX_LISTEN": s.Listen, "SPILLWAY_SANDBOX_REDIS_LISTEN": s.RedisListen} {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			mistakes = append(mistakes, config.Mistake{Variable: name, Rule: fmt.Sprintf("is %q: want host:port", addr)})
		}
	}
	if u, err := url.Parse(s.Cognito); s.Cognito != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_SANDBOX_COGNITO", Rule: fmt.Sprintf("is %q: want an http URL", s.Cognito)})
	}
	if some := s.TLSCA + s.TLSCert + s.TLSKey; some != "" && (s.TLSCA == "" || s.TLSCert == "" || s.TLSKey == "") {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_SANDBOX_TLS_CA", Rule: "and _CERT and _KEY must be set together"})
	}
	if (s.ListenerCert == "") != (s.ListenerKey == "") {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_SANDBOX_LISTENER_CERT", Rule: "and _KEY must be set together"})
	}
	if s.Caches == sandbox.RedisNone {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_SANDBOX_CACHES", Rule: "is none: a cache is a Redis"})
	}
	if !regexp.MustCompile(`^\d{12}$`).MatchString(s.Account) {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_SANDBOX_ACCOUNT", Rule: "must be 12 digits"})
	}
	if !regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`).MatchString(s.Region) {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_SANDBOX_REGION", Rule: "must have the form of us-east-1"})
	}
	if s.KinesisBytes < minKinesisBytes {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_SANDBOX_KINESIS_BYTES", Rule: fmt.Sprintf("is %d: must be at least %d", s.KinesisBytes, minKinesisBytes)})
	}
	if s.KinesisDelay <= 0 {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_SANDBOX_KINESIS_DELAY", Rule: fmt.Sprintf("is %s: must be positive", s.KinesisDelay)})
	}
	if s.PollInterval < 0 {
		mistakes = append(mistakes, config.Mistake{Variable: "SPILLWAY_SANDBOX_POLL_INTERVAL", Rule: fmt.Sprintf("is %s: must not be negative", s.PollInterval)})
	}
	return mistakes
}

// run reads the configuration, listens, and serves until a signal comes; or tells whether the sandbox with that
// configuration is ready.
func run(ctx context.Context, args, environ []string, stderr io.Writer) error {
	asks := slices.Equal(args, []string{probe.Argument})
	if len(args) > 0 && !asks {
		return fmt.Errorf("unexpected arguments %q: want none, or %s", args, probe.Argument)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	var s settings
	mistakes := config.Load(&s, environ)
	logger := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: s.LogLevel}))
	for _, name := range config.Unknown(environ, variablePrefix, &s) {
		logger.Warn("unknown variable", "name", name)
	}
	if mistakes != nil {
		return mistakes
	}
	if asks {
		return probe.Ready(ctx, s.Listen, "/_sandbox/health")
	}
	cfg, err := s.sandbox()
	if err != nil {
		return err
	}
	lis, err := listen(ctx, s.Listen)
	if err != nil {
		return err
	}
	defer lis.Close()
	cfg.Endpoint, cfg.Logger = endpoint(lis.Addr()), logger
	sb, err := sandbox.New(cfg)
	if err != nil {
		return err
	}
	err = sb.Serve(ctx, lis)
	if errors.Is(err, sandbox.ErrRedisAddressInUse) {
		return fmt.Errorf("SPILLWAY_SANDBOX_REDIS_LISTEN: %w: stop it, or set another address", err)
	}
	return err
}

// sandbox is the sandbox's configuration, but for what is known only when it listens.
func (s *settings) sandbox() (cfg sandbox.Config, err error) {
	cfg = sandbox.Config{
		Region: s.Region, AccountID: s.Account, Redis: s.Redis, RedisAddress: s.RedisListen, Caches: s.Caches, EnforceLimits: s.EnforceLimits,
		KinesisBytes: s.KinesisBytes, KinesisDelay: s.KinesisDelay, KinesisKeys: s.KinesisKeys, PollInterval: s.PollInterval,
		Persist: s.Persist, Cognito: s.Cognito,
	}
	if s.Services != "" {
		if cfg.Services, err = sandbox.ReadServices(s.Services); err != nil {
			return cfg, fmt.Errorf("SPILLWAY_SANDBOX_SERVICES: %w", err)
		}
	}
	if cfg.TaskEnvironment, err = readVariables(s.Tasks); err != nil {
		return cfg, fmt.Errorf("SPILLWAY_SANDBOX_TASKS: %w", err)
	}
	if cfg.StateDir, err = filepath.Abs(s.State); err != nil {
		return cfg, fmt.Errorf("SPILLWAY_SANDBOX_STATE: %w", err)
	}
	cfg.LocalTLS, cfg.ListenerTLS, err = s.certificates()
	return cfg, err
}

// maxVariables bounds the file of the tasks' variables.
const maxVariables = 1 << 20

// readVariables reads a JSON object of texts; no path has none.
func readVariables(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // there are none
	}
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var variables map[string]string
	if err := json.NewDecoder(io.LimitReader(f, maxVariables)).Decode(&variables); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return variables, nil
}

// certificates are the files of certificates by absolute paths; programs that read them have other working directories.
func (s *settings) certificates() (inside sandbox.CertificateFiles, listeners sandbox.KeyPairFiles, err error) {
	for to, from := range map[*string]string{
		&inside.CA: s.TLSCA, &inside.Cert: s.TLSCert, &inside.Key: s.TLSKey, &listeners.Cert: s.ListenerCert, &listeners.Key: s.ListenerKey,
	} {
		if from == "" {
			continue
		}
		if *to, err = filepath.Abs(from); err != nil {
			return inside, listeners, fmt.Errorf("the path %s: %w", from, err)
		}
	}
	return inside, listeners, nil
}

// listen listens on an address.
func listen(ctx context.Context, address string) (net.Listener, error) {
	lis, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("SPILLWAY_SANDBOX_LISTEN: %s is in use by another process: stop it, or set another address", address)
	}
	if err != nil {
		return nil, fmt.Errorf("SPILLWAY_SANDBOX_LISTEN: %w", err)
	}
	return lis, nil
}

// endpoint is the URL of a listener for functions, which run on this machine: where it listens on all addresses, the one of
// loopback.
func endpoint(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d", tcp.Port)
	}
	return "http://" + addr.String()
}
