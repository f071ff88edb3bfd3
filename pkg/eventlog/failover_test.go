package eventlog_test

import (
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

// TestFailover: a replica that lags behind takes over. Who wrote what is lost tells
// everybody, with the next append or with none.
func TestFailover(t *testing.T) {
	t.Parallel()
	master := redistest.Server(t)
	replica := redistest.Server(t, "--replicaof", hostPort(master.Nodes[0].Addr))
	addr := redistest.NewSwitch(t, master.Nodes[0].Addr)
	open := func() *eventlog.Log {
		l, err := eventlog.Open(eventlog.Config{URL: "redis://" + addr.Addr, Lanes: 1, Patience: redistest.Patience})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	appendOne := func(l *eventlog.Log, shard, sequence string) {
		t.Helper()
		if _, err := l.Append(t.Context(), shard, []eventlog.Item{{Topic: "t", Key: "k", Sequence: sequence, Bytes: []byte("<" + shard + " " + sequence + ">")}}); err != nil {
			t.Fatal(err)
		}
	}
	m, r := master.Client(t), replica.Client(t)
	writer, began := open(), time.Now()
	appendOne(writer, "s0", "1")
	redistest.Eventually(t, func() bool {
		n, err := m.Do(t.Context(), "WAIT", 1, 100).Int()
		return err == nil && n == 1 && r.DBSize(t.Context()).Val() > 0
	})
	if err := r.Do(t.Context(), "REPLICAOF", "NO", "ONE").Err(); err != nil { // it gets nothing from here on
		t.Fatal(err)
	}
	appendOne(writer, "s0", "2") // acknowledged, and lost
	state, err := writer.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	master.Nodes[0].Kill()
	addr.To(replica.Nodes[0].Addr)
	redistest.Eventually(t, func() bool { return time.Since(began) > 1500*time.Millisecond }) // a failover takes a while
	appendOne(open(), "s1", "1")                                                              // by a process that knows of nothing
	appendOne(writer, "s0", "3")

	page := writer.Read(t.Context(), state.Epoch.ID, []eventlog.Query{{After: eventlog.Oldest, Count: 9}})[0]
	if page.Err != nil || len(page.Entries) != 3 {
		t.Fatalf("%+v, want three entries", page)
	}
	for i, want := range []eventlog.Entry{{Data: []byte("<s0 1>")}, {Data: []byte("<s1 1>"), Torn: true}, {Data: []byte("<s0 3>")}} {
		if e := page.Entries[i]; string(e.Data) != string(want.Data) || e.Torn != want.Torn {
			t.Errorf("entry %d is %q, torn %v, want %q, %v", i, e.Data, e.Torn, want.Data, want.Torn)
		}
	}
	if got := page.Entries[1].Follows(state.Lanes[0].Head); got != eventlog.Reset {
		t.Errorf("who has read what is lost is told %v, want Reset", got)
	}
}

func hostPort(addr string) string { // as redis-server takes it
	for i := range addr {
		if addr[i] == ':' {
			return addr[:i] + " " + addr[i+1:]
		}
	}
	return addr
}
