package main

import (
	"context"
	"errors"
)

// killRedis kills Redis and starts it with its file.
func (c *conductor) killRedis(ctx context.Context, f fault) error {
	return c.replaceRedis(ctx, f, func() error { return nil })
}

// loseRedis kills Redis and starts it empty.
func (c *conductor) loseRedis(ctx context.Context, f fault) error {
	return c.replaceRedis(ctx, f, c.system.Redis.Wipe)
}

// rollBackRedis starts Redis with what it had some time before it is killed, as a
// replica that lagged behind does when it takes over.
func (c *conductor) rollBackRedis(ctx context.Context, f fault) error {
	before, err := c.system.Redis.Snapshot()
	if err != nil {
		return err
	}
	if err := sleep(ctx, f.Lag); err != nil {
		return errors.Join(err, before.Close())
	}
	return c.replaceRedis(ctx, f, func() error { return c.system.Redis.Restore(before) })
}

// replaceRedis kills Redis, does something to its file, and starts it again.
func (c *conductor) replaceRedis(ctx context.Context, f fault, between func() error) error {
	r := c.system.Redis
	if err := r.Kill(); err != nil {
		return err
	}
	if err := between(); err != nil {
		return err
	}
	if f.Kind.loses() {
		c.lost()
	}
	return errors.Join(sleep(ctx, f.Hold), r.Start(ctx))
}

// pauseRedis stops Redis from running, with its connections open.
func (c *conductor) pauseRedis(ctx context.Context, f fault) error {
	if err := c.system.Redis.Pause(); err != nil {
		return err
	}
	return errors.Join(sleep(ctx, f.Hold), c.system.Redis.Resume())
}

// fillRedis has Redis refuse what takes memory.
func (c *conductor) fillRedis(ctx context.Context, f fault) error {
	if err := c.system.Redis.Fill(ctx); err != nil {
		return err
	}
	return errors.Join(sleep(ctx, f.Hold), c.system.Redis.Free(ctx))
}
