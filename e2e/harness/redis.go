package harness

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spillway/spillway/e2e/child"
)

const (
	redisPoll    = 10 * time.Millisecond
	redisTimeout = 10 * time.Second
	// redisStart is how long a Redis may load its file.
	redisStart = 2 * time.Minute
	// redisMemory is the limit of memory; the run of a bench is far below it.
	redisMemory = "1gb"
)

// Redis is a redis-server with a file of what it was told.
//
// The file is written before a command is answered, so that a Redis which is killed
// and started again has everything that it has acknowledged. This is what
// "appendfsync no" does as long as the machine lives; "everysec" may hold a write
// back for up to two seconds while a sync is under way, and would now and then lose
// what was acknowledged. To lose that is what [Redis.Restore] is for.
type Redis struct {
	proc *program
	addr string
	data string // directory of the file
}

func newRedis(s *child.Starter, addr, dir, log string) (*Redis, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("redis-server is not installed")
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	return &Redis{addr: addr, data: data, proc: &program{
		starter: s, path: path, dir: dir, log: log, env: []string{"LANG=C.UTF-8"},
		args: []string{
			"--bind", host, "--port", port, "--dir", data, "--save", "", "--appendonly", "yes", "--appendfsync", "no",
			"--auto-aof-rewrite-percentage", "0", "--maxmemory", redisMemory, "--maxmemory-policy", "noeviction",
		},
	}}, nil
}

// Addr is the address of Redis itself, which no link is before.
func (r *Redis) Addr() string { return r.addr }

// Start starts Redis with the file that it has, and waits until it answers.
func (r *Redis) Start(ctx context.Context) error {
	if err := r.proc.start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, redisStart)
	defer cancel()
	for {
		answer, err := r.Do(ctx, "PING")
		if err == nil && answer == "+PONG" {
			return nil
		}
		select {
		case <-r.proc.gone():
			return fmt.Errorf("redis-server ended at its start: see %s", r.proc.log)
		case <-ctx.Done():
			return fmt.Errorf("redis-server does not answer: %w (last: %q, %w)", ctx.Err(), answer, err)
		case <-time.After(redisPoll):
		}
	}
}

// Kill ends Redis with SIGKILL. Its file stays.
func (r *Redis) Kill() error { return r.proc.kill() }

// Pause stops Redis from running until Resume, with its connections open.
func (r *Redis) Pause() error { return r.proc.signal(syscall.SIGSTOP) }

// Resume undoes Pause.
func (r *Redis) Resume() error { return r.proc.signal(syscall.SIGCONT) }

// Wipe removes the file of a Redis that does not run: it will start empty.
func (r *Redis) Wipe() error {
	return errors.Join(os.RemoveAll(r.data), os.MkdirAll(r.data, 0o700))
}

// Fill makes Redis refuse whatever takes memory, until Free.
func (r *Redis) Fill(ctx context.Context) error { return r.must(ctx, "CONFIG SET maxmemory 1") }

// Free undoes Fill.
func (r *Redis) Free(ctx context.Context) error {
	return r.must(ctx, "CONFIG SET maxmemory "+redisMemory)
}

// Snapshot is the file of a Redis at a moment.
type Snapshot struct{ dir string }

// Snapshot copies the file, also of a Redis that runs.
func (r *Redis) Snapshot() (*Snapshot, error) {
	dir, err := os.MkdirTemp(filepath.Dir(r.data), "snapshot-")
	if err != nil {
		return nil, err
	}
	s := &Snapshot{dir}
	if err := os.CopyFS(filepath.Join(dir, "data"), os.DirFS(r.data)); err != nil {
		return nil, errors.Join(fmt.Errorf("copy the file of Redis: %w", err), s.Close())
	}
	return s, nil
}

// Close removes the copy.
func (s *Snapshot) Close() error { return os.RemoveAll(s.dir) }

// Restore gives a Redis that does not run the file of a snapshot, and closes that.
func (r *Redis) Restore(s *Snapshot) error {
	if err := os.RemoveAll(r.data); err != nil {
		return err
	}
	return errors.Join(os.Rename(filepath.Join(s.dir, "data"), r.data), s.Close())
}

// must carries out a command that answers OK.
func (r *Redis) must(ctx context.Context, command string) error {
	answer, err := r.Do(ctx, command)
	if err != nil {
		return fmt.Errorf("redis-server: %s: %w", command, err)
	}
	if answer != "+OK" {
		return fmt.Errorf("redis-server: %s: answer %q", command, answer)
	}
	return nil
}

// Do carries out a command, past all links, and returns the first line of the answer.
func (r *Redis) Do(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", r.addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}
