package eventlog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// FuzzParseEntry: an entry may hold anything that somebody has put into the stream.
func FuzzParseEntry(f *testing.F) {
	f.Add("1700000000000-1", "p", "1700000000000-0", "e", "\x0a\x00", "", "")
	f.Add("1-0", "p", "0-0", "r", "0-9", "", "")
	f.Add("1-0", "p", "x", "e", "", "r", "")
	f.Add("x", "", "", "", "", "", "")
	f.Fuzz(func(t *testing.T, id, k1, v1, k2, v2, k3, v3 string) {
		values := map[string]any{k1: v1, k2: v2, k3: v3} // of names that come twice the last counts
		e, err := parseStreamEntry([]any{id, []any{k1, v1, k2, v2, k3, v3}})
		if err != nil {
			return
		}
		if e.ID.Compare(ID{}) < 0 || e.Follows(e.Prev) == Trimmed {
			t.Errorf("%q %v reads as %+v", id, values, e)
		}
		if _, torn := values["r"]; torn != e.Torn || torn && e.Follows(Oldest) != Reset {
			t.Errorf("%v: torn %v", values, e.Torn)
		}
		if data, ok := values["e"]; ok && string(e.Data) != data {
			t.Errorf("%v: data %q", values, e.Data)
		}
	})
}

// FuzzAnswers: whatever Redis answers, the log says what it cannot read, and an append
// never loses or makes up items.
func FuzzAnswers(f *testing.F) {
	f.Add("1-1", "0123456789abcdef 4 60000 1048576 1", " 5-0 4-7 \n99\n22", "3 1-0")
	f.Add("SKIPPED\n1-1", "0123456789abcdef 256 1000 17592186044416 0", " ", "")
	f.Add("OVERLAP\n1-1\n2\n", "    ", "x\n-1", "x")
	f.Add("OVERLAP\n\n9", "", "0-0\n9223372036854775808", "-1 ")
	f.Fuzz(func(t *testing.T, answer, epoch, state, oldest string) {
		l := &Log{now: nil, scripts: newScripts()}
		items := []Item{{Key: "a", Sequence: "1"}, {Key: "b", Sequence: "2"}, {Key: "a", Sequence: "3"}}
		p := part{items: items}
		p.marks, p.markOf = marksOf("s", items, true)
		b := &batch{log: l, items: items}
		cmd := redis.NewCmd(context.Background())
		var fields []any
		for field := range strings.SplitSeq(answer, "\n") {
			fields = append(fields, field)
		}
		cmd.SetVal(fields)
		if len(fields) == 1 {
			cmd.SetVal(answer) // a text alone
		}
		rest, err := b.finish(l.scripts.append, Epoch{ID: "e"}, cmd, p)
		if got := b.sum.Events + b.sum.Skipped + len(rest.items); got != len(items) {
			t.Errorf("%q: %d of %d items are accounted for: %+v, %+v", answer, got, len(items), b.sum, rest)
		}
		if err == nil && len(rest.items) > 0 || err != nil && len(rest.items) == 0 {
			t.Errorf("%q: %d items are left, and the error is %v", answer, len(rest.items), err)
		}
		if e, err := parseEpoch(epoch); err == nil && (e.Lanes < 1 || e.Lanes > MaxLanes || e.Retention < MinRetention || e.Budget < MinBudget) {
			t.Errorf("%q reads as %+v", epoch, e)
		}
		var values []any
		for value := range strings.SplitSeq(state, "\n") {
			values = append(values, value)
		}
		lane, first := redis.NewSliceCmd(context.Background()), redis.NewStringCmd(context.Background())
		lane.SetVal(values)
		first.SetVal(oldest)
		if s, err := parseLane(lane, first); err == nil && (s.Held < 0 || s.Appended < 0 || s.Held > s.Appended) {
			t.Errorf("%q %q reads as %+v", state, oldest, s)
		}
	})
}

// TestForeignAnswers: a server that is no Redis, or answers what no script of ours
// does, is an error, never a panic.
func TestForeignAnswers(t *testing.T) {
	for _, answer := range []string{"*0\r\n", "$-1\r\n", ":1\r\n", "+OK\r\n", "*2\r\n$2\r\nOK\r\n$1\r\nx\r\n", "-ERR no\r\n", "HTTP/1.1 400 Bad Request\r\n"} {
		lis, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := lis.Accept()
				if err != nil {
					return
				}
				go answerAll(conn, answer)
			}
		}()
		l := openLog(t, "redis://"+lis.Addr().String(), Config{Lanes: 1})
		var failed *AppendError
		if _, err := l.Append(t.Context(), "s", items(1, 1, 1)); !errors.As(err, &failed) {
			t.Errorf("%q: Append = %v", answer, err)
		}
		l.epoch.set(Epoch{ID: "0123456789abcdef", Lanes: 1, Retention: MinRetention, Budget: MinBudget}, "")
		if _, err := l.Append(t.Context(), "s", items(1, 1, 1)); !errors.As(err, &failed) {
			t.Errorf("%q: Append in an epoch = %v", answer, err)
		}
		if _, err := l.State(t.Context()); err == nil {
			t.Errorf("%q: State: no error", answer)
		}
		lis.Close()
	}
}

// answerAll answers every line of requests that begins one.
func answerAll(conn net.Conn, answer string) {
	defer conn.Close()
	for r := bufio.NewReader(conn); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if strings.HasPrefix(line, "*") {
			fmt.Fprint(conn, answer)
		}
	}
}
