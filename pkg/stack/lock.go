package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lockPoll is how often a lock is tried that another program holds.
const lockPoll = 20 * time.Millisecond

// openLock opens a file that is to be locked. No child inherits it unless it is given to it.
func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
}

// tryLock locks an open file and says whether it could. The lock belongs to the open file, and so to every process
// that inherits it, until the last of them has closed it or died.
func tryLock(f *os.File, how int) (bool, error) {
	err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return true, nil
}

// awaitLock locks an open file exclusively as soon as nobody else holds it.
func awaitLock(ctx context.Context, f *os.File) error {
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		locked, err := tryLock(f, syscall.LOCK_EX)
		if locked || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("lock %s, which another program holds: %w", f.Name(), context.Cause(ctx))
		}
	}
}

// exclusive keeps other Ups and Downs of the same directory waiting until release is called.
func (s *Stack) exclusive(ctx context.Context) (release func(), err error) {
	if err := os.MkdirAll(s.o.Dir, 0o755); err != nil {
		return nil, err
	}
	f, err := openLock(s.path(lockFile))
	if err != nil {
		return nil, err
	}
	locked, err := tryLock(f, syscall.LOCK_EX)
	if err == nil && !locked {
		s.say("Waiting for another up or down of this stack to end.")
		err = awaitLock(ctx, f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // closing cannot fail for a file that nothing is written to
}
