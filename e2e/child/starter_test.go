package child

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

const (
	// parentVariable makes this test the parent that is killed.
	parentVariable = "CHILD_TEST_PARENT"
	// patience is less than what the child lasts for.
	patience = 30 * time.Second
)

// TestEndsWithParent: what a program has started ends when the program is killed.
func TestEndsWithParent(t *testing.T) {
	if os.Getenv(parentVariable) != "" {
		beParent(t)
		return
	}
	t.Parallel()
	parent := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEndsWithParent$")
	parent.Env = append(os.Environ(), parentVariable+"=1")
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	parent.Stdout = in
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	if err := out.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	if line, err := said.ReadString('\n'); err != nil || line != "started\n" {
		t.Fatalf("the parent says %q, %v", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// Both have the pipe: it ends when both have.
	if rest, err := io.ReadAll(said); err != nil || len(rest) > 0 {
		t.Errorf("then %q, %v", rest, err)
	}
	if err := parent.Wait(); err == nil {
		t.Error("the parent has ended by itself")
	}
}

// beParent starts a child that lasts for two minutes, and waits for it.
func beParent(t *testing.T) {
	t.Helper()
	s := NewStarter()
	defer s.Close()
	cmd := exec.CommandContext(t.Context(), "sleep", "120")
	cmd.Stdout = os.Stdout
	if err := s.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stdout.WriteString("started\n"); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // this one is killed meanwhile
}
