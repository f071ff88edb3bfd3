package eventlog

import (
	"net"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

// TestRestart: after a restart, the first entry of a lane tells that something may be
// missing, whoever appends it. Nobody may be left who knows what there was.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	first := redistest.Server(t, "--dir", dir, "--appendonly", "yes")
	_, port, err := net.SplitHostPort(first.Nodes[0].Addr)
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, openLog(t, first.URL, Config{Lanes: 1}), "s0", items(0, 2, 1))
	first.Nodes[0].Kill()

	again := redistest.Server(t, "--dir", dir, "--appendonly", "yes", "--port", port)
	l := openLog(t, first.URL, Config{})
	l.now = func() time.Time { return time.Now().Add(2 * time.Second) } // a restart takes a while
	for _, next := range []int{2, 3} {
		mustAppend(t, l, "s1", items(next, 1, 1))
	}
	_ = again
	page := l.Read(t.Context(), l.epoch.get().ID, []Query{{Lane: 0, After: Oldest, Count: 9}})[0]
	if page.Err != nil || len(page.Entries) != 3 {
		t.Fatalf("%d entries, %v", len(page.Entries), page.Err)
	}
	for i, want := range []bool{false, true, false} {
		if page.Entries[i].Torn != want {
			t.Errorf("entry %d: torn %v, want %v", i, page.Entries[i].Torn, want)
		}
	}
}
