package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spillway/spillway/e2e/ground"
	"github.com/spillway/spillway/pkg/client"
)

const (
	// streamsPerClient is how many subscribers share a connection.
	streamsPerClient = 10
	// settleTimeout bounds the wait for what is on its way when the feed ends.
	settleTimeout = time.Minute
	// startShare is what one of many subscribers may add to the time that all need.
	startShare = 20 * time.Millisecond
)

// crowd is many subscribers, and the feed that they read.
type crowd struct {
	perClient int           // subscribers to a client, which is a customer and a connection
	life      time.Duration // of the tokens of customers that are gathered
	window    int           // of their ids; 0: the SDK's default
	abreast   int           // subscribers that may be about to subscribe at a time, at first
	ca        string        // the file of who has vouched for the gateways; empty: they do without TLS

	clients []account
	readers []*reader
	feed    *feed

	group   *errgroup.Group
	launch  func(*reader)      // starts a reader
	stop    context.CancelFunc // ends the readers
	dry     context.CancelFunc // ends the feed
	stopped chan error         // why the feed ended
	given   func() error       // why the drill is to end, if it is
	failed  <-chan struct{}    // closed then, and once a reader or the feed has failed
}

// newCrowd returns one without readers. Close it.
func newCrowd(f *feed) *crowd {
	return &crowd{perClient: streamsPerClient, life: ground.TokenLife, abreast: maxStreams, feed: f, stopped: make(chan error, 1)}
}

// gather adds so many readers, at gateways that b chooses.
func (c *crowd) gather(g *ground.Ground, count int, b *balancer) error {
	for i := range count {
		if i%c.perClient == 0 {
			one, err := c.newAccount(b, g.Issuer.Customer(c.life))
			if err != nil {
				return err
			}
			c.clients = append(c.clients, one)
		}
		c.readers = append(c.readers, newReader(c.clients[len(c.clients)-1], c.feed.topics, client.Subscription{DedupWindow: c.window}))
	}
	return nil
}

// account is the client of a customer.
type account struct {
	*client.Client
	id string
}

// newAccount returns the client of a customer at gateways that b chooses.
func (c *crowd) newAccount(b *balancer, who client.Credentials) (account, error) {
	cfg := client.Config{Endpoint: "gateways.invalid:443", Plaintext: true, Dial: b.dial, Credentials: who}
	if c.ca != "" {
		cfg.Endpoint, cfg.Plaintext, cfg.CAFile = "localhost:443", false, c.ca
	}
	one, err := client.New(cfg)
	return account{one, who.ClientID}, err
}

// begin starts all readers, waits until they are live, and only then starts the
// feed, so that everything in it is for all of them.
func (c *crowd) begin(ctx context.Context) error {
	reading, stop := context.WithCancel(ctx)
	feeding, dry := context.WithCancel(ctx)
	c.given, c.stop, c.dry = ctx.Err, stop, dry
	group, failed := errgroup.WithContext(reading)
	c.group, c.failed = group, failed.Done()
	c.launch = func(r *reader) { c.group.Go(func() error { return r.run(reading) }) }
	if err := c.start(); err != nil {
		return err
	}
	c.group.Go(func() error {
		err := c.feed.run(feeding)
		c.stopped <- err
		return err
	})
	return nil
}

// start starts the readers, and waits until all are live.
func (c *crowd) start() error {
	limit := ground.StartTimeout + time.Duration(len(c.readers))*startShare
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	for next := range len(c.readers) + c.abreast {
		if next < len(c.readers) {
			c.launch(c.readers[next])
		}
		if i := next - c.abreast; i >= 0 && i < len(c.readers) {
			select {
			case <-c.readers[i].live:
			case <-c.failed:
				return c.why()
			case <-timeout.C:
				return fmt.Errorf("only %d of %d subscriptions are live within %s", i, len(c.readers), limit)
			}
		}
	}
	return nil
}

// why returns what has gone wrong.
func (c *crowd) why() error {
	if err := c.given(); err != nil {
		return err
	}
	c.stop()
	c.dry()
	return errors.Join(errors.New("a subscriber or the feed gave up"), c.group.Wait())
}

// wait lets some time pass.
func (c *crowd) wait(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.failed:
		return c.why()
	}
}

// until waits until ok, and returns whether that came within a time.
func (c *crowd) until(limit time.Duration, ok func() bool) (bool, error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(limit)
	for !ok() && time.Now().Before(deadline) {
		select {
		case <-tick.C:
		case <-c.failed:
			return false, c.why()
		}
	}
	return ok(), nil
}

// waitFor waits until ok, for a time at most, and returns whether it came.
func waitFor(limit time.Duration, ok func() bool) bool {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); !ok() && time.Now().Before(deadline); {
		<-tick.C
	}
	return ok()
}

// end stops the feed, waits until everything has come that is still to come, and ends
// the readers.
func (c *crowd) end() error {
	c.dry()
	if err := <-c.stopped; err != nil {
		return c.why()
	}
	total := c.feed.appended.Load()
	_, err := c.until(settleTimeout, func() bool { // what has not come by then is lost
		for _, r := range c.readers {
			if r.received.Load() < total {
				return false
			}
		}
		return true
	})
	if err != nil {
		return err
	}
	c.stop()
	return c.group.Wait()
}

// close ends everything, whatever its state.
func (c *crowd) close() {
	if c.group != nil {
		c.stop()
		c.dry()
		_ = c.group.Wait() // was told by who found it
	}
	for _, one := range c.clients {
		_ = one.Close() // returns nil
	}
}
