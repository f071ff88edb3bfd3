package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"github.com/spillway/spillway/e2e/ground"
)

const (
	// clockTicks is in how many parts of a second Linux counts CPU for others to read.
	clockTicks = 100
	// statUser and statSystem are where the two are in /proc/PID/stat, after the name.
	statUser, statSystem = 11, 12
)

// cpuOf is the CPU that processes have used, in seconds.
func cpuOf(processes ...*ground.Process) (float64, error) {
	var sum float64
	for _, p := range processes {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
		if err != nil {
			return 0, err
		}
		ticks, err := cpuTicks(text)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", p.Name, err)
		}
		sum += float64(ticks) / clockTicks
	}
	return sum, nil
}

// cpuTicks reads /proc/PID/stat.
func cpuTicks(stat []byte) (int64, error) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= statSystem {
		return 0, fmt.Errorf("CPU in %q", stat)
	}
	user, err1 := strconv.ParseInt(string(fields[statUser]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[statSystem]), 10, 64)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("CPU in %q", stat)
	}
	return user + system, nil
}

// memoryOf is the memory that a process has in RAM, in KB.
func memoryOf(p *ground.Process) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		return 0, err
	}
	return residentKB(text)
}

// residentKB reads /proc/PID/status.
func residentKB(status []byte) (float64, error) {
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			return strconv.ParseFloat(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))), 64)
		}
	}
	return 0, fmt.Errorf("no VmRSS in the status of a process")
}
