package main

import (
	"bytes"
	"testing"
)

// TestWorkload: records follow from the seed, and whatever is not one of them is
// told apart.
func TestWorkload(t *testing.T) {
	t.Parallel()
	w, same, other := newWorkload(1), newWorkload(1), newWorkload(2)
	for i, c := range w.chains {
		at, ok := w.find(c.Topic, c.Key)
		if !ok || at != i {
			t.Fatalf("find(%s, %s) = %d, %t, want %d", c.Topic, c.Key, at, ok, i)
		}
		data := w.data(i, 7)
		if n, ok := w.number(i, data); n != 7 || !ok {
			t.Fatalf("number of record 7 of chain %d = %d, %t", i, n, ok)
		}
		if !bytes.Equal(data, same.data(i, 7)) || bytes.Equal(data, other.data(i, 7)) {
			t.Fatalf("record 7 of chain %d does not follow from the seed", i)
		}
		if _, ok := w.number((i+1)%len(w.chains), data); ok {
			t.Fatalf("a record of chain %d is taken for one of another chain", i)
		}
	}
	for _, data := range []string{"", "{}", `{"number":x}`, `{"number":0,`, `{"number":7,"state":"ny"}`, `{"number":99999999999,`} {
		if n, ok := w.number(0, []byte(data)); ok {
			t.Errorf("%q is taken for record %d", data, n)
		}
	}
	for _, c := range []chain{{Topic: "weather.us.ny", Key: "nobody"}, {Topic: "x", Key: "station-000"}, {}} {
		if i, ok := w.find(c.Topic, c.Key); ok {
			t.Errorf("find(%q, %q) = %d", c.Topic, c.Key, i)
		}
	}
}

func TestEventID(t *testing.T) {
	t.Parallel()
	for shard, want := range map[string]string{"shardId-000000000000": "0:9:0", "shardId-000000000012": "12:9:0", "shardId-000000000100": "100:9:0"} {
		if got := eventID(shard, "9"); got != want {
			t.Errorf("eventID(%s, 9) = %s, want %s", shard, got, want)
		}
	}
}
