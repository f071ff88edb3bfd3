package eventlog

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

// BenchmarkAppend appends batches of a hundred events of 200 bytes, which are 270 when
// they are encoded, to one lane of a redis-server. Writers append in turn, so that each
// finds others' entries after its own; with keys, order is by key. redis-us/op is what the
// script takes of Redis's one thread, by the wall; redis-cpu-us/record all that the server
// takes of a processor for one of the hundred, with the connection. On a machine with other
// things to do, the second says more. Listeners get the notices, as gateways do.
func BenchmarkAppend(b *testing.B) {
	r := redistest.Server(b)
	for _, bm := range []struct {
		name      string
		cfg       Config
		writers   int
		keys      int
		listeners int
	}{
		{"order=shard/writers=1", Config{}, 1, 1, 0},
		{"order=shard/writers=2", Config{}, 2, 1, 0},
		{"order=shard/listeners=100", Config{}, 1, 1, 100},
		{"order=key/keys=10", Config{Parallel: true}, 1, 10, 0},
		{"order=key/keys=100", Config{Parallel: true}, 1, 100, 0},
	} {
		b.Run(bm.name, func(b *testing.B) {
			bm.cfg.URL, bm.cfg.Lanes = r.URL, 1
			empty(b, r)
			var logs []*Log
			for range bm.writers {
				l, err := Open(bm.cfg)
				if err != nil {
					b.Fatal(err)
				}
				defer l.Close()
				logs = append(logs, l)
			}
			batch := make([]Item, 100)
			data := make([]byte, 270)
			sequence := 0
			next := func() {
				for j := range batch {
					sequence++
					batch[j] = Item{Topic: "t", Key: fmt.Sprint("k", j%bm.keys), Sequence: strconv.Itoa(sequence), Bytes: data}
				}
				at := sequence / len(batch) % bm.writers
				if _, err := logs[at].Append(b.Context(), fmt.Sprint("s", at), batch); err != nil {
					b.Fatal(err)
				}
			}
			next()
			defer listen(b, logs[0], bm.listeners)()
			if err := logs[0].rdb.Do(b.Context(), "CONFIG", "RESETSTAT").Err(); err != nil {
				b.Fatal(err)
			}
			before := serverTime(b, logs[0])
			for b.Loop() {
				next()
			}
			b.ReportMetric((serverTime(b, logs[0])-before)/float64(b.N*len(batch)), "redis-cpu-us/record")
			b.ReportMetric(scriptTime(b, logs[0]), "redis-us/op")
		})
	}
}

// empty forgets what another benchmark, or the same one before, has appended: it would be
// skipped.
func empty(b *testing.B, r *redistest.Redis) {
	if err := r.Client(b).FlushAll(b.Context()).Err(); err != nil {
		b.Fatal(err)
	}
}

// listen has so many listeners get the notices of a log of one lane until the returned
// function is called.
func listen(b *testing.B, l *Log, listeners int) (stop func()) {
	ctx, cancel := context.WithCancel(b.Context())
	var all, ready sync.WaitGroup
	ready.Add(listeners)
	for range listeners {
		connected := sync.OnceFunc(ready.Done)
		all.Go(func() { _ = l.Notices(ctx, 1, func(int) { connected() }) })
	}
	ready.Wait()
	return func() { cancel(); all.Wait() }
}

var cpuTime = regexp.MustCompile(`used_cpu_(?:sys|user):([0-9.]+)`)

// serverTime returns what the server has taken of a processor so far, in microseconds.
func serverTime(b *testing.B, l *Log) float64 {
	info, err := l.rdb.Info(b.Context(), "cpu").Result()
	if err != nil {
		b.Fatal(err)
	}
	sum := 0.0
	for _, found := range cpuTime.FindAllStringSubmatch(info, -1) {
		seconds, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += seconds * 1e6
	}
	return sum
}

var evalsha = regexp.MustCompile(`cmdstat_evalsha:.*usec_per_call=([0-9.]+)`)

func scriptTime(b *testing.B, l *Log) float64 {
	info, err := l.rdb.Info(b.Context(), "commandstats").Result()
	if err != nil {
		b.Fatal(err)
	}
	found := evalsha.FindStringSubmatch(info)
	if found == nil {
		b.Fatal("no script was called")
	}
	us, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		b.Fatal(err)
	}
	return us
}

// BenchmarkRead reads a page of a hundred entries of a redis-server, of one event of 200
// bytes each and of thirty. redis-cpu-us/entry is what the server takes of a processor.
func BenchmarkRead(b *testing.B) {
	const entries = 100
	r := redistest.Server(b)
	for _, events := range []int{1, 30} {
		b.Run(fmt.Sprintf("events=%d", events), func(b *testing.B) {
			empty(b, r)
			l, err := Open(Config{URL: r.URL, Lanes: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			for n := range entries {
				batch := make([]Item, events)
				for i := range batch {
					batch[i] = Item{Topic: "t", Key: "k", Sequence: strconv.Itoa(1 + n*events + i), Bytes: make([]byte, 200)}
				}
				if _, err := l.Append(b.Context(), "s", batch); err != nil {
					b.Fatal(err)
				}
			}
			epoch, err := l.Epoch(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			before := serverTime(b, l)
			b.ReportAllocs()
			for b.Loop() {
				page := l.Read(b.Context(), epoch.ID, []Query{{After: Oldest, Count: entries}})[0]
				if len(page.Entries) != entries {
					b.Fatalf("%d entries: %v", len(page.Entries), page.Err)
				}
			}
			b.ReportMetric((serverTime(b, l)-before)/float64(b.N*entries), "redis-cpu-us/entry")
			b.ReportMetric(float64(b.N*entries*events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
