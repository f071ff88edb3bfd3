package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spillway/spillway/e2e/harness"
)

const (
	// overlap is how many faults there may be at a time: more than one, as in life, and
	// few enough for something to work in between.
	overlap = 3
	// conductorPoll is how often the number of records is looked at.
	conductorPoll = 10 * time.Millisecond
)

// conductor carries a schedule out.
type conductor struct {
	system      *harness.System
	subscribers []*subscriber
	links       []*harness.Link
	records     func() int // acknowledged
	say         func(format string, args ...any)

	// Faults that need the same thing wait for each other.
	redis, tokens, stream, functions sync.Mutex
	gateways                         []sync.Mutex
	linkLocks                        []sync.Mutex

	mu     sync.Mutex // guards losses
	losses []time.Time
}

// newConductor returns a conductor for a system; nil for a stack that somebody else hurts.
func newConductor(sys *harness.System, subs []*subscriber, records func() int, say func(string, ...any)) *conductor {
	c := &conductor{system: sys, subscribers: subs, records: records, say: say}
	if sys == nil {
		return c
	}
	c.links, c.gateways = []*harness.Link{sys.ConsumerLink}, make([]sync.Mutex, len(sys.Gateways))
	for _, g := range sys.Gateways {
		c.links = append(c.links, g.RedisLink, g.ClientLink)
	}
	c.linkLocks = make([]sync.Mutex, len(c.links))
	return c
}

// run carries the faults out, each once there are as many records as it says, and
// returns when the last one is over. An error is one of the bench.
func (c *conductor) run(ctx context.Context, faults []fault) error {
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(overlap)
	for i, f := range faults {
		if c.await(inner, f.At) != nil {
			break // the group knows why, or the caller does
		}
		g.Go(func() error {
			if err := c.carryOut(inner, i+1, f); err != nil {
				return fmt.Errorf("fault %d, %s: %w", i+1, f, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

func (c *conductor) await(ctx context.Context, records int) error {
	for c.records() < records {
		if err := sleep(ctx, conductorPoll); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// carryOut tells of a fault and does it.
func (c *conductor) carryOut(ctx context.Context, n int, f fault) error {
	run, lock := c.deed(f)
	for _, l := range lock {
		l.Lock()
		defer l.Unlock()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.say("fault %d at record %d: %s", n, c.records(), c.named(f))
	return run(ctx, f)
}

// named is the fault with the name of its link.
func (c *conductor) named(f fault) string {
	switch f.Kind {
	case linkCut, linkNarrow, linkReset, linkSilent, linkSliced, linkSlow:
		return fmt.Sprintf("%s (%s)", f, c.links[f.Target].Name())
	case subscriberStopped:
		return fmt.Sprintf("%s (%s)", f, c.subscribers[f.Target].role.name)
	}
	return f.String()
}

type deed func(ctx context.Context, f fault) error

// deed returns what does a fault, and what nobody else may touch meanwhile. Locks are
// taken in this order: redis, links, the others, which nobody takes together.
func (c *conductor) deed(f fault) (deed, []*sync.Mutex) {
	redis := []*sync.Mutex{&c.redis}
	switch f.Kind {
	case consumerCrashed:
		return c.crashConsumer, []*sync.Mutex{&c.functions}
	case consumerKilled:
		return c.killConsumer, []*sync.Mutex{&c.redis, &c.linkLocks[0]}
	case gatewayKilled:
		return c.killGateway, []*sync.Mutex{&c.gateways[f.Target]}
	case gatewaysRolled:
		return c.rollGateways, nil
	case redisFull:
		return c.fillRedis, redis
	case redisKilled:
		return c.killRedis, redis
	case redisLost:
		return c.loseRedis, redis
	case redisPaused:
		return c.pauseRedis, redis
	case redisRolledBack:
		return c.rollBackRedis, redis
	case streamResharded:
		return c.reshard, []*sync.Mutex{&c.stream}
	case subscriberStopped:
		return c.stopSubscriber, nil
	case tokensExpired:
		return c.expireTokens, []*sync.Mutex{&c.tokens}
	}
	return c.link, []*sync.Mutex{&c.linkLocks[f.Target]}
}

// lost notes that the log has lost data by now.
func (c *conductor) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.losses = append(c.losses, time.Now())
}
