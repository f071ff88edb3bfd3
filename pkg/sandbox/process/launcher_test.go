package process_test

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/process"
)

// syncBuffer is a bytes.Buffer that a process may write while a test reads.
type syncBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestCommandGetsOnlyWhatItIsGiven(t *testing.T) {
	t.Setenv("PROCESS_TEST_SECRET", "inherited")
	var launcher process.Launcher
	defer launcher.Close()
	var out syncBuffer
	dir := t.TempDir()
	cmd := self(t, "environ")
	cmd.Env = append(cmd.Env, "GIVEN=1")
	cmd.Dir, cmd.Output = dir, &out
	p, err := launcher.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	<-p.Exited()
	if want := "[" + roleVariable + "=environ " + quickExit + " GIVEN=1 PWD=" + dir + "] " + dir + "\n"; out.String() != want {
		if got := strings.ReplaceAll(out.String(), " PWD="+dir, ""); got != strings.ReplaceAll(want, " PWD="+dir, "") {
			t.Errorf("child saw %q, want %q", out.String(), want)
		}
	}
}

func TestExit(t *testing.T) {
	tests := map[string]struct {
		role string
		args []string
		kill bool
		text string
	}{
		"status 0":  {role: "exit", args: []string{"0"}},
		"status 7":  {role: "exit", args: []string{"7"}, text: "exit status 7"},
		"by signal": {role: "stubborn", kill: true, text: "signal: killed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var launcher process.Launcher
			defer launcher.Close()
			p, err := launcher.Start(self(t, tt.role, tt.args...))
			if err != nil {
				t.Fatal(err)
			}
			if tt.kill {
				p.Kill()
			}
			<-p.Exited()
			if err := p.Err(); (err == nil) != (tt.text == "") || err != nil && err.Error() != tt.text {
				t.Errorf("error %v, want %q", err, tt.text)
			}
		})
	}
}

func TestStopEscalates(t *testing.T) {
	var launcher process.Launcher
	defer launcher.Close()
	var out syncBuffer
	cmd := self(t, "stubborn")
	cmd.Output = &out
	p, err := launcher.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "child ignores SIGTERM", func() bool { return strings.Contains(out.String(), "ignoring") })
	begun := time.Now()
	const grace = 50 * time.Millisecond
	p.Stop(t.Context(), grace)
	if took := time.Since(begun); took < grace {
		t.Errorf("killed after %v, before the grace of %v was over", took, grace)
	}
	if alive(p.Pid()) {
		t.Error("still alive")
	}
	p.Signal(syscall.SIGTERM) // to a process that is gone: nothing
}

func TestGrandchildrenAreKilled(t *testing.T) {
	tests := map[string]struct {
		args []string
		end  func(*testing.T, *process.Process)
	}{
		"when the parent is stopped":     {end: func(t *testing.T, p *process.Process) { p.Stop(t.Context(), time.Millisecond) }},
		"when the parent ends by itself": {args: []string{"leave"}, end: func(*testing.T, *process.Process) {}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var launcher process.Launcher
			defer launcher.Close()
			var out syncBuffer
			cmd := self(t, "parent", tt.args...)
			cmd.Output = &out
			p, err := launcher.Start(cmd)
			if err != nil {
				t.Fatal(err)
			}
			pid := childPid(t, &out)
			tt.end(t, p)
			<-p.Exited()
			eventually(t, "grandchild is gone", func() bool { return !alive(pid) })
		})
	}
}

// childPid waits for a line "child PID".
func childPid(t *testing.T, out *syncBuffer) int {
	t.Helper()
	pattern := regexp.MustCompile(`child (\d+)\n`)
	eventually(t, "the child's pid is printed", func() bool { return pattern.MatchString(out.String()) })
	pid, err := strconv.Atoi(pattern.FindStringSubmatch(out.String())[1])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestLauncherClose(t *testing.T) {
	var launcher process.Launcher
	p, err := launcher.Start(self(t, "stubborn"))
	if err != nil {
		t.Fatal(err)
	}
	launcher.Close()
	launcher.Close()
	if alive(p.Pid()) {
		t.Error("a process outlived Close")
	}
	if _, err := launcher.Start(self(t, "exit", "0")); !errors.Is(err, process.ErrClosed) {
		t.Errorf("Start after Close: %v, want %v", err, process.ErrClosed)
	}
}

func TestStartUnknownProgram(t *testing.T) {
	var launcher process.Launcher
	defer launcher.Close()
	if _, err := launcher.Start(process.Command{Path: "/nonexistent/program"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %v", err, os.ErrNotExist)
	}
}
