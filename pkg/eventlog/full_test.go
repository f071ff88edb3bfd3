package eventlog

import (
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
