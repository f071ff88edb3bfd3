package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/grpc/credentials"

	"github.com/spillway/spillway/pkg/authn"
	"github.com/spillway/spillway/pkg/config"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/fanout"
	"github.com/spillway/spillway/pkg/gateway"
)

const (
	variablePrefix = "SPILLWAY_"
	// maxDrainWindow leaves the gateway time to end within Fargate's 120 s.
	maxDrainWindow = 100 * time.Second
	// maxHeartbeat is below the 350 s after which a load balancer drops a flow.
	maxHeartbeat = 5 * time.Minute
	// maxMaxStreams is some 50 GB of memory: more is a mistake.
	maxMaxStreams = 1_000_000
	// A response may need that long on a slow line; nobody who reads needs longer.
	minStallTimeout, maxStallTimeout = time.Second, time.Hour
	// A stream that is younger has hardly begun; one that is older never ends.
	minStreamAge, maxStreamAge = 10 * time.Second, 7 * 24 * time.Hour
	// maxLinger is as long as one waits for what is called live.
	maxLinger = time.Second
	// What a subscriber may ask for at least; what the SDK can be told to take.
	minMaxEventBytes, maxMaxEventBytes = gateway.MinMaxEventBytes, 64 << 20
	// What a limit of clients or addresses can be; 0 is none.
	maxLimit = 1_000_000_000
)

// cursorKeys are the keys that cursors are sealed with, from their text: one or two,
// in base64 with or without padding, separated by a comma. They never appear in an error
// or a log. Without padding, because a generator of passwords that draws 43 times from
// base64's alphabet makes such a key, and cannot make it end in "=".
type cursorKeys struct{ sealer *fanout.Sealer }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *cursorKeys) UnmarshalText(text []byte) error {
	var keys [][]byte
	for i, part := range strings.Split(string(text), ",") {
		key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(part), "="))
		if err != nil {
			return fmt.Errorf("key %d is not base64", i+1)
		}
		keys = append(keys, key)
	}
	var err error
	k.sealer, err = fanout.NewSealer(keys...)
	return err
}

// words are separated by blanks.
type words []string

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *words) UnmarshalText(text []byte) error {
	if *w = strings.Fields(string(text)); len(*w) == 0 {
		return errors.New("holds only blanks")
	}
	return nil
}

// settings is the configuration; the package doc says what each variable means.
type settings struct {
	RedisURL        string        `env:"SPILLWAY_REDIS_URL,required"`
	Issuer          string        `env:"SPILLWAY_ISSUER,required"`
	KeySetURL       string        `env:"SPILLWAY_JWKS_URL"`
	InsecureKeySet  bool          `env:"SPILLWAY_JWKS_INSECURE" envDefault:"false"`
	ResourceServers words         `env:"SPILLWAY_RESOURCE_SERVERS" envDefault:"spillway spillway-customers"`
	Listen          string        `env:"SPILLWAY_LISTEN" envDefault:"127.0.0.1:8443"`
	AdminListen     string        `env:"SPILLWAY_ADMIN_LISTEN" envDefault:"127.0.0.1:8081"`
	LogName         string        `env:"SPILLWAY_LOG_NAME" envDefault:"spillway"`
	Lanes           int           `env:"SPILLWAY_LANES" envDefault:"16"`
	Retention       time.Duration `env:"SPILLWAY_RETENTION" envDefault:"1h"`
	MaxStreams      int           `env:"SPILLWAY_MAX_STREAMS" envDefault:"10000"`
	Heartbeat       time.Duration `env:"SPILLWAY_HEARTBEAT" envDefault:"30s"`
	DrainWindow     time.Duration `env:"SPILLWAY_DRAIN_WINDOW" envDefault:"60s"`
	StallTimeout    time.Duration `env:"SPILLWAY_STALL_TIMEOUT" envDefault:"2m"`
	StreamAge       time.Duration `env:"SPILLWAY_STREAM_AGE" envDefault:"30m"`
	Linger          time.Duration `env:"SPILLWAY_LINGER" envDefault:"5ms"`
	MaxEventBytes   int           `env:"SPILLWAY_MAX_EVENT_BYTES" envDefault:"10551296"`
	CursorKey       cursorKeys    `env:"SPILLWAY_CURSOR_KEY,required"`
	TLSCert         string        `env:"SPILLWAY_TLS_CERT_FILE"`
	TLSKey          string        `env:"SPILLWAY_TLS_KEY_FILE"`
	TLSClientCA     string        `env:"SPILLWAY_TLS_CLIENT_CA_FILE"`
	TLSCertText     string        `env:"SPILLWAY_TLS_CERT"`
	TLSKeyText      string        `env:"SPILLWAY_TLS_KEY"`
	TLSClientCAText string        `env:"SPILLWAY_TLS_CLIENT_CA"`
	Plaintext       bool          `env:"SPILLWAY_PLAINTEXT" envDefault:"false"`
	ProxyProtocol   bool          `env:"SPILLWAY_PROXY_PROTOCOL" envDefault:"false"`
	PolicyFile      string        `env:"SPILLWAY_POLICY_FILE"`
	MaxConnections  int           `env:"SPILLWAY_MAX_CONNECTIONS" envDefault:"20000"`
	MaxPatterns     int           `env:"SPILLWAY_MAX_PATTERNS" envDefault:"64"`
	ClientStreams   int           `env:"SPILLWAY_CLIENT_STREAMS" envDefault:"1000"`
	ClientRate      float64       `env:"SPILLWAY_CLIENT_STREAM_RATE" envDefault:"50"`
	ClientFilters   int           `env:"SPILLWAY_CLIENT_FILTER_COST" envDefault:"5000"`
	AddrConns       int           `env:"SPILLWAY_ADDRESS_CONNECTIONS" envDefault:"1000"`
	AddrStreams     int           `env:"SPILLWAY_ADDRESS_STREAMS" envDefault:"5000"`
	AddrRate        float64       `env:"SPILLWAY_ADDRESS_STREAM_RATE" envDefault:"500"`
	AddrFailures    float64       `env:"SPILLWAY_ADDRESS_FAILURE_RATE" envDefault:"10"`
	Reflection      bool          `env:"SPILLWAY_REFLECTION" envDefault:"false"`
	MetricsService  string        `env:"SPILLWAY_METRICS_SERVICE"`
	LogLevel        slog.Level    `env:"SPILLWAY_LOG_LEVEL" envDefault:"info"`
}

