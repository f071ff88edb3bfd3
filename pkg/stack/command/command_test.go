package command_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/stack/command"
)

func TestRun(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		script string
		want   string // in the error; empty: none
		output string
	}{
		{"success", "echo out; echo err >&2", "", "out\nerr\n"},
		{"failure", "echo out; exit 3", "exit status 3", "out\n"},
		{"only its own variables", `echo "$ONE $HOME"`, "", "1 \n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			c := command.Command{Path: "/bin/sh", Args: []string{"-c", tt.script}, Env: []string{"ONE=1"}, Stdout: &out, Stderr: &out}
			err := c.Run(t.Context())
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if out.String() != tt.output {
				t.Errorf("output %q, want %q", out.String(), tt.output)
			}
		})
	}
}

func TestRunNamesWhatIsNotInstalled(t *testing.T) {
	t.Parallel()
	err := command.Command{Path: "no-such-program-here"}.Run(t.Context())
	if !errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "no-such-program-here is not installed") {
		t.Errorf("error %v", err)
	}
}

// A tool that starts programs itself must not leave them when it is interrupted.
func TestInterruptEndsTheGroup(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, trap string }{
		{"that heeds it", ""},
		{"that does not", `trap "" INT;`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "pid")
			script := tt.trap + ` sleep 100 & echo $! > ` + file + `.new && mv ` + file + `.new ` + file + `; wait`
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- command.Command{Path: "/bin/sh", Args: []string{"-c", script}}.Run(ctx) }()
			var pid int
			eventually(t, "the grandchild runs", func() bool {
				text, err := os.ReadFile(file)
				if err != nil {
					return false
				}
				pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
				return err == nil
			})
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want %v", err, context.Canceled)
			}
			eventually(t, "the grandchild is gone", func() bool { return gone(pid) })
		})
	}
}

// gone says whether a process has ended; one that nobody has waited for counts.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(text), ") Z ")
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	lines := command.NewLines(&out)
	a, b := lines.Writer("a", 3), lines.Writer("bcd", 3)
	for _, w := range []struct {
		to   interface{ Write([]byte) (int, error) }
		text string
	}{{a, "one\ntw"}, {b, "1\r\n"}, {a, "o\n\nthree"}} {
		if n, err := w.to.Write([]byte(w.text)); n != len(w.text) || err != nil {
			t.Fatalf("Write(%q) = %d, %v", w.text, n, err)
		}
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	const want = "a   | one\nbcd | 1\na   | two\na   | \na   | three\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestLinesBreaksEndlessLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := command.NewLines(&out).Writer("x", 1)
	for range 3 {
		if _, err := w.Write(bytes.Repeat([]byte("y"), 50<<10)); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d lines have been written of 150 KiB without an end, want 2 of 64 KiB", n)
	}
}
