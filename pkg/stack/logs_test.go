package stack

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

func TestLastLines(t *testing.T) {
	t.Parallel()
	s, out := newFake(t, modeGood, nil)
	if err := s.Logs(t.Context(), LogOptions{Lines: 2}); err != nil {
		t.Fatal(err)
	}
	wantText(t, "output", out.String(), "There are no logs")
	write(t, s.path(logDir, "sandbox.log"), "1\n2\n3\n")
	write(t, s.path(stateDir, "log", "gateway.log"), "a\nb")
	write(t, s.path(stateDir, "lambda", "logs", "consumer.log"), "")
	write(t, s.path(stateDir, "lambda", "code", "deep", "not-a.log"), "no")
	if err := s.Logs(t.Context(), LogOptions{Lines: 2}); err != nil {
		t.Fatal(err)
	}
	if _, got, _ := strings.Cut(out.String(), "yet.\n"); got != "sandbox     | 2\nsandbox     | 3\ngateway     | a\ngateway     | b\n" {
		t.Errorf("got %q", got)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	s, out := newFake(t, modeGood, nil)
	path := s.path(stateDir, "log", "gateway.log")
	write(t, path, "old\nlast\n")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Logs(ctx, LogOptions{Lines: 1, Follow: true}) }()
	awaitText(t, out, "gateway     | last\n")
	add(t, path, "next\npart")
	awaitText(t, out, "gateway     | next\n")
	write(t, path, "anew\n") // shorter: begun anew
	awaitText(t, out, "anew\n")
	write(t, s.path(stateDir, "lambda", "logs", "consumer.log"), "hello\n") // did not exist before
	awaitText(t, out, "consumer    | hello\n")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if strings.Contains(out.String(), "old") {
		t.Errorf("more than the last line is shown:\n%s", out)
	}
}

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func awaitText(t *testing.T, out *syncBuffer, text string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !strings.Contains(out.String(), text) {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited in vain for %q in:\n%s", text, out)
		}
	}
}

func TestTailOfLongLog(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/long.log"
	write(t, path, strings.Repeat("x", maxTailBytes)+"\nlast\n")
	lines, err := tail(path, 5)
	if err != nil || len(lines) != 1 || lines[0] != "last" {
		t.Errorf("%d lines, %v: want the one that is whole", len(lines), err)
	}
}
