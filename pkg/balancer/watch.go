package balancer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

var errNobody = errors.New("the target's name has no address")

// watch looks the members up and asks for their health, again and again.
func (b *Balancer) watch(ctx context.Context) error {
	tick := time.NewTicker(checkInterval)
	defer tick.Stop()
	for {
		b.round(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// round is one look at all members.
func (b *Balancer) round(ctx context.Context) {
	lookup, cancel := context.WithTimeout(ctx, b.checkTimeout)
	addresses, err := b.cfg.Resolve(lookup, b.host)
	cancel()
	if err != nil {
		// Who was there may still be: nobody is thrown out because a name server does not answer. Their health tells.
		b.cfg.Logger.Debug("name not found", "host", b.host, "error", err)
		addresses = b.known()
	}
	well := make([]bool, len(addresses))
	var all sync.WaitGroup
	for i, address := range addresses {
		all.Go(func() { well[i] = b.check(ctx, address) == nil })
	}
	all.Wait()
	next := map[string]bool{}
	for i, address := range addresses {
		next[address] = well[i]
	}
	b.replace(next)
}

// check asks one member for its health.
func (b *Balancer) check(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, b.checkTimeout)
	defer cancel()
	at := *b.health
	at.Host = net.JoinHostPort(address, b.health.Port())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", at.String(), resp.Status)
	}
	return nil
}

func (b *Balancer) known() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.members))
}

func (b *Balancer) replace(next map[string]bool) {
	b.mu.Lock()
	last := b.members
	b.members = next
	b.mu.Unlock()
	for address, well := range next {
		if was, ok := last[address]; !ok || was != well {
			b.cfg.Logger.Info("member", "address", address, "well", well)
		}
	}
	for address := range last {
		if _, ok := next[address]; !ok {
			b.cfg.Logger.Info("member gone", "address", address)
		}
	}
}

// candidates are the addresses to try for a connection, in this order: those that are well, beginning with another one each
// time, and then the others.
func (b *Balancer) candidates() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var well, ill []string
	for _, address := range slices.Sorted(maps.Keys(b.members)) {
		at := net.JoinHostPort(address, b.port)
		if b.members[address] {
			well = append(well, at)
		} else {
			ill = append(ill, at)
		}
	}
	b.turn++
	return append(turned(well, b.turn), turned(ill, b.turn)...)
}

// turned is a list that begins n places later.
func turned(list []string, n int) []string {
	if len(list) == 0 {
		return nil
	}
	n %= len(list)
	return slices.Concat(list[n:], list[:n])
}
