package process_test

import (
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
