package main

import (
	"context"
	"errors"
	"time"

	"github.com/spillway/spillway/e2e/ground"
	"github.com/spillway/spillway/pkg/client"
)

const (
	// leastDown and mostDown bound an outage: tokens have to end within it, and the log has
	// to hold it, for who comes back and for who comes late.
	leastDown, mostDown = 10 * time.Second, 50 * time.Minute
	// spare is what tokens that are to last live longer than the outage, at least.
	spare = 30 * time.Second
	// lateAt is when in the outage new subscribers come.
	lateAt = 0.8
	// outageReturn bounds the return of those whose tokens have ended: the SDK asks the
	// issuer again after half a minute at most.
	outageReturn = time.Minute

	outageRate   = 10
	outageEvery  = 500 * time.Millisecond
	outageTopics = 4
	outageBytes  = 100
)

// outage stops the issuer while subscribers of three kinds are served: some whose tokens
// last, some whose tokens end meanwhile, and some who come meanwhile with a token that
// they have from before.
func outage(ctx context.Context, g *ground.Ground, s settings) (*outlived, error) {
	tls, ca, err := g.Secure()
	if err != nil {
		return nil, err
	}
	gw, err := g.StartGateway(ctx, "gateway", append(tls, "SPILLWAY_STREAM_AGE="+(2*longest).String())...) // the age of streams is no matter here
	if err != nil {
		return nil, err
	}
	var b balancer
	b.use(gw)
	c := newCrowd(&feed{log: g.Log, rate: outageRate, every: outageEvery, topics: outageTopics, size: outageBytes})
	defer c.close()
	c.ca = ca
	d := &outlived{down: s.Down}
	if err := d.gather(g, c, &b, s.Holders); err != nil {
		return nil, err
	}
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	late, err := c.fetch(ctx, g, &b, s.Holders)
	if err != nil {
		return nil, err
	}
	if err := d.endure(ctx, g, c, late); err != nil {
		return nil, err
	}
	if err := errors.Join(c.wait(afterglow), c.end()); err != nil {
		return nil, err
	}
	d.finish(g, c)
	return d, nil
}

// outlived is what the drill issuer has found.
type outlived struct {
	down, lastingLife, endingLife time.Duration // the outage, and the lives of tokens
	from, to                      time.Time     // of the outage
	events                        int
	lasting, ending, late         []*reader // by kind
	ends                          map[*reader]time.Time
	joined                        []time.Duration // how long late ones took to be live
	back                          bool            // those whose tokens ended are
	got                           map[string]*sum // by kind
	raced                         error
}

// gather adds those who are there when the issuer stops.
func (d *outlived) gather(g *ground.Ground, c *crowd, b *balancer, count int) error {
	c.perClient = 1
	d.lastingLife = (d.down + max(d.down/2, spare)).Truncate(time.Second)
	d.endingLife = (d.down / 2).Truncate(time.Second)
	c.life = d.lastingLife
	if err := c.gather(g, count, b); err != nil {
		return err
	}
	c.life = d.endingLife
	if err := c.gather(g, count, b); err != nil {
		return err
	}
	d.lasting, d.ending = c.readers[:count:count], c.readers[count:]
	return nil
}

// fetch returns readers who have got their tokens already, and nothing else.
func (c *crowd) fetch(ctx context.Context, g *ground.Ground, b *balancer, count int) ([]*reader, error) {
	var readers []*reader
	for range count {
		who := g.Issuer.Customer(ground.TokenLife)
		token, err := who.Fetch(ctx)
		if err != nil {
			return nil, err
		}
		one, err := c.newAccount(b, client.Credentials{Token: token.AccessToken})
		if err != nil {
			return nil, err
		}
		c.clients = append(c.clients, one)
		readers = append(readers, newReader(one, c.feed.topics, client.Subscription{Start: client.Earliest()})) // they are owed all that the others got
	}
	return readers, nil
}

// endure is the outage, with what comes of it.
func (d *outlived) endure(ctx context.Context, g *ground.Ground, c *crowd, late []*reader) error {
	d.ends = map[*reader]time.Time{}
	for _, r := range d.ending {
		d.ends[r] = g.Issuer.Until(r.id)
	}
	g.Issuer.Stop()
	d.from = time.Now()
	if err := c.wait(time.Duration(lateAt * float64(d.down))); err != nil {
		return err
	}
	d.late = late
	for _, r := range late {
		begin := time.Now()
		c.readers = append(c.readers, r)
		c.launch(r)
		live, err := c.until(ground.StartTimeout, func() bool { return r.lives.Load() > 0 })
		if err != nil {
			return err
		}
		if live {
			d.joined = append(d.joined, time.Since(begin))
		}
	}
	if err := c.wait(d.down - time.Since(d.from)); err != nil {
		return err
	}
	if err := g.Issuer.Serve(ctx); err != nil {
		return err
	}
	d.to = time.Now()
	var err error
	d.back, err = c.until(outageReturn, func() bool {
		for _, r := range d.ending {
			if r.lives.Load() < 2 {
				return false
			}
		}
		return true
	})
	return err
}

// finish counts what everybody has got.
func (d *outlived) finish(g *ground.Ground, c *crowd) {
	d.raced = g.Raced()
	d.events = int(c.feed.appended.Load())
	d.got = map[string]*sum{}
	for kind, readers := range d.kinds() {
		d.got[kind] = &sum{}
		for _, r := range readers {
			d.got[kind].add(&r.tally, d.events)
		}
	}
}

// The kinds of subscribers.
const (
	kindLasting = "whose tokens lasted"
	kindEnding  = "whose tokens ended"
	kindLate    = "who came meanwhile"
)

func (d *outlived) kinds() map[string][]*reader {
	return map[string][]*reader{kindLasting: d.lasting, kindEnding: d.ending, kindLate: d.late}
}
