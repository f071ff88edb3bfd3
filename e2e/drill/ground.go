package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/stack"
)

// logBudget is more than the longest drill appends: what a subscriber misses must not
// be for want of room.
const logBudget = 16 << 30

// ground is what a drill runs on. Close it.
type ground struct {
	dir       string
	starter   *starter
	programs  programs
	issuer    *issuer
	redisURL  string
	log       *eventlog.Log
	cursorKey string
	secured   *stack.CertificateFiles // nil: gateways do without TLS
	processes []*process
}

func newGround(ctx context.Context, dir string, p programs) (*ground, error) {
	g := &ground{dir: dir, programs: p, starter: newStarter()}
	if err := g.open(ctx); err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

func (g *ground) open(ctx context.Context) error {
	addr, err := g.startRedis(ctx)
	if err != nil {
		return err
	}
	g.redisURL = "redis://" + addr
	eventlog.LogTo(slog.New(slog.DiscardHandler)) // what comes of it is in the errors
	if g.log, err = eventlog.Open(eventlog.Config{URL: g.redisURL, Budget: logBudget, Governs: true}); err != nil {
		return err
	}
	if _, err := g.log.Epoch(ctx); err != nil { // makes the log, before a gateway does
		return err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	g.cursorKey = base64.StdEncoding.EncodeToString(key)
	g.issuer, err = newIssuer(ctx)
	return err
}

// secure gives TLS to the gateways and clients that are made from now on: what a
// connection costs is mostly that.
func (g *ground) secure() error {
	files, err := stack.WriteCertificates(filepath.Join(g.dir, "tls"))
	g.secured = &files
	return err
}

// close ends all that runs.
func (g *ground) close() {
	for _, p := range g.processes {
		p.kill()
	}
	g.starter.close()
	if g.log != nil {
		_ = g.log.Close() // its server has gone
	}
	if g.issuer != nil {
		g.issuer.stop()
	}
}

// logs returns the ends of all logs.
func (g *ground) logs() string {
	var b strings.Builder
	for _, p := range g.processes {
		b.WriteString(p.logs())
	}
	return b.String()
}

// raced returns an error for every program with a data race.
func (g *ground) raced() error {
	var errs []error
	for _, p := range g.processes {
		errs = append(errs, p.raced())
	}
	return errors.Join(errs...)
}
