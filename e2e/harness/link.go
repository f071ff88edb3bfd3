package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

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

// Link is a way of TCP connections that can be cut and slowed.
type Link struct {
	name, addr string
	proxy      *toxiproxy.Proxy

	mu    sync.Mutex // guards what follows, and is held while something changes
	known map[string]bool
}

// newLink starts a link. Toxiproxy's own log, of which a part goes to the logger of the
// whole process, is of no interest.
func newLink(name, listen, upstream string) (*Link, error) {
	zerolog.SetGlobalLevel(zerolog.Disabled)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &Link{name: name, addr: listen, proxy: toxiproxy.NewProxy(server, name, listen, upstream), known: map[string]bool{}}
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
	if err := l.proxy.Start(); err != nil && !errors.Is(err, toxiproxy.ErrProxyAlreadyStarted) {
		return fmt.Errorf("link %s: %w", l.name, err)
	}
	return nil
}

// Poison adds a trouble; Cure ends it. Connections that exist have it, too.
func (l *Link) Poison(t Toxic) error { return l.set(t, 1) }

// Cure ends a trouble. A type that throws bytes away costs the link its connections,
// as it would with TCP: timeout and reset_peer do, and bandwidth may when it ends.
func (l *Link) Cure(t Toxic) error {
	switch t.Type {
	case "timeout", "reset_peer", "bandwidth":
		return l.remove(t)
	}
	return l.set(t, 0)
}

// set turns a toxic on or off. One that was there once stays, with a toxicity of 0:
// Toxiproxy may drop bytes of a slow reader when it removes a toxic, which a TCP
// connection never does.
func (l *Link) set(t Toxic, toxicity float64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, way := range t.ways() {
		name := t.Type + "_" + way
		toxic := map[string]any{"name": name, "type": t.Type, "stream": way, "toxicity": toxicity}
		if toxicity > 0 { // else it may be at work by its attributes
			toxic["attributes"] = t.Attributes
		}
		text, err := json.Marshal(toxic)
		if err != nil {
			return err
		}
		if l.known[name] {
			_, err = l.proxy.Toxics.UpdateToxicJson(name, bytes.NewReader(text))
		} else {
			_, err = l.proxy.Toxics.AddToxicJson(bytes.NewReader(text))
		}
		if err != nil {
			return fmt.Errorf("link %s: toxic %s: %w", l.name, name, err)
		}
		l.known[name] = true
	}
	return nil
}

// remove ends all connections, then the toxic, then takes connections again.
func (l *Link) remove(t Toxic) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proxy.Stop()
	for _, way := range t.ways() {
		name := t.Type + "_" + way
		if err := l.proxy.Toxics.RemoveToxic(context.Background(), name); err != nil {
			return fmt.Errorf("link %s: toxic %s: %w", l.name, name, err)
		}
		delete(l.known, name)
	}
	if err := l.proxy.Start(); err != nil {
		return fmt.Errorf("link %s: %w", l.name, err)
	}
	return nil
}

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
