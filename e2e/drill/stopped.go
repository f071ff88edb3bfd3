package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spillway/spillway/e2e/ground"
)

// stopGrace is what the program spillway gets to end when it is interrupted.
const stopGrace = 20 * time.Second

// printed is the program spillway, subscribed to everything, and what it prints.
type printed struct {
	*ground.Process
	received atomic.Int64
	live     chan struct{}

	tally tally // of the goroutine that reads the output, until the program has ended

	mu      sync.Mutex // guards notices
	notices []string   // about lost connections
}

// subscribe starts the program spillway and waits until its subscription is live.
func subscribe(ctx context.Context, g *ground.Ground, gw *ground.Gateway) (*printed, error) {
	p := &printed{live: make(chan struct{})}
	who := g.Issuer.Customer(ground.TokenLife)
	proc, err := g.Start("spillway subscribe", ground.Command{
		Path: g.Programs.Spillway, Dir: g.Dir, Args: []string{"subscribe", "-o", "json", ground.Everything},
		Env: []string{
			"SPILLWAY_ENDPOINT=" + gw.Addr, "SPILLWAY_CLIENT_ID=" + who.ClientID, "SPILLWAY_CLIENT_SECRET=" + who.ClientSecret,
			"SPILLWAY_TOKEN_URL=" + who.TokenURL,
		},
		Out: p.take,
		Log: p.note,
	})
	if err != nil {
		return nil, err
	}
	p.Process = proc
	return p, proc.Await(ctx, p.live, "subscribed")
}

// take counts a printed event or gap.
func (p *printed) take(line []byte) {
	if bytes.HasPrefix(line, []byte(`{"gap":`)) {
		p.tally.gaps++
		return
	}
	_, data, _ := bytes.Cut(line, []byte(`"data":`))
	n, _, err := parseData(data)
	if err != nil || !bytes.Contains(line, []byte(`"partition_key":"`+keyOf(n)+`"`)) {
		p.tally.foreign++
		return
	}
	p.tally.add(n)
	p.received.Add(1)
}

// note reads what the program says of its connection.
func (p *printed) note(line []byte) {
	text := string(line)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case strings.Contains(text, "subscribed to"):
		close(p.live)
	case strings.Contains(text, "connected: "):
		p.notices = append(p.notices, text)
	}
}

// partings returns what it said of lost connections.
func (p *printed) partings() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.notices
}

// interrupt ends the program as Ctrl-C does.
func (p *printed) interrupt() error {
	if err := p.Signal(syscall.SIGINT); err != nil {
		return err
	}
	select {
	case <-p.Done():
		return p.Exit()
	case <-time.After(stopGrace):
		return fmt.Errorf("%s has not ended within %s of SIGINT", p.Name, stopGrace)
	}
}
