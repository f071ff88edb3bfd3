package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spillway/spillway/e2e/ground"
)

const (
	// restartAbreast is how many clients may be about to subscribe at first: the storm to
	// look at is the other one.
	restartAbreast = 50
	// restartCalm is how long all are live before the gateway is killed.
	restartCalm = 5 * time.Second
	// restartLimit bounds the return of everybody.
	restartLimit = 5 * time.Minute
	// An append comes so rarely, for each client that there is, and with one topic, that it
	// makes a thousand responses a second of all clients: they share the machine with the
	// gateway, and the storm is to be what it has to do.
	restartEvery      = time.Millisecond
	leastRestartEvery = 100 * time.Millisecond
	restartTopics     = 1
	restartBytes      = 100
	// restartWindow is for the events of some responses. What the SDK remembers by default
	// would be gigabytes.
	restartWindow = 500
	// filesPerClient is what a client takes in each of the two programs: a connection, and
	// another one for a moment when it comes back.
	filesPerClient = 2
	// filesBeside are for everything else.
	filesBeside = 1000
)

// restart kills a gateway under many clients and starts it again at once.
func restart(ctx context.Context, g *ground.Ground, s settings) (*restarted, error) {
	if err := allowFiles(uint64(filesPerClient*s.Clients + filesBeside)); err != nil {
		return nil, err
	}
	tls, ca, err := g.Secure()
	if err != nil {
		return nil, err
	}
	addr, err := g.Ports.Address(ctx)
	if err != nil {
		return nil, err
	}
	variables := slices.Concat(tls, roomFor(s.Clients, addr))
	gw, err := g.StartGateway(ctx, "gateway", variables...)
	if err != nil {
		return nil, err
	}
	var b balancer
	b.use(gw)
	c := newCrowd(&feed{log: g.Log, rate: s.StormRate, every: max(leastRestartEvery, time.Duration(s.Clients)*restartEvery), topics: restartTopics, size: restartBytes})
	defer c.close()
	c.perClient, c.window, c.abreast, c.ca = 1, restartWindow, restartAbreast, ca
	if err := c.gather(g, s.Clients, &b); err != nil {
		return nil, err
	}
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	if err := c.wait(restartCalm); err != nil {
		return nil, err
	}
	d := &restarted{clients: s.Clients}
	if err := d.storm(ctx, g, c, gw, variables); err != nil {
		return nil, err
	}
	if err := errors.Join(c.wait(afterglow), c.end()); err != nil {
		return nil, err
	}
	d.raced = g.Raced()
	d.events = int(c.feed.appended.Load())
	for _, r := range c.readers {
		d.got.add(&r.tally, d.events)
		d.count(r)
	}
	return d, nil
}

// roomFor are the variables of a gateway that listens at an address and takes so many
// clients.
func roomFor(clients int, listen string) []string {
	return []string{
		"SPILLWAY_LISTEN=" + listen,
		"SPILLWAY_MAX_STREAMS=" + strconv.Itoa(clients), "SPILLWAY_MAX_CONNECTIONS=" + strconv.Itoa(filesPerClient*clients),
		// All of the clients have this machine's address, which is what the limits of an
		// address are against. Their limits are those that a gateway has behind a balancer
		// that hides the addresses: none but those of all. With the defaults, an address has
		// 1,000 connections, and 4,000 of 5,000 clients would stay outside.
		"SPILLWAY_ADDRESS_CONNECTIONS=0", "SPILLWAY_ADDRESS_STREAMS=0", "SPILLWAY_ADDRESS_STREAM_RATE=0",
	}
}

// storm kills the gateway, starts it again where it was, and waits for everybody.
func (d *restarted) storm(ctx context.Context, g *ground.Ground, c *crowd, old *ground.Gateway, variables []string) error {
	tokens := g.Issuer.Requests()
	d.killed = time.Now()
	if err := old.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-old.Done()
	d.gone = time.Now()
	gw, err := g.StartGateway(ctx, "gateway again", variables...)
	if err != nil {
		return err
	}
	d.serving, d.ready = gw.Serving, time.Now()
	if d.all, err = c.until(restartLimit, func() bool {
		for _, r := range c.readers {
			if r.lives.Load() < 2 {
				return false
			}
		}
		return true
	}); err != nil {
		return err
	}
	d.level = time.Now()
	d.tokens = g.Issuer.Requests() - tokens
	var values map[string]float64
	if !waitFor(restartLimit, func() bool { values, err = metrics(ctx, gw); return err == nil }) {
		return err
	}
	d.cpu, d.memory = values[metricCPU], values[metricRSS]
	for name, value := range values {
		if name == metricRefused || strings.HasPrefix(name, metricUnauthenticated) {
			d.turnedAway += int(value)
		}
	}
	return nil
}

// restarted is what the drill restart has found.
type restarted struct {
	clients, events              int
	killed, gone, serving, ready time.Time // the old gateway, and the new one
	level                        time.Time // when all were live again, or the wait was over
	all                          bool      // they were
	tokens                       int64     // asked of the issuer meanwhile
	turnedAway                   int       // connections and calls that the gateway has refused, as it says
	cpu, memory                  float64   // of the new gateway then, in seconds and bytes
	raced                        error

	got      sum
	repeated int64 // events that came again, which the SDK has dropped
	returns  []time.Duration
	tries    []int              // of each client, until it was back
	partings map[codes.Code]int // by what a client was told: of the stream it had, and of each try that failed
}

// count counts a reader that has ended.
func (d *restarted) count(r *reader) {
	if d.partings == nil {
		d.partings = map[codes.Code]int{}
	}
	d.repeated += r.stream.Repeated()
	for _, p := range r.partings {
		d.partings[p.why]++
	}
	d.tries = append(d.tries, len(r.partings))
	if last := r.arrivals[len(r.arrivals)-1]; last.After(d.killed) {
		d.returns = append(d.returns, last.Sub(d.killed))
	}
}

// check implements result.
func (d *restarted) check() error {
	errs := []error{d.got.check(), d.raced}
	if !d.all || len(d.returns) != d.clients {
		errs = append(errs, fmt.Errorf("%d of %d clients were live again within %s", len(d.returns), d.clients, restartLimit))
	}
	for code, n := range d.partings {
		if code != codes.Unavailable {
			errs = append(errs, fmt.Errorf("%d times a client was told %s, want nothing but that the gateway is away", n, code))
		}
	}
	if d.turnedAway != 0 {
		errs = append(errs, fmt.Errorf("the gateway has turned away %d connections and calls, want 0: all were entitled", d.turnedAway))
	}
	if d.tokens != 0 {
		errs = append(errs, fmt.Errorf("%d tokens were asked of the issuer, want 0: all had good ones", d.tokens))
	}
	return errors.Join(errs...)
}
