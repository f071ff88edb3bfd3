package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/alicebob/miniredis/v2"

	"github.com/spillway/spillway/pkg/sandbox/process"
)

// RedisKind says which Redis to run.
type RedisKind string

// The kinds of Redis.
const (
	RedisAuto     RedisKind = "auto"     // redis-server if it is installed, else embedded
	RedisServer   RedisKind = "server"   // the installed redis-server
	RedisEmbedded RedisKind = "embedded" // miniredis, in this process
	RedisNone     RedisKind = "none"     // no Redis: functions and services know another one
)

// redisMaxMemory bounds redis-server: a laptop can spare it, and an hour of a busy
// stream fits in. Like the cloud's, it refuses to write when it is full, and does
// not evict.
const redisMaxMemory = "512mb"

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *RedisKind) UnmarshalText(text []byte) error {
	switch kind := RedisKind(text); kind {
	case RedisAuto, RedisServer, RedisEmbedded, RedisNone:
		*k = kind
		return nil
	}
	return fmt.Errorf("is %q: want %s, %s, %s or %s", text, RedisAuto, RedisServer, RedisEmbedded, RedisNone)
}

// ErrRedisAddressInUse is the error of [Sandbox.Serve] when another process has the address of Redis.
var ErrRedisAddressInUse = errors.New("another process has the address of Redis")

var errNoRedisServer = errors.New("redis-server is not installed: install it, or choose another kind of Redis")

// startRedis starts Redis at the configured address.
func (s *Sandbox) startRedis(ctx context.Context) error {
	err := s.runRedis(ctx)
	if errors.Is(err, process.ErrAddressInUse) || errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: %w", ErrRedisAddressInUse, err)
	}
	return err
}

func (s *Sandbox) runRedis(ctx context.Context) error {
	if s.cfg.Redis == RedisNone {
		s.setRedis(redisStatus{Kind: string(RedisNone)})
		return nil
	}
	path, err := exec.LookPath("redis-server")
	switch {
	case s.cfg.Redis == RedisServer && err != nil:
		return errNoRedisServer
	case s.cfg.Redis == RedisEmbedded, err != nil:
		return s.embedRedis()
	}
	dir := filepath.Join(s.cfg.StateDir, "redis")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("directory of Redis: %w", err)
	}
	host, port, err := net.SplitHostPort(s.cfg.RedisAddress)
	if err != nil {
		return fmt.Errorf("address of Redis: %w", err)
	}
	s.setRedis(redisStatus{Kind: "redis-server", Address: s.cfg.RedisAddress})
	return s.redisProc.Start(ctx, process.Service{
		Name: "redis",
		Command: process.Command{
			Path: path, Dir: dir, Env: []string{"LANG=C.UTF-8"},
			Args: []string{"--bind", host, "--port", port, "--dir", dir, "--save", "", "--appendonly", "no",
				"--maxmemory", redisMaxMemory, "--maxmemory-policy", "noeviction"},
		},
		Address: s.cfg.RedisAddress,
		Ready:   process.TCP(s.cfg.RedisAddress),
	})
}

func (s *Sandbox) embedRedis() error {
	m := miniredis.NewMiniRedis()
	if err := m.StartAddr(s.cfg.RedisAddress); err != nil {
		return fmt.Errorf("embedded Redis: %w", err)
	}
	s.closeRedis = m.Close
	s.setRedis(redisStatus{Kind: "embedded", Address: m.Addr()})
	return nil
}
