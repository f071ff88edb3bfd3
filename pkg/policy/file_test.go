package policy

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// bench is a File that runs, in a bubble of its own time.
type bench struct {
	*File
	t   *testing.T
	log lockedBuffer
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// count tells how often the log has a text.
func (b *lockedBuffer) count(text string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.buf.String(), text)
}

// inBubble runs a test with a file that runs.
func inBubble(t *testing.T, text string, test func(b *bench)) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, path, text)
	synctest.Test(t, func(t *testing.T) { startBench(t, path, test) })
}

func startBench(t *testing.T, path string, test func(b *bench)) {
	b := &bench{t: t}
	var err error
	if b.File, err = NewFile(path, noWork, slog.New(slog.NewTextHandler(&b.log, nil))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v", err)
		}
	}()
	time.Sleep(PollInterval / 2) // between two looks
	test(b)
}

func (b *bench) admits(client string) bool { return b.Policy().Check(client) == nil }

// change waits for as long as a change needs, and tells whether there was one.
func (b *bench) change() bool {
	time.Sleep(2 * PollInterval)
	select {
	case <-b.Changed():
		return true
	default:
		return false
	}
}

func TestFileChanges(t *testing.T) {
	inBubble(t, "allow: [a]\ndeny: [b]\n", func(b *bench) {
		if !b.admits("a") || b.admits("b") || b.admits("c") || b.change() {
			b.t.Error("the first policy is not in force, or has changed")
		}
		write(b.t, b.path, "deny: [a]\n") // allow is gone
		if !b.change() || b.admits("a") || !b.admits("b") || !b.admits("c") {
			b.t.Error("the second policy is not in force")
		}
		write(b.t, b.path, "deny: [a]\n") // the same again
		if b.change() {
			b.t.Error("the same policy counts as a change")
		}
		write(b.t, b.path, "deny: [z]\n") // as long, and perhaps at the same time
		if !b.change() || !b.admits("a") || b.admits("z") {
			b.t.Error("the third policy is not in force")
		}
		write(b.t, b.path, "{}\n")
		if !b.change() || !b.admits("z") {
			b.t.Error("the fourth policy is not in force")
		}
		if got := b.log.count("policy changed"); got != 3 {
			b.t.Errorf("%d changes are logged", got)
		}
	})
}

// TestMistakenFile: the last good policy stays, and each mistaken one is told once.
func TestMistakenFile(t *testing.T) {
	inBubble(t, "deny: [a]\n", func(b *bench) {
		for i, bad := range []string{"deny: [", "", "denied: []\n", "filters: [{pattern: x, filter: bad}]\n"} {
			write(b.t, b.path, bad)
			time.Sleep(time.Minute)
			if b.change() || b.admits("a") {
				b.t.Errorf("%q is acted on", bad)
			}
			if got := b.log.count("policy refused"); got != i+1 {
				b.t.Errorf("%q: told %d times", bad, got)
			}
		}
		write(b.t, b.path, "deny: [b]\n")
		if !b.change() || !b.admits("a") || b.admits("b") {
			b.t.Error("what was mended is not in force")
		}
	})
}

// TestHalfWritten: what an editor has truncated and not yet written anew, or only
// partly, is not acted on, though it is a policy.
func TestHalfWritten(t *testing.T) {
	inBubble(t, "deny: [a]\n", func(b *bench) {
		whole := "allow: [a, b, c]\ndeny: [b]\nfilters: []\n"
		for n := range len(whole) {
			write(b.t, b.path, whole[:n])
			time.Sleep(PollInterval * 2 / 3)
			if b.admits("a") {
				b.t.Fatalf("%q is acted on", whole[:n])
			}
		}
		write(b.t, b.path, whole)
		if !b.change() || !b.admits("a") || b.admits("b") || b.log.count("policy refused") > 0 {
			b.t.Error("what was written is not in force, or half of it was told")
		}
	})
}

