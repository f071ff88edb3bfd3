package process_test

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/spillway/spillway/pkg/sandbox/process"
)

// A supervisor that is killed cannot clean up: the kernel has to.
func TestSupervisorKilledLeavesNoChild(t *testing.T) {
	var launcher process.Launcher
	defer launcher.Close()
	var out syncBuffer
	cmd := self(t, "supervisor", t.TempDir())
	cmd.Output = &out
	p, err := launcher.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	pid := childPid(t, &out)
	if !alive(pid) {
		t.Fatal("the supervised child is not running")
	}
	p.Kill() // its child leads a group of its own and does not get this signal
	<-p.Exited()
	eventually(t, "the supervised child is gone", func() bool { return !alive(pid) })
}

// The limits of open files are those that were given, as far as this program has so many itself.
func TestFileLimit(t *testing.T) {
	t.Parallel()
	var launcher process.Launcher
	defer launcher.Close()
	files := func(limit process.FileLimit) (soft, hard string) {
		t.Helper()
		cmd := self(t, "stubborn")
		cmd.Files = limit
		p, err := launcher.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Kill()
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.Pid()))
		found := regexp.MustCompile(`Max open files +(\d+) +(\d+)`).FindSubmatch(text)
		if err != nil || found == nil {
			t.Fatalf("limits: %v: %s", err, text)
		}
		return string(found[1]), string(found[2])
	}
	_, most := files(process.FileLimit{})
	// A program of Go raises its soft limit to the hard one when it likes, so the soft one is only looked at where they are the same.
	for name, tt := range map[string]struct {
		limit process.FileLimit
		hard  string
	}{
		"fewer": {process.FileLimit{Soft: 100, Hard: 200}, "200"},
		"more":  {process.FileLimit{Soft: 1 << 40, Hard: 1 << 40}, most},
	} {
		if _, hard := files(tt.limit); hard != tt.hard {
			t.Errorf("%s: the hard limit is %s, want %s", name, hard, tt.hard)
		}
	}
	if soft, hard := files(process.FileLimit{Soft: 100, Hard: 100}); soft != "100" || hard != "100" {
		t.Errorf("limits are %s and %s, want 100", soft, hard)
	}
}

// What a process holds is known while it is there.
func TestMemory(t *testing.T) {
	t.Parallel()
	var launcher process.Launcher
	defer launcher.Close()
	p, err := launcher.Start(self(t, "stubborn"))
	if err != nil {
		t.Fatal(err)
	}
	if resident, peak, ok := p.Memory(); !ok || resident <= 0 || peak < resident {
		t.Errorf("it holds %d and held %d, %t", resident, peak, ok)
	}
	p.Kill()
	<-p.Exited()
	if resident, peak, ok := p.Memory(); ok || resident != 0 || peak != 0 {
		t.Errorf("gone, it holds %d and held %d, %t", resident, peak, ok)
	}
}
