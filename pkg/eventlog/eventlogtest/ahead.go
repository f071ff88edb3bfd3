package eventlogtest

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/spillway/spillway/pkg/eventlog"
)

// large is an item whose events go ahead of the script that commits them.
func large(sequence int) eventlog.Item {
	it := item("t", "k", sequence)
	it.Bytes = bytes.Repeat(it.Bytes, 1+8<<10/len(it.Bytes))
	return it
}

// testNeverCommitted: events that went ahead of a script that was never run, because the
// server had forgotten it and the process ended, are no entry, however many there are.
func testNeverCommitted(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1})
	mustAppend(t, l, "s0", []eventlog.Item{large(1)})
	for i := range 9 {
		add := &redis.XAddArgs{Stream: w.lane(t, l, 0).Key("entries"), Values: []any{"e", fmt.Sprint("<lost ", i, ">")}}
		if err := w.client.XAdd(t.Context(), add).Err(); err != nil {
			t.Fatal(err)
		}
	}
	mustAppend(t, l, "s0", []eventlog.Item{large(2)})
	mustAppend(t, l, "s0", []eventlog.Item{item("t", "k", 3)})
	var got []byte
	for pos := (eventlog.ID{}); ; {
		page := read(t, l, eventlog.Query{After: pos, Count: 1})
		for _, e := range page {
			if e.Follows(pos) != eventlog.Continuous {
				t.Errorf("entry %+v does not follow %v", e.ID, pos)
			}
			got, pos = append(got, e.Data...), e.ID
		}
		if len(page) == 0 {
			break
		}
	}
	if want := bytes.Join([][]byte{large(1).Bytes, large(2).Bytes, []byte("<3>")}, nil); !bytes.Equal(got, want) {
		t.Errorf("read %d bytes, want %d", len(got), len(want))
	}
}

// testHalfTrimmed: Redis trims as it likes, also between the events and what commits them.
func testHalfTrimmed(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1})
	entries := w.lane(t, l, 0).Key("entries")
	mustAppend(t, l, "s0", []eventlog.Item{large(0)})
	first := state(t, l).Head
	mustAppend(t, l, "s0", []eventlog.Item{large(1)})
	second := state(t, l).Head
	if err := w.client.XTrimMinID(t.Context(), entries, second.String()).Err(); err != nil {
		t.Fatal(err)
	}
	page := read(t, l, eventlog.Query{After: first, Count: 1})
	if len(page) != 1 || page[0].Data != nil || page[0].Follows(first) != eventlog.Trimmed {
		t.Errorf("read %d entries, want one without events that tells of what is missing", len(page))
	}
}

// testBegunBetween: a position that is a time may come between the events and what commits
// them, which has the entry's id.
func testBegunBetween(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1})
	mustAppend(t, l, "s0", []eventlog.Item{item("t", "k", 1)})
	head := state(t, l).Head
	ahead, entry := eventlog.ID{MS: head.MS + 1000}, eventlog.ID{MS: head.MS + 2000}
	for _, add := range []*redis.XAddArgs{
		{ID: ahead.String(), Values: []any{"e", "<2>"}},
		{ID: entry.String(), Values: []any{"c", head.String()}},
	} {
		add.Stream = w.lane(t, l, 0).Key("entries")
		if err := w.client.XAdd(t.Context(), add).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, after := range []eventlog.ID{head, ahead} {
		page := read(t, l, eventlog.Query{After: after, Count: 1})
		if len(page) != 1 || string(page[0].Data) != "<2>" || page[0].ID != entry || page[0].Prev != head {
			t.Errorf("after %v: %+v, want the entry with its events", after, page)
		}
	}
}

// testForgottenScript: a server that does not know the script any more has already been
// given the events.
func testForgottenScript(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{Lanes: 1})
	mustAppend(t, l, "s0", []eventlog.Item{large(1)})
	if err := w.flushScripts(t); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, "s0", []eventlog.Item{large(2)})
	n, err := w.client.XLen(t.Context(), w.lane(t, l, 0).Key("entries")).Result()
	if err != nil || n > 4 {
		t.Errorf("the stream has %d entries (%v), want two for each append, at most", n, err)
	}
	if got, want := len(readAll(t, l)), len(large(1).Bytes)+len(large(2).Bytes); got != want {
		t.Errorf("read %d bytes, want %d", got, want)
	}
}

func (w *world) flushScripts(t *testing.T) error {
	if cluster, ok := w.client.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(t.Context(), func(ctx context.Context, c *redis.Client) error { return c.ScriptFlush(ctx).Err() })
	}
	return w.client.ScriptFlush(t.Context()).Err()
}
