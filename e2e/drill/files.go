package main

import (
	"fmt"
	"syscall"
)

// allowFiles lets this program, and those that it starts, have so many files open. Go lets
// itself have as many as it may, but not what it starts, unless it is told to.
func allowFiles(count uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("limit of open files: %w", err)
	}
	if limit.Max < count {
		return fmt.Errorf("limit of open files: is %d, want %d: raise it (ulimit -Hn), or lower DRILL_CLIENTS", limit.Max, count)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("limit of open files: %w", err)
	}
	return nil
}
