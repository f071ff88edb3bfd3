package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/spillway/spillway/e2e/ground"
	"github.com/spillway/spillway/pkg/client"
)

const (
	// sleeperTopics spread over all lanes, and sleeperEvery is about as often as the
	// consumer is called for a busy stream.
	sleeperTopics = keys
	sleeperEvery  = 20 * time.Millisecond
	// warmBytes fill a ring of the gateway and some more: what it holds for everybody
	// is not to be taken for what it holds for sleepers.
	warmBytes = 8 << 20
	// warmTimeout bounds the wait for that.
	warmTimeout = 10 * time.Minute
	// calmShare is how many readers there are for one at the gateway without sleepers.
	calmShare = 10
)

// sleepers are the two subscribers that stop.
type sleepers struct {
	loop    *reader  // in its loop: flow control holds the gateway's sender
	gate    gate     // of the loop
	program *printed // by SIGSTOP
}

// sleeper lets two subscribers stop for a time while others read. Some read at a
// gateway of their own, where nobody sleeps: what they have to wait is the machine's
// doing.
func sleeper(ctx context.Context, g *ground.Ground, s settings) (*slept, error) {
	variables := []string{"SPILLWAY_STREAM_AGE=" + (2 * longest).String()} // the age of streams is no matter here
	if s.Stall > 0 {
		variables = append(variables, "SPILLWAY_STALL_TIMEOUT="+s.Stall.String())
	}
	gw, err := g.StartGateway(ctx, "gateway", variables...)
	if err != nil {
		return nil, err
	}
	calm, err := g.StartGateway(ctx, "gateway without sleepers", variables...)
	if err != nil {
		return nil, err
	}
	c := newCrowd(&feed{log: g.Log, rate: s.Rate, every: sleeperEvery, topics: sleeperTopics, size: s.Bytes})
	defer c.close()
	d := newSlept(s)
	if err := d.gather(g, c, gw, calm); err != nil {
		return nil, err
	}
	var two sleepers
	two.loop = newReader(c.clients[0], c.feed.topics, client.Subscription{}) // shares the connection of the first readers
	two.loop.hold = &two.gate
	c.readers = append(c.readers, two.loop)
	if two.program, err = subscribe(ctx, g, gw); err != nil {
		return nil, err
	}
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	d.memory = &watch{gw: gw}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var watched sync.WaitGroup
	watched.Go(func() { d.memory.run(watching) })
	err = d.phases(c, &two)
	stop()
	watched.Wait()
	if err != nil {
		return nil, err
	}
	return d, d.finish(g, c, &two)
}

// gather makes those who read.
func (d *slept) gather(g *ground.Ground, c *crowd, gw, calm *ground.Gateway) error {
	for _, part := range []struct {
		at    *ground.Gateway
		count int
		took  *latencies
	}{{gw, d.settings.Readers, d.took}, {calm, (d.settings.Readers + calmShare - 1) / calmShare, d.calm}} {
		var b balancer
		b.use(part.at)
		from := len(c.readers)
		if err := c.gather(g, part.count, &b); err != nil {
			return err
		}
		for _, r := range c.readers[from:] {
			r.record = &recorder{to: part.took}
		}
	}
	return nil
}

// phases lets time pass, and the two sleep through a part of it.
func (d *slept) phases(c *crowd, two *sleepers) error {
	warm, err := c.until(warmTimeout, func() bool { return c.feed.bytes.Load() >= warmBytes })
	if err != nil {
		return err
	}
	if !warm {
		return fmt.Errorf("the feed has not filled a ring within %s: raise its rate or size", warmTimeout)
	}
	if err := d.pass("before", c, d.settings.Calm); err != nil {
		return err
	}
	if err := two.program.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	two.gate.close()
	asleep := [2]int64{two.loop.received.Load(), two.program.received.Load()}
	bytes, events := c.feed.bytes.Load(), c.feed.appended.Load()
	err = d.pass("asleep", c, d.settings.Sleep)
	d.backlogBytes, d.backlogEvents = c.feed.bytes.Load()-bytes, c.feed.appended.Load()-events
	d.dreamt = [2]int64{two.loop.received.Load() - asleep[0], two.program.received.Load() - asleep[1]}
	two.gate.open()
	if err := errors.Join(err, two.program.Signal(syscall.SIGCONT)); err != nil {
		return err
	}
	if err := d.catchUp(c, two); err != nil {
		return err
	}
	return d.pass("after", c, d.settings.Calm)
}

// pass is a phase that lasts a given time.
func (d *slept) pass(name string, c *crowd, length time.Duration) error {
	from := time.Now()
	err := c.wait(length)
	d.spans = append(d.spans, span{name, from, time.Now()})
	return err
}

// catchUp is the phase in which the two get what they have missed. They have it when
// they are no more than half a second of the feed behind. It lasts long enough to
// have slices.
func (d *slept) catchUp(c *crowd, two *sleepers) error {
	from, least := time.Now(), 3*d.took.slice
	level := [2]*time.Duration{&d.levelLoop, &d.levelProgram}
	_, err := c.until(max(settleTimeout, d.settings.Sleep), func() bool {
		near := c.feed.appended.Load() - int64(d.settings.Rate)/2
		for i, received := range []int64{two.loop.received.Load(), two.program.received.Load()} {
			if *level[i] == 0 && received >= near {
				*level[i] = time.Since(from)
			}
		}
		return d.levelLoop > 0 && d.levelProgram > 0 && time.Since(from) > least
	})
	d.spans = append(d.spans, span{"catching up", from, time.Now()})
	return err
}

// finish ends everybody and counts what they have got.
func (d *slept) finish(g *ground.Ground, c *crowd, two *sleepers) error {
	if err := c.end(); err != nil {
		return err
	}
	total := c.feed.appended.Load()
	waitFor(settleTimeout, func() bool { return two.program.received.Load() >= total }) // what is missing then is lost
	if err := two.program.interrupt(); err != nil {
		return err
	}
	d.raced = g.Raced()
	d.events = int(total)
	for _, r := range c.readers {
		if r == two.loop {
			d.loop.add(&r.tally, d.events)
			d.loopPartings = r.partings
			d.repeated = r.stream.Repeated()
			continue
		}
		d.others.add(&r.tally, d.events)
		d.othersPartings += len(r.partings)
	}
	d.program.add(&two.program.tally, d.events)
	d.programPartings = two.program.partings()
	return nil
}