func (s *settings) eventLog() eventlog.Config {
	return eventlog.Config{URL: s.RedisURL, Name: s.LogName, Lanes: s.Lanes, Retention: s.Retention}
}

// limits are the limits of clients and addresses. 0 is none here, and the default there.
func (s *settings) limits() gateway.Limits {
	return gateway.Limits{
		Connections: orNone(s.MaxConnections), Patterns: orNone(s.MaxPatterns),
		ClientStreams: orNone(s.ClientStreams), ClientStreamRate: orNone(s.ClientRate), ClientFilterCost: orNone(s.ClientFilters),
		AddressConnections: orNone(s.AddrConns), AddressStreams: orNone(s.AddrStreams), AddressStreamRate: orNone(s.AddrRate),
		AddressFailures: orNone(s.AddrFailures),
	}
}

// linger is the hub's, which takes 0 for its default.
func (s *settings) linger() time.Duration {
	if s.Linger == 0 {
		return -1
	}
	return s.Linger
}

func orNone[T int | float64](v T) T {
	if v == 0 {
		return gateway.Unlimited
	}
	return v
}

func (s *settings) tlsFiles() gateway.TLSFiles {
	return gateway.TLSFiles{Cert: s.TLSCert, Key: s.TLSKey, ClientCA: s.TLSClientCA}
}

func (s *settings) tlsText() gateway.TLSText {
	return gateway.TLSText{Cert: s.TLSCertText, Key: s.TLSKeyText, ClientCA: s.TLSClientCAText}
}

// certificates are where TLS comes from.
func (s *settings) certificates() certificates {
	if s.tlsText() != (gateway.TLSText{}) {
		return s.tlsText()
	}
	return s.tlsFiles()
}

type certificates interface {
	Validate() error
	Credentials(*slog.Logger, *gateway.Metrics) (credentials.TransportCredentials, error)
}

// tlsVariable is the variable that a mistake of TLS is told of.
func (s *settings) tlsVariable() string {
	if s.tlsText() != (gateway.TLSText{}) && s.tlsFiles() == (gateway.TLSFiles{}) && !s.Plaintext {
		return "SPILLWAY_TLS_CERT"
	}
	return "SPILLWAY_TLS_CERT_FILE"
}

// checkTLS refuses plaintext that nobody asked for, as well as halves of TLS.
func (s *settings) checkTLS() error {
	files, text := s.tlsFiles() != (gateway.TLSFiles{}), s.tlsText() != (gateway.TLSText{})
	switch {
	case s.Plaintext && (files || text):
		return errors.New("is set beside SPILLWAY_PLAINTEXT=true: want one of them")
	case s.Plaintext:
		return nil
	case files && text:
		return errors.New("is set beside SPILLWAY_TLS_CERT: want files or texts")
	case !text && (s.TLSCert == "" || s.TLSKey == ""):
		return errors.New("and SPILLWAY_TLS_KEY_FILE are required, or SPILLWAY_PLAINTEXT=true where a balancer in front has TLS")
	}
	return s.certificates().Validate()
}

