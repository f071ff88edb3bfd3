package eventlog

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed epoch.lua
var epochScript string

// Epoch is one life of a log: from its making to the loss of its data.
type Epoch struct {
	// ID names the epoch: 16 hex digits, of which the first 12 are the time of its
	// making.
	ID string
	// Lanes is the number of lanes.
	Lanes int
	// Retention is how long events are kept.
	Retention time.Duration
	// Budget is how many bytes of events are kept, over all lanes.
	Budget int64
}

// epochCache remembers the epoch that this Log works in.
type epochCache struct {
	mu  sync.Mutex
	cur Epoch // zero until known
}

func (c *epochCache) get() Epoch {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cur
}

func (c *epochCache) set(e Epoch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cur = e
}

// Epoch reads the log's epoch from Redis, and makes the log with the configured
// lanes and retention if there is none.
func (l *Log) Epoch(ctx context.Context) (Epoch, error) {
	fresh := fmt.Sprintf("%012x%04x", time.Now().UnixMilli()&(1<<48-1), rand.N(1<<16))
	reply, err := redis.NewScript(epochScript).Run(ctx, l.rdb, []string{l.logKey()},
		fresh, l.cfg.Lanes, l.cfg.Retention.Milliseconds()).StringSlice()
	if err != nil {
		return Epoch{}, fmt.Errorf("read epoch of log %s: %w", l.cfg.Name, err)
	}
	e, err := parseEpoch(reply)
	if err != nil {
		return Epoch{}, fmt.Errorf("read epoch of log %s: %w", l.cfg.Name, err)
	}
	l.epoch.set(e)
	return e, nil
}

// epochOnce returns the epoch as last read, or reads it.
func (l *Log) epochOnce(ctx context.Context) (Epoch, error) {
	if e := l.epoch.get(); e.ID != "" {
		return e, nil
	}
	return l.Epoch(ctx)
}

func parseEpoch(reply []string) (Epoch, error) {
	if len(reply) != 3 {
		return Epoch{}, fmt.Errorf("got %d fields, want 3", len(reply))
	}
	lanes, err := strconv.Atoi(reply[1])
	if err != nil || lanes < 1 || lanes > MaxLanes {
		return Epoch{}, fmt.Errorf("lanes %q: want 1 to %d", reply[1], MaxLanes)
	}
	ms, err := strconv.ParseInt(reply[2], 10, 64)
	if err != nil || ms < MinRetention.Milliseconds() || ms > MaxRetention.Milliseconds() {
		return Epoch{}, fmt.Errorf("retention_ms %q: want %d to %d", reply[2], MinRetention.Milliseconds(), MaxRetention.Milliseconds())
	}
	if _, err := strconv.ParseUint(reply[0], 16, 64); err != nil || len(reply[0]) != epochDigits {
		return Epoch{}, fmt.Errorf("epoch %q: want %d hex digits", reply[0], epochDigits)
	}
	return Epoch{ID: reply[0], Lanes: lanes, Retention: time.Duration(ms) * time.Millisecond}, nil
}

const epochDigits = 16
