package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// Toxic is a trouble of a link, in the words of Toxiproxy, whose documentation says
// what attributes a type has: latency, bandwidth, slicer, timeout, reset_peer.
type Toxic struct {
	Type       string
	Attributes map[string]int
	// Up is the way from who connects to who is connected to, Down the way back.
	Up, Down bool
}

// flushTimeout is how long Toxiproxy waits, when a toxic is removed, for a reader to
// take what is on its way, before it throws that away.
const flushTimeout = 5 * time.Second

// Link is a way of TCP connections that can be cut and slowed.
type Link struct {
	name, addr string
	proxy      *toxiproxy.Proxy

	mu sync.Mutex // held while something changes
}

// newLink starts a link. Toxiproxy's own log, of which a part goes to the logger of the
// whole process, is of no interest.
func newLink(name, listen, upstream string) (*Link, error) {
	zerolog.SetGlobalLevel(zerolog.Disabled)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &Link{name: name, addr: listen, proxy: toxiproxy.NewProxy(server, name, listen, upstream)}
	if err := l.proxy.Start(); err != nil {
		return nil, fmt.Errorf("link %s: %w", name, err)
	}
	return l, nil
}

// Name says whose way to whom it is.
func (l *Link) Name() string { return l.name }

// Addr is where the link is entered.
func (l *Link) Addr() string { return l.addr }

// Cut closes all connections and refuses further ones, until Mend.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proxy.Stop()
}

// Mend undoes Cut.
func (l *Link) Mend() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.start()
}

// Poison adds a trouble; Cure ends it. Connections that exist have it, too.
func (l *Link) Poison(t Toxic) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, way := range t.ways() {
		text, err := json.Marshal(map[string]any{"name": t.name(way), "type": t.Type, "stream": way, "toxicity": 1, "attributes": t.Attributes})
		if err != nil {
			return err
		}
		if _, err := l.proxy.Toxics.AddToxicJson(bytes.NewReader(text)); err != nil {
			return fmt.Errorf("link %s: toxic %s: %w", l.name, t.name(way), err)
		}
	}
	return nil
}

// Cure ends a trouble. A type that throws bytes away costs the link its connections, as
// it would with TCP: timeout and reset_peer do, and bandwidth may when it ends. So may
// any, if a reader takes nothing.
func (l *Link) Cure(t Toxic) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch t.Type {
	case "timeout", "reset_peer", "bandwidth":
		l.proxy.Stop()
		return errors.Join(l.remove(t), l.start())
	}
	begun := time.Now()
	err := l.remove(t)
	if time.Since(begun) >= flushTimeout {
		l.proxy.Stop()
		err = errors.Join(err, l.start())
	}
	return err
}

// remove removes a toxic; l.mu is held.
func (l *Link) remove(t Toxic) error {
	for _, way := range t.ways() {
		if err := l.proxy.Toxics.RemoveToxic(context.Background(), t.name(way)); err != nil {
			return fmt.Errorf("link %s: toxic %s: %w", l.name, t.name(way), err)
		}
	}
	return nil
}

// start takes connections again; l.mu is held.
func (l *Link) start() error {
	if err := l.proxy.Start(); err != nil && !errors.Is(err, toxiproxy.ErrProxyAlreadyStarted) {
		return fmt.Errorf("link %s: %w", l.name, err)
	}
	return nil
}

func (t Toxic) name(way string) string { return t.Type + "_" + way }

func (t Toxic) ways() []string {
	var ways []string
	if t.Up {
		ways = append(ways, "upstream")
	}
	if t.Down {
		ways = append(ways, "downstream")
	}
	return ways
}

func (l *Link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proxy.Stop()
}
