package ecs

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of times in /proc, which is the same on all architectures of Linux that Go has.
const tick = 10 * time.Millisecond

// processTime is the time on CPUs that a process has used: the fields utime and stime of /proc/PID/stat, proc(5).
func processTime(pid int) (time.Duration, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // the name before may have blanks; the first is the state
	const utime, stime = 11, 12
	if len(fields) <= stime {
		return 0, false
	}
	user, errUser := strconv.ParseInt(string(fields[utime]), 10, 64)
	system, errSystem := strconv.ParseInt(string(fields[stime]), 10, 64)
	return time.Duration(user+system) * tick, errUser == nil && errSystem == nil
}
