package harness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// functionName is what the consumer's program is called in Lambda.
const functionName = "bootstrap"

// Function is a process of the consumer: an execution environment of Lambda.
type Function struct {
	PID int
	// Busy tells that it handles an invocation; Lambda freezes the others.
	Busy bool
}

// Functions lists the processes of the consumer. They may end at any time.
func (s *System) Functions() []Function {
	parent := s.sandbox.pid()
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	var all []Function
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		if f, ok := parseFunction(string(text), parent); ok {
			all = append(all, f)
		}
	}
	return all
}

// parseFunction reads /proc/PID/stat (proc_pid_stat(5)), and tells whether it is of a
// living function of the parent.
func parseFunction(stat string, parent int) (Function, bool) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open || stat[open+1:end] != functionName {
		return Function{}, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(stat[:open]))
	fields := strings.Fields(stat[end+1:])
	if err != nil || len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
		return Function{}, false
	}
	const stopped, traced, zombie, dead = "T", "t", "Z", "X"
	switch fields[0] {
	case zombie, dead:
		return Function{}, false
	case stopped, traced:
		return Function{PID: pid}, true
	}
	return Function{PID: pid, Busy: true}, true
}

// Signal sends a signal to the process. That it has ended is no error.
func (f Function) Signal(sig syscall.Signal) error {
	if err := syscall.Kill(f.PID, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal function %d: %w", f.PID, err)
	}
	return nil
}
