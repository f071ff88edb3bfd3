package ground

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/spillway/spillway/pkg/eventlog"
)

// logBudget is more than anybody appends: what a subscriber misses must not
// be for want of room.
const logBudget = 16 << 30

// Ground is what runs. Close it.
type Ground struct {
	Dir       string
	starter   *starter
	Programs  Programs
	Issuer    *Issuer
	Redis     *Process
	RedisURL  string
	Log       *eventlog.Log
	cursorKey string
	processes []*Process
}

// New starts a redis-server, opens the log in it and an issuer of tokens. Programs
// are those that are to be started on the ground, dir is where they may write.
func New(ctx context.Context, dir string, p Programs) (*Ground, error) {
	g := &Ground{Dir: dir, Programs: p, starter: newStarter()}
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
	if g.Log, err = eventlog.Open(eventlog.Config{URL: g.RedisURL, Budget: logBudget, Governs: true}); err != nil {
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
	g.Issuer, err = newIssuer()
	return err
}

// Close ends all that runs.
func (g *Ground) Close() {
	for _, p := range g.processes {
		p.Kill()
	}
	g.starter.close()
	if g.Log != nil {
		_ = g.Log.Close() // its server has gone
	}
	if g.Issuer != nil {
		g.Issuer.close()
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
