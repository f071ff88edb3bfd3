package eventlog

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

// TestFullRedis: when Redis has no memory left, appends fail and nothing is lost,
// reading goes on, and once what is there is older than the retention, appends
// make room for themselves.
func TestFullRedis(t *testing.T) {
	t.Parallel()
	r := redistest.Server(t, "--maxmemory", "4mb", "--maxmemory-policy", "noeviction")
	l := openLog(t, r.URL, Config{Lanes: 2, Retention: 2 * MinRetention})
	n := 0
	var err error
	for ; err == nil; n++ {
		it := Item{Topic: fmt.Sprintf("t.%d", n%7), Sequence: fmt.Sprint(n), Bytes: make([]byte, 60<<10)}
		_, err = l.Append(t.Context(), "s0", []Item{it})
	}
	var appendErr *AppendError
	if !errors.As(err, &appendErr) || appendErr.First != fmt.Sprint(n-1) || !strings.Contains(err.Error(), "OOM") {
		t.Fatalf("append %d to a full Redis: %v", n-1, err)
	}
	other := openLog(t, r.URL, Config{})
	if _, err := other.State(t.Context()); err != nil {
		t.Errorf("a full Redis cannot be read: %v", err)
	}
	redistest.Eventually(t, func() bool {
		_, err := l.Append(t.Context(), "s0", []Item{{Topic: "t.0", Sequence: fmt.Sprint(n), Bytes: make([]byte, 60<<10)}})
		return err == nil
	})
}

// TestFullRedisGoverned: a smaller budget makes room in a Redis that refuses to write
// even that down.
func TestFullRedisGoverned(t *testing.T) {
	t.Parallel()
	r := redistest.Server(t, "--maxmemory", "5mb", "--maxmemory-policy", "noeviction")
	l := openLog(t, r.URL, Config{Lanes: 2, Budget: 16 * MinBudget})
	large := func(n int) []Item {
		return []Item{{Topic: fmt.Sprintf("t.%d", n%7), Sequence: fmt.Sprint(n), Bytes: make([]byte, 60<<10)}}
	}
	n := 0
	var err error
	for ; err == nil; n++ {
		_, err = l.Append(t.Context(), "s0", large(n))
	}
	if !strings.Contains(err.Error(), "OOM") {
		t.Fatal(err)
	}
	governor := openLog(t, r.URL, Config{Budget: 2 * MinBudget, Governs: true})
	if got := mustAppend(t, governor, "s0", large(n-1)); got.Events != 1 {
		t.Errorf("appended %+v", got)
	}
	mustAppend(t, governor, "s0", large(n))
	if e, err := l.Epoch(t.Context()); err != nil || e.Budget != 2*MinBudget {
		t.Errorf("the log is %+v (%v), want the governor's budget", e, err)
	}
	for i := range 40 {
		mustAppend(t, l, "s0", large(n+1+i))
	}
}

// TestCostIsHonest: what the log says that it holds is what Redis says that it takes.
func TestCostIsHonest(t *testing.T) {
	t.Parallel()
	r := redistest.Server(t)
	for _, size := range []int{100, 300, 1000, 5000, 30_000, MaxEntryBytes, 200_000} {
		l := openLog(t, r.URL, Config{Lanes: 1, Name: fmt.Sprint("size", size)})
		for i := range 300 {
			it := items(i, 1, 1)
			it[0].Bytes = make([]byte, size)
			_, _ = rand.Read(it[0].Bytes)
			mustAppend(t, l, "s0", it)
		}
		s, err := l.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		taken, err := l.rdb.MemoryUsage(t.Context(), l.entriesKey(l.epoch.get().ID, 0), 0).Result()
		if err != nil {
			t.Fatal(err)
		}
		ratio := float64(s.Lanes[0].Held) / float64(taken)
		t.Logf("entries of %d bytes: %d are said to be held, Redis takes %d: %.2f", size, s.Lanes[0].Held, taken, ratio)
		if ratio < 0.8 || ratio > 1.25 {
			t.Errorf("entries of %d bytes: %d are said to be held, Redis takes %d", size, s.Lanes[0].Held, taken)
		}
	}
}

// TestFullRedisParallel: who is parallel is so also while Redis refuses to write that
// down, and writes it down as soon as it can.
func TestFullRedisParallel(t *testing.T) {
	t.Parallel()
	r := redistest.Server(t, "--maxmemory-policy", "noeviction")
	client := r.Client(t)
	limit := func(memory string) {
		t.Helper()
		if err := client.ConfigSet(t.Context(), "maxmemory", memory).Err(); err != nil {
			t.Fatal(err)
		}
	}
	serial := openLog(t, r.URL, Config{Lanes: 1})
	mustAppend(t, serial, "s0", items(0, 1, 1))
	limit("1")
	l := openLog(t, r.URL, Config{Parallel: true})
	for range 2 {
		if _, err := l.Append(t.Context(), "s0", items(1, 1, 1)); err == nil || !strings.Contains(err.Error(), "OOM") {
			t.Fatalf("append to a full Redis: %v", err)
		}
		if e, err := l.Epoch(t.Context()); err != nil || !e.Parallel {
			t.Errorf("it works in %+v (%v)", e, err)
		}
		if e, err := serial.Epoch(t.Context()); err != nil || e.Parallel {
			t.Errorf("another one works in %+v (%v)", e, err)
		}
	}
	limit("0")
	late := func(key string, sequence int) []Item {
		return []Item{{Topic: "t", Key: key, Sequence: fmt.Sprint(sequence), Bytes: []byte(key)}}
	}
	mustAppend(t, l, "s0", late("a", 9))
	lowered := openLog(t, r.URL, Config{})
	for _, key := range []string{"b", "c"} {
		if got := mustAppend(t, lowered, "s0", late(key, 5)); got.Events != 1 {
			t.Errorf("key %s: appended %+v", key, got)
		}
	}
}
