package rebuild

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

func TestIdentify(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("9", maxSequenceDigits)
	good := []string{"0:1:0", "0:2:0", "1:1:0", "0:1:1", "0:10:0", "0:" + long + ":0", "0:" + long[1:] + ":0", "0:1" + strings.Repeat("0", 19) + ":0", "0:0:0",
		"0:1" + strings.Repeat("0", 38) + ":0", "0:1:4294967295", "x-y:1:0"}
	x := newIndex(nil, epochOf(1), time.Now(), 1)
	seen := map[identity]string{}
	for _, id := range good {
		got, ok := x.identify(encodedWith(id))
		if other, twice := seen[got]; !ok || twice {
			t.Errorf("%s: %v, the same as %s", id, ok, other)
		}
		seen[got] = id
		if again, _ := x.identify(encodedWith(id)); again != got {
			t.Errorf("%s is not itself", id)
		}
	}
	for _, id := range []string{"", ":1:0", "0:1", "0::0", "0:01:0", "0:1x:0", "0:-1:0", "0:1:", "0:1:-1", "0:1:4294967296", "0:9" + long + ":0", "0:1:0:0"} {
		if got, ok := x.identify(encodedWith(id)); ok {
			t.Errorf("%q is read as %+v", id, got)
		}
	}
}

// encodedWith is an encoded event with an id and a topic.
func encodedWith(id string) []byte {
	message := protowire.AppendString(protowire.AppendTag(nil, fieldID, protowire.BytesType), id)
	message = protowire.AppendString(protowire.AppendTag(message, 2, protowire.BytesType), "t")
	return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), message)
}

func TestEventID(t *testing.T) {
	t.Parallel()
	ev := event.Event{Shard: "shardId-000000000012", SequenceNumber: "495", SubSequence: 3, Topic: "t", Arrival: time.UnixMilli(1), Data: []byte("d")}
	if got := string(eventID(event.Append(nil, &ev))); got != ev.ID() || got != "12:495:3" {
		t.Errorf("got %s, want %s", got, ev.ID())
	}
	if n := (&spillwayv1.Event{}).ProtoReflect().Descriptor().Fields().ByName("id").Number(); n != fieldID {
		t.Errorf("the contract says that the id is field %d", n)
	}
}

// FuzzIdentify: two ids are one identity if, and only if, they are the same text.
func FuzzIdentify(f *testing.F) {
	f.Add("0:49590338271490256608559692538361571095921575989136588898:0", "0:49590338271490256608559692538361571095921575989136588899:0")
	f.Add("0:1:0", "0:01:0")
	f.Add("1:18446744073709551616:7", "1:184467440737095516160:7")
	f.Add("a:1:00", "a:1:0")
	f.Fuzz(func(t *testing.T, a, b string) {
		x := newIndex(nil, epochOf(1), time.Now(), 1)
		ia, oka := x.identify(encodedWith(a))
		ib, okb := x.identify(encodedWith(b))
		if oka && okb && (ia == ib) != (a == b) {
			t.Errorf("%q and %q: %+v and %+v", a, b, ia, ib)
		}
	})
}

// FuzzTake: no bytes of a log make it panic or read on for ever.
func FuzzTake(f *testing.F) {
	f.Add(encodedWith("0:1:0"))
	f.Add(append(encodedWith("0:1:0"), 0x0a, 0x05, 0x12))
	f.Add([]byte("\x0a\x03\x12\x01x"))
	f.Add(bytes.Repeat([]byte{0xff}, 20))
	f.Fuzz(func(t *testing.T, data []byte) {
		x := newIndex(nil, epochOf(1), time.Now(), 1_000)
		if err := x.take(data); err != nil && len(data) < 1_000 {
			t.Errorf("%d bytes: %v", len(data), err)
		}
		_ = eventID(data)
	})
}

func epochOf(lanes int) eventlog.Epoch { return eventlog.Epoch{ID: "0123456789abcdef", Lanes: lanes} }
