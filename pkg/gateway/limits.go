package gateway

import (
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/pkg/filter"
)

// Unlimited is the limit that is none.
const Unlimited = -1

// The limits of one client id. All of a client's streams may come back at once, after a
// gateway was lost, so the rate counts only beyond as many as it may have.
const (
	// DefaultClientStreams is what one connection has room for.
	DefaultClientStreams = maxStreamsPerConnection
	// DefaultClientStreamRate is more than a working client opens, and few enough that
	// one that opens streams in a loop costs less than a hundredth of a core.
	DefaultClientStreamRate = 50
	// DefaultClientFilterCost lets a client have one of the costliest filters, which takes
	// some 0.3 ms of an event, or hundreds of usual ones.
	DefaultClientFilterCost = filter.MaxCost
)

// The limits of one address: more than those of a client, for a company's clients come
// from one. Where a load balancer hides the addresses, its own are all there are: see
// [Config.ProxyProtocol].
const (
	DefaultAddressStreams     = 5 * DefaultClientStreams
	DefaultAddressStreamRate  = 10 * DefaultClientStreamRate
	DefaultAddressConnections = 1000
	// DefaultAddressFailures is how many refused calls a second an address may make
	// before its tokens are not even verified, unless they are remembered. To verify one
	// costs some 30 us.
	DefaultAddressFailures = 10
)

const (
	// DefaultMaxConnections is twice the streams: one that moves has two for a moment.
	DefaultMaxConnections = 2 * DefaultMaxStreams
	// failureBurst is for how many seconds failures may come at once: all of a company's
	// clients, when their secret was changed.
	failureBurst = 10
	// maxIdleMeters bounds what is remembered of clients and addresses that have nothing
	// open, at some 200 bytes each.
	maxIdleMeters = 1 << 14
	// limitRetry is the hint of limits that only an end of something else mends.
	limitRetry = 5 * time.Second
)

// Limits bounds what a client id, an address, or all of them may take. 0 means the
// default, Unlimited none.
type Limits struct {
	Connections int // of all
	Patterns    int // of a subscription

	ClientStreams    int     // at a time
	ClientStreamRate float64 // new ones per second, beyond ClientStreams at once
	ClientFilterCost int     // of the distinct filters of its streams, per event

	AddressConnections int     // at a time
	AddressStreams     int     // at a time
	AddressStreamRate  float64 // new ones per second, beyond AddressStreams at once
	AddressFailures    float64 // refused calls per second
}

func (l *Limits) setDefaults() {
	orDefault(&l.Connections, DefaultMaxConnections)
	orDefault(&l.Patterns, MaxPatterns)
	orDefault(&l.ClientStreams, DefaultClientStreams)
	orDefault(&l.ClientStreamRate, DefaultClientStreamRate)
	orDefault(&l.ClientFilterCost, DefaultClientFilterCost)
	orDefault(&l.AddressConnections, DefaultAddressConnections)
	orDefault(&l.AddressStreams, DefaultAddressStreams)
	orDefault(&l.AddressStreamRate, DefaultAddressStreamRate)
	orDefault(&l.AddressFailures, DefaultAddressFailures)
}

func orDefault[T int | float64 | time.Duration](v *T, def T) {
	if *v == 0 {
		*v = def
	}
}

// client and address are the limits of a meter.
func (l *Limits) client() bounds {
	return bounds{who: "this client", streams: l.ClientStreams, rate: l.ClientStreamRate, cost: l.ClientFilterCost,
		connections: Unlimited, failures: Unlimited}
}

func (l *Limits) address() bounds {
	return bounds{who: "this address", streams: l.AddressStreams, rate: l.AddressStreamRate, cost: Unlimited,
		connections: l.AddressConnections, failures: l.AddressFailures}
}

// bounds are the limits of one client, or of one address.
type bounds struct {
	who                        string
	streams, connections, cost int
	rate, failures             float64
}

func (b *bounds) tooMany(what string, n int) error {
	return comeBack(codes.ResourceExhausted, fmt.Sprintf("%s has %d %s, as many as it may: end one, or try again", b.who, n, what), limitRetry)
}