// TestFileGoesAway: the policy stays, it is told once, and what comes back counts.
func TestFileGoesAway(t *testing.T) {
	inBubble(t, "deny: [a]\n", func(b *bench) {
		for i := range 2 {
			if err := os.Remove(b.path); err != nil {
				b.t.Fatal(err)
			}
			time.Sleep(time.Minute)
			if b.change() || b.admits("a") || b.log.count("policy not readable") != i+1 {
				b.t.Errorf("a file that went away changes the policy, or is told %d times", b.log.count("policy not readable"))
			}
			write(b.t, b.path, "deny: [a]\n")
			if b.change() {
				b.t.Error("a file that came back as it was counts as a change")
			}
		}
		if err := os.Remove(b.path); err != nil {
			b.t.Fatal(err)
		}
		if err := os.Mkdir(b.path, 0o700); err != nil {
			b.t.Fatal(err)
		}
		if b.change() || b.admits("a") || b.log.count("no regular file") != 1 {
			b.t.Error("a directory is taken for a policy")
		}
	})
}

// TestSymlinkSwap: the way in which Kubernetes changes the files of a volume.
func TestSymlinkSwap(t *testing.T) {
	dir := t.TempDir()
	version := func(name, text string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name, "policy.yaml"), text)
	}
	point := func(link, to string) {
		t.Helper()
		if err := errors.Join(os.Symlink(to, filepath.Join(dir, "tmp")), os.Rename(filepath.Join(dir, "tmp"), filepath.Join(dir, link))); err != nil {
			t.Fatal(err)
		}
	}
	version("..2", "deny: [b]\n") // is older than what it will replace
	version("..1", "deny: [a]\n")
	point("..data", "..1")
	path := filepath.Join(dir, "policy.yaml")
	point("policy.yaml", "..data/policy.yaml")
	synctest.Test(t, func(t *testing.T) {
		startBench(t, path, func(b *bench) {
			point("..data", "..2")
			if err := os.RemoveAll(filepath.Join(dir, "..1")); err != nil {
				t.Fatal(err)
			}
			if !b.change() || !b.admits("a") || b.admits("b") {
				t.Error("the swap is not seen")
			}
			point("..data", "..gone")
			if b.change() || b.admits("b") || b.log.count("policy not readable") != 1 {
				t.Error("a link that leads nowhere changes the policy, or is not told once")
			}
		})
	})
}

// TestChangesAreFolded: who does not listen holds up nothing, and is told once.
func TestChangesAreFolded(t *testing.T) {
	inBubble(t, "{}", func(b *bench) {
		for _, text := range []string{"deny: [a]", "deny: [b]", "deny: [c]"} {
			write(b.t, b.path, text)
			time.Sleep(2 * PollInterval)
		}
		if b.admits("c") || !b.change() || b.change() {
			b.t.Error("three changes are not told as one")
		}
	})
}

func TestNoFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		startBench(t, "", func(b *bench) {
			if b.change() || !b.admits("a") || b.log.count("policy") > 0 {
				t.Error("no file decides something")
			}
		})
	})
}

func TestNewFileRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if _, err := NewFile(path, nil, nil); err == nil {
		t.Error("an absent file is taken")
	}
	write(t, path, "denied: [a]\nfilters: [{pattern: a, filter: bad}]\n")
	_, err := NewFile(path, noWork, nil)
	if err == nil || !strings.Contains(err.Error(), "denied") || !strings.Contains(err.Error(), "filters[0].filter") {
		t.Errorf("NewFile = %v", err)
	}
}

// TestConcurrentReaders: a policy is whole for who reads it, whenever it is changed.
func TestConcurrentReaders(t *testing.T) {
	inBubble(t, "allow: [even]\ndeny: [odd]\n", func(b *bench) {
		ctx, cancel := context.WithCancel(b.t.Context())
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for ctx.Err() == nil {
					if p := b.Policy(); (p.Check("even") == nil) == (p.Check("odd") == nil) {
						b.t.Error("half a policy is in force")
					}
					time.Sleep(PollInterval / 10)
				}
			})
		}
		for _, text := range []string{"allow: [odd]\ndeny: [even]\n", "allow: [even]\n", "deny: [even]\n"} {
			write(b.t, b.path, text)
			time.Sleep(3 * PollInterval)
		}
		cancel()
		readers.Wait()
	})
}
