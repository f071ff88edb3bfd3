package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spillway/spillway/e2e/ground"
)

// bench is what all parts share.
type bench struct {
	settings
	dir      string          // to write to
	self     string          // this program
	programs ground.Programs // of the product
	report   *report
	scenes   int // so far
}

// scene is one arrangement of processes, of which all are new. Close it.
type scene struct {
	*ground.Ground
	bench   *bench
	workers int

	redis   []*ground.Process
	servers []*ground.Process // whose CPU is that of delivering
	targets []string          // their addresses
	load    *worker
	feed    *worker // may be one of the servers
	socket  string  // for the progress of the load
}

// newScene starts redis-server and an issuer.
func (b *bench) newScene(ctx context.Context) (*scene, error) {
	b.scenes++
	dir := filepath.Join(b.dir, strconv.Itoa(b.scenes))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	g, err := ground.New(ctx, dir, b.programs)
	if err != nil {
		return nil, err
	}
	return &scene{Ground: g, bench: b, redis: []*ground.Process{g.Redis}, socket: filepath.Join(dir, "progress")}, nil
}

// startWorker starts a role.
func (s *scene) startWorker(role string, conf any) (*worker, error) {
	s.workers++
	return startWorker(s.Ground, s.bench.self, role, s.workers, conf)
}

// unlimited are the variables that let everybody into a gateway, for as long as it takes.
func unlimited() [][2]string {
	return [][2]string{
		{"SPILLWAY_MAX_STREAMS", "100000"}, {"SPILLWAY_MAX_CONNECTIONS", "0"}, {"SPILLWAY_CLIENT_STREAMS", "0"},
		{"SPILLWAY_CLIENT_STREAM_RATE", "0"}, {"SPILLWAY_ADDRESS_CONNECTIONS", "0"}, {"SPILLWAY_ADDRESS_STREAMS", "0"},
		{"SPILLWAY_ADDRESS_STREAM_RATE", "0"}, {"SPILLWAY_STREAM_AGE", "168h"}, {"SPILLWAY_DRAIN_WINDOW", "0s"},
	}
}

// startOurs starts a gateway, with further variables.
func (s *scene) startOurs(ctx context.Context, variables ...string) error {
	for _, v := range unlimited() {
		variables = append(variables, v[0]+"="+v[1])
	}
	gw, err := s.StartGateway(ctx, fmt.Sprintf("gateway-%d", len(s.servers)+1), variables...)
	if err != nil {
		return err
	}
	s.servers, s.targets = append(s.servers, gw.Process), append(s.targets, gw.Addr)
	return nil
}

// startFeed starts what appends to the log.
func (s *scene) startFeed(topics int) (err error) {
	s.feed, err = s.startWorker("feed", feedConfig{URL: s.RedisURL, Topics: topics, Bytes: s.bench.Bytes, Progress: s.socket})
	return err
}

// startServer starts one of the baselines and waits until it serves.
func (s *scene) startServer(ctx context.Context, role string, topics int) (*worker, error) {
	addr, err := s.Ports.Address(ctx)
	if err != nil {
		return nil, err
	}
	w, err := s.startWorker(role, serverConfig{Addr: addr, URL: s.RedisURL, Topics: topics, Bytes: s.bench.Bytes, Progress: s.socket})
	if err != nil {
		return nil, err
	}
	s.servers, s.targets = append(s.servers, w.Process), append(s.targets, addr)
	return w, w.ask(ctx, "mark", nil, nil) // answers once it serves
}

// subscribe starts subscribers of everything, each a customer of its own as far as there
// are so many, and waits until they are live. change may make others of them.
func (s *scene) subscribe(ctx context.Context, count int, change func(*loadConfig)) (*worker, error) {
	c := loadConfig{Subscribers: count, Targets: s.targets, Patterns: []string{ground.Everything}, Ordered: true}
	for i := range min(count, maxTokens) {
		token, err := s.Issuer.Token(i)
		if err != nil {
			return nil, err
		}
		c.Tokens = append(c.Tokens, token)
	}
	if change != nil {
		change(&c)
	}
	w, err := s.startWorker("load", c)
	if err != nil {
		return nil, err
	}
	return w, w.ask(ctx, "open", nil, nil)
}

// maxTokens is how many tokens are made for a load: to sign one takes a millisecond.
const maxTokens = 1000

// close ends the scene. An error is told with what the processes had to say.
func (s *scene) close(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w\n%s", err, s.Logs())
	}
	s.Close()
	return errors.Join(err, os.RemoveAll(s.Dir))
}

// figures are what was measured in a window.
type figures struct {
	Seconds        float64
	Deliveries     float64 // events, over all subscribers
	Messages       float64
	Appended       float64 // events, if a feeder tells
	CPU            float64 // of the servers, in seconds
	RedisCPU       float64
	P50, P99, P999 float64 // ms
}

func (f figures) rate() float64 { return ratio(f.Deliveries, f.Seconds) }

// cpu is what a delivery takes of the servers' CPU, in microseconds.
func (f figures) cpu() float64 { return ratio(f.CPU*1e6, f.Deliveries) }

// look is the state at an end of a window.
type look struct {
	marked
	fed            int64
	servers, redis float64
}

func (s *scene) look(ctx context.Context) (look, error) {
	var l look
	var fed fedSoFar
	err := s.load.ask(ctx, "mark", nil, &l.marked)
	if err == nil && s.feed != nil {
		err = s.feed.ask(ctx, "mark", nil, &fed)
	}
	if err != nil {
		return l, err
	}
	l.fed = fed.Events
	var err1, err2 error
	l.servers, err1 = cpuOf(s.servers...)
	l.redis, err2 = cpuOf(s.redis...)
	if l.Failed > 0 {
		return l, fmt.Errorf("%d of the subscribers have ended: %s", l.Failed, l.Why)
	}
	return l, errors.Join(err1, err2)
}

// measure lets a time pass and measures during another one.
func (s *scene) measure(ctx context.Context, warm, window time.Duration) (figures, error) {
	if err := sleep(ctx, warm); err != nil {
		return figures{}, err
	}
	from, err := s.look(ctx)
	if err != nil {
		return figures{}, err
	}
	if err := sleep(ctx, window); err != nil {
		return figures{}, err
	}
	to, err := s.look(ctx)
	if err != nil {
		return figures{}, err
	}
	f := figures{
		Seconds: float64(to.At-from.At) / 1e9, Deliveries: float64(to.Events - from.Events), Messages: float64(to.Messages - from.Messages),
		Appended: float64(to.fed - from.fed), CPU: to.servers - from.servers, RedisCPU: to.redis - from.redis,
		P50: millis(to.P50), P99: millis(to.P99), P999: millis(to.P999),
	}
	if err := to.check(); err != nil {
		return f, err
	}
	if f.Deliveries == 0 {
		return f, errors.New("nothing was delivered in the window")
	}
	return f, nil
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
