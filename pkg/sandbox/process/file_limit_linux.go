package process

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// limitFiles limits how many files a process that has just been started may have open. Its own hard limit, which only the
// superuser may raise, is the most.
func limitFiles(pid int, l FileLimit) error {
	if l == (FileLimit{}) {
		return nil
	}
	var own unix.Rlimit
	err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &own)
	if err == nil {
		hard := min(l.Hard, own.Max)
		err = unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: min(l.Soft, hard), Max: hard}, nil)
	}
	if err == nil || errors.Is(err, syscall.ESRCH) { // it has ended
		return nil
	}
	return fmt.Errorf("limit open files: %w", err)
}
