package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/spillway/spillway/e2e/ground"
)

// TestDrain: streams that are moved off a gateway lose nothing.
func TestDrain(t *testing.T) {
	t.Parallel()
	try(t, settings{Streams: 200, Window: 5 * time.Second, DrainRate: 50}, func(ctx context.Context, g *ground.Ground, s settings) (result, error) {
		return drain(ctx, g, s)
	})
}

// TestSleeper: subscribers that stop reading lose nothing, and hold up nobody.
func TestSleeper(t *testing.T) {
	t.Parallel()
	// Few and large events fill a ring, and make a backlog, at little cost.
	s := settings{Readers: 10, Sleep: 30 * time.Second, Calm: 8 * time.Second, Rate: 150, Bytes: 4000, Stall: 10 * time.Second}
	try(t, s, func(ctx context.Context, g *ground.Ground, s settings) (result, error) { return sleeper(ctx, g, s) })
}

// TestRestart: clients of a gateway that is killed come back to the next one, and nobody is
// refused.
func TestRestart(t *testing.T) {
	t.Parallel()
	try(t, settings{Clients: 50, StormRate: 20}, func(ctx context.Context, g *ground.Ground, s settings) (result, error) {
		return restart(ctx, g, s)
	})
}

// TestOutage: an issuer that is down ends no stream before its token ends.
func TestOutage(t *testing.T) {
	t.Parallel()
	try(t, settings{Down: 40 * time.Second, Holders: 5}, func(ctx context.Context, g *ground.Ground, s settings) (result, error) {
		return outage(ctx, g, s)
	})
}

// try does a drill with programs that detect data races.
func try(t *testing.T, s settings, run func(context.Context, *ground.Ground, settings) (result, error)) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(ground.ErrNoRedis)
		}
		t.Skip(ground.ErrNoRedis)
	}
	dir := t.TempDir()
	p, err := ground.BuildPrograms(t.Context(), dir, true)
	if err != nil {
		t.Fatal(err)
	}
	g, err := ground.New(t.Context(), dir, p)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	r, err := run(t.Context(), g, s)
	if err == nil {
		r.report(t.Output())
		err = r.check()
	}
	if err != nil {
		t.Fatal(errors.Join(err, errors.New(g.Logs())))
	}
}
