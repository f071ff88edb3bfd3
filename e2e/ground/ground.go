package ground

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/spillway/spillway/e2e/child"
	"github.com/spillway/spillway/e2e/loopback"
	"github.com/spillway/spillway/pkg/eventlog"
)

// logBudget is more than anybody appends: what a subscriber misses must not
// be for want of room.
const logBudget = 16 << 30

// logPatience is what Redis may take on a machine that has more to do than it can.
const logPatience = time.Minute

// Ground is what runs. Close it.
type Ground struct {
	Dir       string
	starter   *child.Starter
	Programs  Programs
	Issuer    *Issuer
	Ports     loopback.Ports
	Redis     *Process
	RedisURL  string
	Log       *eventlog.Log
	cursorKey string
	processes []*Process
}

// New starts a redis-server, opens the log in it, and starts an issuer of tokens. Programs
// are those that are to be started on the ground, dir is where they may write.
func New(ctx context.Context, dir string, p Programs) (*Ground, error) {
	g := &Ground{Dir: dir, Programs: p, starter: child.NewStarter()}
	if err := g.open(ctx); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

func (g *Ground) open(ctx context.Context) error {
	var addr string
	var err error
	g.Redis, addr, err = g.StartRedis(ctx, "redis-server")
	if err != nil {
		return err
	}
	g.RedisURL = "redis://" + addr
	eventlog.LogTo(slog.New(slog.DiscardHandler)) // what comes of it is in the errors
	if g.Log, err = eventlog.Open(eventlog.Config{URL: g.RedisURL, Budget: logBudget, Governs: true, Patience: logPatience}); err != nil {
		return err
	}
	if _, err := g.Log.Epoch(ctx); err != nil { // makes the log, before a gateway does
		return err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	g.cursorKey = base64.StdEncoding.EncodeToString(key)
	if addr, err = g.Ports.Address(ctx); err != nil {
		return err
	}
	g.Issuer, err = newIssuer(ctx, addr)
	return err
}

// Close ends all that runs.
func (g *Ground) Close() {
	for _, p := range g.processes {
		p.Kill()
	}
	g.starter.Close()
	if g.Log != nil {
		_ = g.Log.Close() // its server has gone
	}
	if g.Issuer != nil {
		g.Issuer.Stop()
	}
}

// Logs returns the ends of all logs.
func (g *Ground) Logs() string {
	var b strings.Builder
	for _, p := range g.processes {
		b.WriteString(p.Logs())
	}
	return b.String()
}

// Raced returns an error for every program with a data race.
func (g *Ground) Raced() error {
	var errs []error
	for _, p := range g.processes {
		errs = append(errs, p.Raced())
	}
	return errors.Join(errs...)
}
