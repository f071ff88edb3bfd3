package eventlogtest

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Lane names a lane of a log in Redis.
type Lane struct {
	Redis redis.UniversalClient
	Log   string // the log's name
	Epoch string
	Lane  int
}

// Key returns one of the lane's keys: entries, state, sizes, marks, marks:old.
func (l Lane) Key(kind string) string {
	return fmt.Sprintf("{%s:%d}:%s:%s", l.Log, l.Lane, l.Epoch, kind)
}

// Rollback remembers what the lane holds, and returns a function that puts it back: the
// lane has then lost what came after, as by a failover to a replica that lagged behind.
func (l Lane) Rollback(ctx context.Context) (back func(context.Context) error, err error) {
	kinds := []string{"entries", "state", "sizes", "marks", "marks:old"}
	for _, kind := range kinds {
		if err := l.copy(ctx, l.Key(kind), l.Key("saved:"+kind)); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) error {
		for _, kind := range kinds {
			if err := l.copy(ctx, l.Key("saved:"+kind), l.Key(kind)); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// copy makes to what from is, or nothing if from is not there.
func (l Lane) copy(ctx context.Context, from, to string) error {
	if err := l.Redis.Del(ctx, to).Err(); err != nil {
		return err
	}
	kind, err := l.Redis.Type(ctx, from).Result()
	if err != nil {
		return err
	}
	if kind != "stream" {
		return l.Redis.Do(ctx, "COPY", from, to).Err()
	}
	// Entry by entry: the embedded Redis's COPY of a stream changes with the original.
	entries, err := l.Redis.XRange(ctx, from, "-", "+").Result()
	if err != nil {
		return err
	}
	pipe := l.Redis.Pipeline()
	for _, e := range entries {
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: to, ID: e.ID, Values: e.Values})
	}
	_, err = pipe.Exec(ctx)
	return err
}

// Wipe drops all keys of a log, as a Redis that restarts without its data does.
func Wipe(ctx context.Context, c redis.UniversalClient, log string) error {
	wipe := func(ctx context.Context, c *redis.Client) error {
		it := c.Scan(ctx, 0, "{"+log+"*", 1000).Iterator()
		for it.Next(ctx) {
			key := it.Val()
			if !strings.HasPrefix(key, "{"+log+"}") && !strings.HasPrefix(key, "{"+log+":") {
				continue
			}
			if err := c.Del(ctx, key).Err(); err != nil {
				return err
			}
		}
		return it.Err()
	}
	if cluster, ok := c.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, wipe)
	}
	return wipe(ctx, c.(*redis.Client))
}
