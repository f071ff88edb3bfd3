package eventlog

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestClientLogger: a Redis that is away does not fill the log.
func TestClientLogger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := &clientLogger{log: slog.New(slog.NewTextHandler(&out, nil))}
		for range 25 { // a second each
			l.Printf(t.Context(), "cannot dial %s", "redis:6379")
			time.Sleep(time.Second)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 3 {
			t.Fatalf("got %d lines, want 3:\n%s", len(lines), &out)
		}
		for i, want := range []string{"untold_before=0", "untold_before=9", "untold_before=9"} {
			if !strings.HasSuffix(lines[i], want) || !strings.Contains(lines[i], "cannot dial redis:6379") {
				t.Errorf("line %d is %s, want %s", i, lines[i], want)
			}
		}
	})
}
