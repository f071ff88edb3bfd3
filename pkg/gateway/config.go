package gateway

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/spillway/spillway/pkg/authn"
	"github.com/spillway/spillway/pkg/fanout"
)

const (
	// DefaultHeartbeatInterval is the longest silence of a stream: well below the
	// 350 s after which a network load balancer drops an idle flow.
	DefaultHeartbeatInterval = 30 * time.Second
	// MinHeartbeatInterval is the shortest one that a subscriber may wish for.
	MinHeartbeatInterval = time.Second
	// DefaultMaxBatchBytes is how many bytes of events a response holds before the
	// last entry: what a stream's default flow-control window of 64 KiB takes at once.
	DefaultMaxBatchBytes = 64 << 10
	// MaxBatchBytes is the most a subscriber may wish for; with the largest entry it
	// stays below the 4 MiB that gRPC clients accept without being told to.
	MaxBatchBytes = 1 << 20
	// DefaultMaxEventBytes is the largest event that is sent to who has no wish: with the
	// largest batch it stays below the 4 MiB that gRPC clients accept without being
	// told to. Kinesis takes records of more than 1 MiB only where it is told to.
	DefaultMaxEventBytes = 2 << 20
	// MinMaxEventBytes is the least a subscriber may wish for: what the smallest event
	// needs with its names.
	MinMaxEventBytes = 1 << 10
	// DefaultLargestEventBytes is the most a subscriber may wish for: what the largest
	// record of Kinesis (10 MiB) becomes.
	DefaultLargestEventBytes = 10<<20 + 64<<10
	// DefaultStallTimeout is how long a subscriber may take nothing: it holds a place, and
	// some 100 KB. It comes back to where it was, if it ever reads on.
	DefaultStallTimeout = 2 * time.Minute
	// DefaultStreamAge is when a stream is asked to come back, so that gateways which were
	// added get their share of the streams within the hour.
	DefaultStreamAge = 30 * time.Minute
	// MaxPatterns bounds the patterns of a subscription if nothing else is said: as many
	// as Cognito lets a client have scopes, and some.
	MaxPatterns = 64
	// DefaultMaxStreams bounds the streams of a gateway, at some 50 KB of memory each.
	DefaultMaxStreams = 10_000
	// DefaultDrainWindow spreads the reconnects of a stopping gateway's subscribers;
	// with DrainGrace it fits into the 120 s that Fargate gives.
	DefaultDrainWindow = time.Minute
	// DrainGrace is what is left for the last streams to end after the window.
	DrainGrace = 5 * time.Second

	// maxStreamsPerConnection bounds what one connection may open. Clients wait in
	// silence for a place beyond it, so it is more than one process has reason to.
	maxStreamsPerConnection = 1000
	// maxRequestBytes bounds a request: MaxPatterns patterns of full length and a
	// cursor of all lanes are about 24 KB.
	maxRequestBytes = 64 << 10
	// maxHeaderBytes bounds a request's headers: a token of 32 KB, and some.
	maxHeaderBytes = 48 << 10
	// connectTimeout bounds the HTTP/2 handshake.
	connectTimeout = 10 * time.Second
	// readBuffer is small because a subscriber sends next to nothing.
	readBuffer = 1 << 10
	// headerTable is what a connection keeps of headers to save repeating them: a stream
	// that lasts has no use for it, and the largest header is a token, which is not to stay
	// in memory.
	headerTable = 0
)

// Config is what a server is made of.
type Config struct {
	Hub      *fanout.Hub
	Verifier *authn.Verifier
	Logger   *slog.Logger
	Metrics  *Metrics

	Version           string        // told by GetAccess
	MaxStreams        int           // 0 means DefaultMaxStreams
	HeartbeatInterval time.Duration // 0 means DefaultHeartbeatInterval
	DrainWindow       time.Duration // 0 means none: all streams end at once
	StallTimeout      time.Duration // 0 means DefaultStallTimeout
	StreamAge         time.Duration // give or take a tenth; 0 means DefaultStreamAge
	MaxEventBytes     int           // the most a subscriber may wish for; 0 means DefaultLargestEventBytes
	Reflection        bool          // serve gRPC server reflection, to who has a token

	// Credentials are the security of the transport; nil means plaintext.
	Credentials credentials.TransportCredentials
	// ProxyProtocol says that every connection begins with a header of the PROXY protocol,
	// which tells the subscriber's address. Whoever reaches the port can then name any.
	ProxyProtocol bool
	// Limits are those of clients and addresses.
	Limits Limits
	// Policy is the operator's; nil lets everybody in whose token is valid.
	Policy Policy
	// Revocations tells of tokens that were taken back; nil means that none ever is.
	Revocations Revocations
}

func (c *Config) setDefaults() {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	orDefault(&c.MaxStreams, DefaultMaxStreams)
	orDefault(&c.HeartbeatInterval, DefaultHeartbeatInterval)
	orDefault(&c.StallTimeout, DefaultStallTimeout)
	orDefault(&c.StreamAge, DefaultStreamAge)
	orDefault(&c.MaxEventBytes, DefaultLargestEventBytes)
	if c.Policy == nil {
		c.Policy = everybody{}
	}
	if c.Credentials == nil {
		c.Credentials = insecure.NewCredentials()
	}
	c.Limits.setDefaults()
}

// Metrics counts what servers do.
type Metrics struct {
	streams, connections, certificate        prometheus.Gauge
	events, bytes, batches, gaps, heartbeats prometheus.Counter
	renewals, refusedConnections             prometheus.Counter
	refused                                  *prometheus.CounterVec // by code
	ended                                    *prometheus.CounterVec // by code
}

// NewMetrics makes the metrics and registers them with reg, if that is not nil.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "spillway_" + name + "_total", Help: help})
	}
	byCode := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "spillway_" + name + "_total", Help: help}, []string{"code"})
	}
	m := &Metrics{
		streams:            prometheus.NewGauge(prometheus.GaugeOpts{Name: "spillway_streams", Help: "Open subscriptions."}),
		connections:        prometheus.NewGauge(prometheus.GaugeOpts{Name: "spillway_connections", Help: "Open connections."}),
		certificate:        prometheus.NewGauge(prometheus.GaugeOpts{Name: "spillway_certificate_not_after_seconds", Help: "When the gateway's certificate ends, in Unix time; 0 without TLS."}),
		renewals:           counter("renewals", "Streams that live on by another token."),
		refusedConnections: counter("refused_connections", "Connections refused because there were too many."),
		events:             counter("delivered_events", "Events sent, counted for every subscriber."),
		bytes:              counter("delivered_bytes", "Bytes of events sent, counted for every subscriber."),
		batches:            counter("delivered_batches", "Responses with events sent."),
		gaps:               counter("gaps", "Gaps told to subscribers."),
		heartbeats:         counter("heartbeats", "Heartbeats sent."),
		refused:            byCode("unauthenticated_calls", "Calls refused before their handler, by code."),
		ended:              byCode("ended_streams", "Subscriptions that ended, by code."),
	}
	if reg != nil {
		reg.MustRegister(m.streams, m.events, m.bytes, m.batches, m.gaps, m.heartbeats, m.refused, m.ended,
			m.connections, m.renewals, m.refusedConnections, m.certificate)
	}
	return m
}
