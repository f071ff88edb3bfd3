package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// open are the terminals, lest they are closed as garbage.
var open sync.Map

// newTerminal returns a terminal and the side of it where somebody sits.
func newTerminal(t *testing.T) (terminal, somebody *os.File) {
	t.Helper()
	somebody, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no terminals: %v", err)
	}
	t.Cleanup(func() { somebody.Close() })
	fd := int(somebody.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	// It stays open: what an interrupted question leaves behind sets the state of its file descriptor once more, of whatever
	// that is by then.
	open.Store(n, terminal)
	return terminal, somebody
}

func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// untilUnseen waits until the terminal does not show what is typed, or who is to see to it has ended.
func untilUnseen(t *testing.T, terminal *os.File, done <-chan error) {
	t.Helper()
	deadline, tick := time.After(time.Minute), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for echoes(t, terminal) {
		select {
		case <-tick.C:
		case err := <-done:
			t.Fatalf("it ends without a question: %v", err)
		case <-deadline:
			t.Fatal("the terminal goes on showing what is typed")
		}
	}
}

// TestTheSecretIsTypedUnseen on a real terminal.
func TestTheSecretIsTypedUnseen(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	env := without(c.env(), "SPILLWAY_CLIENT_SECRET")
	terminal, somebody := newTerminal(t)
	var stdout bytes.Buffer
	done := make(chan error, 1)
	go func() {
		done <- run(t.Context(), []string{"access"}, func(name string) string { return env[name] }, terminal, &stdout, terminal)
	}()
	untilUnseen(t, terminal, done)
	if _, err := somebody.WriteString("s3cret\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil || !strings.HasPrefix(stdout.String(), "client     news\n") {
		t.Errorf("%v, %s", err, stdout.String())
	}
	if !echoes(t, terminal) {
		t.Error("the terminal is left without echo")
	}
	const want = "client secret of news: \r\n"
	seen := make([]byte, len(want)) // it comes in pieces
	if _, err := io.ReadFull(somebody, seen); err != nil || string(seen) != want {
		t.Errorf("the terminal shows %q, %v", seen, err)
	}
}

// TestInterruptedWhileItAsks leaves the terminal as it was.
func TestInterruptedWhileItAsks(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	env := without(c.env(), "SPILLWAY_CLIENT_SECRET")
	terminal, somebody := newTerminal(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"access"}, func(name string) string { return env[name] }, terminal, terminal, terminal)
	}()
	untilUnseen(t, terminal, done)
	cancel()
	if err := <-done; exitStatus(err) != exitInterrupted || !echoes(t, terminal) {
		t.Errorf("%v, echo %v", err, echoes(t, terminal))
	}
	if _, err := somebody.WriteString("\n"); err != nil { // so that what was left behind ends
		t.Fatal(err)
	}
}
