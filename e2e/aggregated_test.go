package e2e

import (
	"crypto/md5"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/spillway/spillway/pkg/client"
)

// aggregatedRecord: the user records of a record that the Kinesis Producer Library
// has aggregated arrive as events of their own, in order, with keys of their own.
func aggregatedRecord(t *testing.T, s Stack) {
	sub := subscribe(t, s, Institute, client.Subscription{Patterns: []string{weather(s, "wy")}})
	const n = 25
	var keys, records []byte
	for i := range n {
		keys = protowire.AppendString(protowire.AppendTag(keys, 1, protowire.BytesType), fmt.Sprintf("K%d", i))
		var r []byte
		r = protowire.AppendVarint(protowire.AppendTag(r, 1, protowire.VarintType), uint64(i))
		r = protowire.AppendBytes(protowire.AppendTag(r, 3, protowire.BytesType), report(s, "wy", i))
		records = protowire.AppendBytes(protowire.AppendTag(records, 3, protowire.BytesType), r)
	}
	message := slices.Concat(keys, records)
	sum := md5.Sum(message) // the format's checksum
	data := append([]byte{0xf3, 0x89, 0x9a, 0xc2}, message...)
	seq := put(t, s, "aggregate", append(data, sum[:]...))
	for i, ev := range sub.take(t, n) {
		if ev.PartitionKey != fmt.Sprintf("K%d", i) || !contains(ev.Data, fmt.Sprintf(`"number":%d,`, i)) {
			t.Errorf("event %d: key %s, %s", i, ev.PartitionKey, ev.Data)
		}
		if want := fmt.Sprintf(":%s:%d", seq, i); len(ev.ID) < len(want) || ev.ID[len(ev.ID)-len(want):] != want {
			t.Errorf("event %d: id %s", i, ev.ID)
		}
	}
}
