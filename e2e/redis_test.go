package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/client"
)

// redisFull: while Redis refuses what writes, records wait in Kinesis and streams
// stay open; afterwards every record arrives, in order and without a gap.
func redisFull(t *testing.T, s Stack) {
	sub := subscribe(t, s, Institute, client.Subscription{
		Patterns:     []string{weather(s, "nh")},
		OnDisconnect: func(d client.Disconnect) { t.Errorf("the stream was disconnected: %v", d.Err) },
	})
	put(t, s, "KCON", report(s, "nh", 0)) // the function is warm after it
	sub.take(t, 1)
	full := s.FillRedis(t)
	const n = 100
	for i := range n {
		put(t, s, "KCON", report(s, "nh", i))
	}
	const tried = 3 // the consumer comes again
	await(t, func() bool { return full.Refusals(t) >= tried }, "Redis refuses nothing")
	sub.nothing(t)
	full.Free(t)
	for i, ev := range sub.take(t, n) {
		if want := fmt.Sprintf(`"number":%d,`, i); !contains(ev.Data, want) {
			t.Fatalf("event %d is %s", i, ev.Data)
		}
	}
	put(t, s, "KCON", report(s, "nh", n))
	sub.take(t, 1)
	sub.nothing(t)
}

// await waits until ok. It fails with what is wrong if that takes too long.
func await(t *testing.T, ok func() bool, wrong string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s within %s", wrong, patience)
		}
	}
}
