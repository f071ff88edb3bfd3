package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// fault is one fault of a schedule. Which fields mean something depends on its kind.
type fault struct {
	Kind kind
	// At is how many records Kinesis has acknowledged when it begins.
	At int
	// Hold is how long it lasts.
	Hold time.Duration
	// Target is a gateway, a subscriber or a link, by number.
	Target int
	// Up and Down are the ways of a link.
	Up, Down bool
	// Lag is how long before a rollback the state is from that Redis comes back with, or
	// how long a slow link holds bytes back.
	Lag    time.Duration
	Jitter time.Duration
	// Rate is that of a narrow link, in KB/s; Size that of slices, in bytes.
	Rate, Size int
	// Other chooses between two forms: a merge and not a split, SIGSEGV and not SIGABRT.
	Other bool
}

// plan is what a schedule is made for.
type plan struct {
	seed        uint64
	records     int
	faults      int
	kinds       []kind
	gateways    int
	subscribers int
}

// Faults come while these parts of the records are put: before, subscribers have
// something to go on from; after, there is something to miss.
const firstPart, lastPart = 0.05, 0.95

// schedule makes the faults of a seed, in their order. The same plan gives the same
// schedule, and every kind comes at least once if there are as many faults as kinds.
func schedule(p plan) []fault {
	r := rand.New(rand.NewPCG(p.seed, uint64(len("schedule"))))
	kinds := draw(r, p)
	faults := make([]fault, len(kinds))
	part := (lastPart - firstPart) / float64(max(len(kinds), 1))
	for i, k := range kinds {
		faults[i] = parameters(r, k, p)
		faults[i].At = int(float64(p.records) * (firstPart + part*(float64(i)+r.Float64())))
	}
	return faults
}

// draw chooses the kinds.
func draw(r *rand.Rand, p plan) []kind {
	kinds := slices.Clone(p.kinds)
	shuffle(r, kinds)
	kinds = kinds[:min(len(kinds), p.faults)]
	var urn []kind
	for _, k := range p.kinds {
		for range k.weight() {
			urn = append(urn, k)
		}
	}
	for len(kinds) < p.faults {
		kinds = append(kinds, urn[r.IntN(len(urn))])
	}
	shuffle(r, kinds)
	return kinds
}

func shuffle(r *rand.Rand, kinds []kind) {
	r.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
}

// parameters draws all that any kind needs, so that a seed gives the same values
// whatever the kinds are.
func parameters(r *rand.Rand, k kind, p plan) fault {
	f := fault{
		Kind: k, Hold: between(r, 200*time.Millisecond, 4*time.Second), Lag: between(r, 100*time.Millisecond, time.Second),
		Jitter: between(r, 0, 100*time.Millisecond), Rate: 20 + r.IntN(180), Size: 64 + r.IntN(1000), Other: r.IntN(2) == 1,
	}
	target, ways := r.Uint32(), r.IntN(3)
	f.Up, f.Down = ways != 1, ways != 2
	switch k {
	case gatewayKilled:
		f.Target = int(target) % p.gateways
	case subscriberStopped:
		f.Target = int(target) % p.subscribers
		f.Hold *= 3
	case tokensExpired:
		f.Hold += shortLife // so that some expire
	case linkCut, linkNarrow, linkReset, linkSilent, linkSliced, linkSlow:
		f.Target = int(target) % links(p.gateways)
	}
	return f
}

// links is the number of links: the consumer's, and two of each gateway.
func links(gateways int) int { return 1 + 2*gateways }

func between(r *rand.Rand, low, high time.Duration) time.Duration {
	return (low + time.Duration(r.Int64N(int64(high-low)))).Round(time.Millisecond)
}

// String says what the fault does, in one line.
func (f fault) String() string {
	switch f.Kind {
	case gatewayKilled:
		return fmt.Sprintf("%s: gateway %d, back after %s", f.Kind, f.Target, f.Hold)
	case redisKilled, redisLost:
		return fmt.Sprintf("%s: back after %s", f.Kind, f.Hold)
	case redisRolledBack:
		return fmt.Sprintf("%s: to %s before, back after %s", f.Kind, f.Lag, f.Hold)
	case redisPaused, redisFull, tokensExpired:
		return fmt.Sprintf("%s: for %s", f.Kind, f.Hold)
	case subscriberStopped:
		return fmt.Sprintf("%s: subscriber %d, for %s", f.Kind, f.Target, f.Hold)
	case linkCut:
		return fmt.Sprintf("%s: link %d, for %s", f.Kind, f.Target, f.Hold)
	case linkSlow:
		return fmt.Sprintf("%s: link %d, %s, %s late and up to %s more, for %s", f.Kind, f.Target, f.way(), f.Lag, f.Jitter, f.Hold)
	case linkNarrow:
		return fmt.Sprintf("%s: link %d, %s, %d KB/s, for %s", f.Kind, f.Target, f.way(), f.Rate, f.Hold)
	case linkSliced:
		return fmt.Sprintf("%s: link %d, %s, about %d bytes at a time, for %s", f.Kind, f.Target, f.way(), f.Size, f.Hold)
	case linkSilent, linkReset:
		return fmt.Sprintf("%s: link %d, %s, for %s", f.Kind, f.Target, f.way(), f.Hold)
	case consumerCrashed:
		return fmt.Sprintf("%s: by %s", f.Kind, map[bool]string{false: "SIGABRT", true: "SIGSEGV"}[f.Other])
	case streamResharded:
		return fmt.Sprintf("%s: %s", f.Kind, map[bool]string{false: "a shard split, or two merged if there are many", true: "two shards merged, or one split if there are few"}[f.Other])
	}
	return string(f.Kind)
}

// way says which way of a link is concerned.
func (f fault) way() string {
	switch {
	case f.Up && f.Down:
		return "both ways"
	case f.Up:
		return "there"
	}
	return "back"
}
