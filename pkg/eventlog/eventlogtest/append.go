package eventlogtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/eventlog"
)

func wantAppended(t *testing.T, want, got eventlog.Appended) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("appended: %s", diff)
	}
}

func wantAll(t *testing.T, l *eventlog.Log, want string) {
	t.Helper()
	if diff := cmp.Diff(want, readAll(t, l)); diff != "" {
		t.Errorf("the log holds: %s", diff)
	}
}

func testReadsInOrder(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1})
	var want strings.Builder
	for batch := range 5 {
		its := items(batch*3, 3, 2)
		wantAppended(t, eventlog.Appended{Events: 3, Entries: 1}, mustAppend(t, l, "s0", its))
		for _, it := range its {
			want.Write(it.Bytes)
		}
	}
	wantAll(t, l, want.String())
}

func testRepeatedBatch(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 4})
	its := items(10, 20, 7)
	first := mustAppend(t, l, "s0", its)
	before := readAll(t, l)
	wantAppended(t, eventlog.Appended{Skipped: 20}, mustAppend(t, l, "s0", its))
	wantAll(t, l, before)
	if first.Events != 20 || strings.Count(before, "<") != 20 {
		t.Errorf("appended %+v, read %q, want 20 events", first, before)
	}
}

func testOverlap(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1})
	mustAppend(t, l, "s0", items(5, 5, 1)) // 5..9; the next is longer by a digit
	wantAppended(t, eventlog.Appended{Events: 3, Skipped: 3, Entries: 1}, mustAppend(t, l, "s0", items(7, 6, 1)))
	wantAll(t, l, "<5><6><7><8><9><10><11><12>")
}

func testShardMarks(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1})
	mustAppend(t, l, "s0", items(100, 2, 1))
	wantAppended(t, eventlog.Appended{Events: 2, Entries: 1}, mustAppend(t, l, "s1", items(50, 2, 1)))
	wantAll(t, l, "<100><101><50><51>")
}

// testKeyMarks: batches of different keys of a shard come in any order.
func testKeyMarks(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1, Parallel: true})
	a := []eventlog.Item{item("t", "a", 10), item("t", "a", 30)}
	b := []eventlog.Item{item("t", "b", 20), item("t", "c", 21)}
	mustAppend(t, l, "s0", a)
	wantAppended(t, eventlog.Appended{Events: 2, Entries: 1}, mustAppend(t, l, "s0", b))
	wantAppended(t, eventlog.Appended{Skipped: 2}, mustAppend(t, l, "s0", a))
	wantAppended(t, eventlog.Appended{Skipped: 2}, mustAppend(t, l, "s0", b))
	wantAppended(t, eventlog.Appended{Events: 2, Entries: 1}, mustAppend(t, l, "s1", b))
	wantAll(t, l, "<10><30><20><21><20><21>")
}

func testKeyOverlap(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1, Parallel: true})
	mustAppend(t, l, "s0", []eventlog.Item{item("t", "a", 1), item("t", "b", 2), item("t", "a", 3), item("t", "a", 8)})
	got := mustAppend(t, l, "s0", []eventlog.Item{item("t", "a", 3), item("t", "b", 4), item("t", "c", 5), item("t", "a", 8), item("t", "a", 9)})
	wantAppended(t, eventlog.Appended{Events: 3, Skipped: 2, Entries: 1}, got)
	wantAll(t, l, "<1><2><3><8><4><5><9>")
}

// testKeysAfterSerial: what was appended while batches came in order stays appended.
func testKeysAfterSerial(t *testing.T, w *world) {
	serial := w.open(t, eventlog.Config{Lanes: 1})
	mustAppend(t, serial, "s0", []eventlog.Item{item("t", "a", 1), item("t", "b", 2)})
	l := w.open(t, eventlog.Config{Parallel: true})
	got := mustAppend(t, l, "s0", []eventlog.Item{item("t", "a", 1), item("t", "b", 2), item("t", "b", 3)})
	wantAppended(t, eventlog.Appended{Events: 1, Skipped: 2, Entries: 1}, got)
	wantAppended(t, eventlog.Appended{Skipped: 1}, mustAppend(t, l, "s0", []eventlog.Item{item("t", "c", 2)}))
	wantAll(t, l, "<1><2><3>")
}

func testLargeBatch(t *testing.T, w *world) {
	const half = eventlog.MaxEntryBytes/2 - 1
	l := w.open(t, eventlog.Config{Lanes: 1})
	its := items(0, 6, 1)
	for i := range its {
		its[i].Bytes = make([]byte, half)
	}
	its[5].Bytes = make([]byte, 3*eventlog.MaxEntryBytes)
	wantAppended(t, eventlog.Appended{Events: 6, Entries: 4}, mustAppend(t, l, "s0", its))
	if got, want := len(readAll(t, l)), 5*half+3*eventlog.MaxEntryBytes; got != want {
		t.Errorf("read %d bytes, want %d", got, want)
	}
}

// testManyKeys: a batch of as many records as Lambda brings, each with a key of its own.
func testManyKeys(t *testing.T, w *world) {
	const n = 10_000
	l := w.open(t, eventlog.Config{Lanes: 1, Parallel: true})
	its := items(0, n, 1)
	for i := range its {
		its[i].Key = fmt.Sprint("key ", i)
	}
	if got := mustAppend(t, l, "s0", its[:n/2]); got.Events != n/2 {
		t.Errorf("appended %+v", got)
	}
	if got := mustAppend(t, l, "s0", its); got.Events != n/2 || got.Skipped != n/2 {
		t.Errorf("appended %+v", got)
	}
	if got := strings.Count(readAll(t, l), "<"); got != n {
		t.Errorf("the log holds %d events, want %d", got, n)
	}
}

func testNotices(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 3})
	grown := make(chan int, 64)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Notices(ctx, 3, func(lane int) { grown <- lane }) }()
	for range 3 { // the subscription being in force
		<-grown
	}
	it := items(0, 1, 1)
	mustAppend(t, l, "s0", it)
	if got, want := <-grown, eventlog.LaneOf(it[0].Topic, 3); got != want {
		t.Errorf("notice of lane %d, want %d", got, want)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Notices = %v", err)
	}
}
