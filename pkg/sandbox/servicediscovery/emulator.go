package servicediscovery

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Config is what an [Emulator] needs. Region and AccountID are required.
type Config struct {
	Region, AccountID string
	// VPCExists tells whether there is a VPC of that id; nil takes every one for there.
	VPCExists func(id string) bool
	Logger    *slog.Logger // nil means none
}

// Emulator is the emulator. Make it with [New], end it with [Emulator.Close].
type Emulator struct {
	cfg Config

	// spawn runs what serves connections; its context ends with the emulator.
	spawn   func(func(context.Context))
	end     context.CancelFunc
	running sync.WaitGroup

	mu          sync.Mutex // guards what follows, and what it points to
	closed      bool
	namespaces  map[string]*Namespace // by id
	services    map[string]*service   // by id
	connections int
}

// New returns an emulator without namespaces.
func New(cfg Config) (*Emulator, error) {
	if cfg.Region == "" || cfg.AccountID == "" {
		return nil, errors.New("servicediscovery: Region and AccountID must be set")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.VPCExists == nil {
		cfg.VPCExists = func(string) bool { return true }
	}
	life, end := context.WithCancel(context.Background())
	e := &Emulator{cfg: cfg, end: end, namespaces: map[string]*Namespace{}, services: map[string]*service{}}
	e.spawn = func(run func(context.Context)) { e.running.Go(func() { run(life) }) }
	return e, nil
}

// Close ends all connections and returns when none is left.
func (e *Emulator) Close() {
	e.mu.Lock()
	e.closed = true
	for _, s := range e.services {
		s.shut(nil)
	}
	e.mu.Unlock()
	e.end()
	e.running.Wait()
}

func (e *Emulator) arn(resource string) string {
	return "arn:aws:servicediscovery:" + e.cfg.Region + ":" + e.cfg.AccountID + ":" + resource
}

// newID is an id of Cloud Map's form: a prefix and 16 small letters and digits.
func newID(prefix string) string {
	raw := make([]byte, 10)
	_, _ = rand.Read(raw) // never fails
	return prefix + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(raw))
}

// Time is a time as the API writes it: seconds since 1970.
type Time float64

func now() Time { return Time(float64(time.Now().UnixMilli()) / 1000) }