func (s *settings) tokens() authn.Config {
	return authn.Config{Issuer: s.Issuer, KeySetURL: s.KeySetURL, InsecureKeySet: s.InsecureKeySet, ResourceServers: s.ResourceServers}
}

// Validate implements config.Validator. Every variable is checked alone, so that
// what a package has to say is said of the right one.
func (s *settings) Validate() []config.Mistake {
	const redis, web = "redis://localhost", "https://localhost"
	logCheck := func(c eventlog.Config) error { return c.Validate() }
	tokenCheck := func(c authn.Config) error { _, err := authn.New(c); return err }
	checks := []struct {
		variable string
		err      error
	}{
		{"SPILLWAY_REDIS_URL", logCheck(eventlog.Config{URL: s.RedisURL})},
		{"SPILLWAY_ISSUER", tokenCheck(authn.Config{Issuer: s.Issuer, KeySetURL: web, ResourceServers: []string{"x"}})},
		{"SPILLWAY_JWKS_URL", tokenCheck(authn.Config{Issuer: "x" + s.Issuer, KeySetURL: s.jwksURL(), InsecureKeySet: s.InsecureKeySet, ResourceServers: []string{"x"}})},
		{"SPILLWAY_LOG_NAME", logCheck(eventlog.Config{URL: redis, Name: s.LogName})},
		{"SPILLWAY_LANES", within(s.Lanes, 1, eventlog.MaxLanes)},
		{"SPILLWAY_RETENTION", within(s.Retention, eventlog.MinRetention, eventlog.MaxRetention)},
		{"SPILLWAY_MAX_STREAMS", within(s.MaxStreams, 1, maxMaxStreams)},
		{"SPILLWAY_HEARTBEAT", within(s.Heartbeat, time.Second, maxHeartbeat)},
		{"SPILLWAY_DRAIN_WINDOW", within(s.DrainWindow, 0, maxDrainWindow)},
		{"SPILLWAY_STALL_TIMEOUT", within(s.StallTimeout, minStallTimeout, maxStallTimeout)},
		{"SPILLWAY_STREAM_AGE", within(s.StreamAge, minStreamAge, maxStreamAge)},
		{"SPILLWAY_LINGER", within(s.Linger, 0, maxLinger)},
		{"SPILLWAY_MAX_EVENT_BYTES", within(s.MaxEventBytes, minMaxEventBytes, maxMaxEventBytes)},
		{s.tlsVariable(), s.checkTLS()},
		{"SPILLWAY_MAX_CONNECTIONS", within(s.MaxConnections, 0, maxLimit)},
		{"SPILLWAY_MAX_PATTERNS", within(s.MaxPatterns, 0, maxLimit)},
		{"SPILLWAY_CLIENT_STREAMS", within(s.ClientStreams, 0, maxLimit)},
		{"SPILLWAY_CLIENT_STREAM_RATE", within(s.ClientRate, 0, maxLimit)},
		{"SPILLWAY_CLIENT_FILTER_COST", within(s.ClientFilters, 0, maxLimit)},
		{"SPILLWAY_ADDRESS_CONNECTIONS", within(s.AddrConns, 0, maxLimit)},
		{"SPILLWAY_ADDRESS_STREAMS", within(s.AddrStreams, 0, maxLimit)},
		{"SPILLWAY_ADDRESS_STREAM_RATE", within(s.AddrRate, 0, maxLimit)},
		{"SPILLWAY_ADDRESS_FAILURE_RATE", within(s.AddrFailures, 0, maxLimit)},
	}
	var mistakes []config.Mistake
	for _, c := range checks {
		if c.err != nil {
			mistakes = append(mistakes, config.Mistake{Variable: c.variable, Rule: c.err.Error()})
		}
	}
	return mistakes
}

// jwksURL is the key set URL in force. Without an issuer, which is told apart, it
// is one that is fine.
func (s *settings) jwksURL() string {
	switch {
	case s.KeySetURL != "":
		return s.KeySetURL
	case s.Issuer == "":
		return "https://localhost"
	}
	return s.Issuer + "/.well-known/jwks.json"
}

func within[T int | float64 | time.Duration](v, low, high T) error {
	if v < low || v > high {
		return fmt.Errorf("is %v: want %v to %v", v, low, high)
	}
	return nil
}
