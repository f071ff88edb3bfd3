package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/spillway/spillway/e2e/child"
	"github.com/spillway/spillway/e2e/loopback"
	"github.com/spillway/spillway/pkg/client"
)

// patience bounds what may take long on a loaded machine.
const patience = time.Minute

// needRedis skips a test where there is no redis-server; on CI it fails it.
func needRedis(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err == nil {
		return
	}
	const missing = "redis-server is not installed: the harness has nothing to kill"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// TestSystem starts a system, hurts each part of it once, and finds that events still
// arrive.
func TestSystem(t *testing.T) {
	needRedis(t)
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	if err := Build(t.Context(), "../..", bin, false, t.Output()); err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), Options{
		Dir: filepath.Join(dir, "system"), Binaries: bin, Gateways: 2, Shards: 1,
		Customers: []Customer{{Name: "all", Patterns: []string{"weather.us.>"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	events := subscribe(ctx, t, s)
	numbers := 0
	for _, trouble := range troubles(ctx, s) {
		if err := trouble.run(); err != nil {
			t.Fatalf("%s: %v", trouble.name, err)
		}
		put(t, s, numbers)
		select {
		case got := <-events:
			if want := report(numbers); got != want {
				t.Fatalf("after %s: event %s, want %s", trouble.name, got, want)
			}
		case <-ctx.Done():
			t.Fatalf("after %s: no event", trouble.name)
		}
		numbers++
	}
}

type trouble struct {
	name string
	run  func() error
}

func troubles(ctx context.Context, s *System) []trouble {
	g := s.Gateways[0]
	slow := Toxic{Type: "latency", Attributes: map[string]int{"latency": 50}, Up: true, Down: true}
	lost := Toxic{Type: "timeout", Attributes: map[string]int{"timeout": 0}, Down: true}
	return []trouble{
		{"nothing", func() error { return nil }},
		{"gateway killed", func() error { return errors.Join(g.Kill(), g.Start(ctx)) }},
		{"gateway stopped", func() error { return errors.Join(g.Stop(ctx), g.Start(ctx)) }},
		{"redis killed", func() error { return errors.Join(s.Redis.Kill(), s.Redis.Start(ctx)) }},
		{"redis paused", func() error { return errors.Join(s.Redis.Pause(), s.Redis.Resume()) }},
		{"redis full", func() error { return errors.Join(s.Redis.Fill(ctx), s.Redis.Free(ctx)) }},
		{"link cut", func() error { s.ConsumerLink.Cut(); return s.ConsumerLink.Mend() }},
		{"link slow", func() error { return g.RedisLink.Poison(slow) }},
		{"link cured", func() error { return g.RedisLink.Cure(slow) }},
		{"link lost", func() error { return errors.Join(g.ClientLink.Poison(lost), g.ClientLink.Cure(lost)) }},
		{"keys rotated", func() error { _, err := s.Issuer.Rotate(); return err }},
		{"function killed", func() error { return signalAll(s, syscall.SIGKILL) }},
	}
}

func signalAll(s *System, sig syscall.Signal) error {
	all := s.Functions()
	if len(all) == 0 {
		return errors.New("no function runs")
	}
	for _, f := range all {
		if err := f.Signal(sig); err != nil {
			return err
		}
	}
	return nil
}

// subscribe returns the data of events, from the moment at which it is live.
func subscribe(ctx context.Context, t *testing.T, s *System) <-chan string {
	t.Helper()
	cfg, err := s.Client("all")
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	events, live := make(chan string, 100), make(chan struct{}, 1)
	stream := c.Subscribe(client.Subscription{OnSubscribed: func(client.Subscribed) {
		select {
		case live <- struct{}{}:
		default:
		}
	}})
	go func() {
		for ev, err := range stream.Events(ctx) {
			var gap *client.Gap
			switch {
			case errors.As(err, &gap): // a Redis that has restarted may have lost something
			case err != nil:
				events <- err.Error()
				return
			default:
				events <- string(ev.Data)
			}
		}
	}()
	select {
	case <-live:
	case <-ctx.Done():
		t.Fatal("the subscription is not live")
	}
	return events
}

func report(number int) string { return fmt.Sprintf(`{"state":"ny","number":%d}`, number) }

func put(t *testing.T, s *System, number int) {
	t.Helper()
	_, err := kinesis.NewFromConfig(s.AWS()).PutRecord(t.Context(), &kinesis.PutRecordInput{
		StreamName: &s.StreamName, PartitionKey: aws.String("KNYC"), Data: []byte(report(number)),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSwallow: the answer to an append is kept back, and the append was carried out.
func TestSwallow(t *testing.T) {
	needRedis(t)
	starter := child.NewStarter()
	defer starter.Close()
	var free loopback.Ports
	var addrs [2]string
	for i := range addrs {
		var err error
		if addrs[i], err = free.Address(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	r, err := newRedis(starter, addrs[0], dir, filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Kill(); err != nil {
			t.Error(err)
		}
	}()
	tap, err := newTap(t.Context(), addrs[1], addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer tap.close()
	through := &Redis{addr: addrs[1]} // only to ask through the tap
	const call = `EVAL "redis.call('INCR','n') return {'all','1-1',0}" 1 {x:1}:entries`
	if answer, err := through.Do(t.Context(), call); err != nil || answer != "*3" {
		t.Fatalf("answer %q, %v, want it passed on", answer, err)
	}
	died := false
	swallowed := make(chan error, 1)
	go func() { swallowed <- tap.Swallow(t.Context(), func() { died = true }) }()
	for tap.swallow.Load() == nil { // until it waits
		runtime.Gosched()
	}
	if answer, err := through.Do(t.Context(), call); err == nil {
		t.Errorf("answer %q, want none", answer)
	}
	if err := <-swallowed; err != nil || !died {
		t.Errorf("Swallow = %v, died %t", err, died)
	}
	if answer, err := r.Do(t.Context(), "INCRBY n 0"); err != nil || answer != ":2" {
		t.Errorf("the counter is %q, %v, want :2", answer, err)
	}
}

func TestParseFunction(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, stat string
		want       Function
		ok         bool
	}{
		{"busy", "123 (bootstrap) S 77 123 123 0", Function{123, true}, true},
		{"frozen", "123 (bootstrap) T 77 123 123 0", Function{123, false}, true},
		{"ended", "123 (bootstrap) Z 77 123 123 0", Function{}, false},
		{"of another", "123 (bootstrap) S 78 123 123 0", Function{}, false},
		{"another program", "123 (sandbox) S 77 123 123 0", Function{}, false},
		{"garbage", "x", Function{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := parseFunction(tt.stat, 77); got != tt.want || ok != tt.ok {
				t.Errorf("parseFunction = %+v, %t, want %+v, %t", got, ok, tt.want, tt.ok)
			}
		})
	}
}
