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
	// Budget is how many bytes of Redis's memory the entries may take, over all lanes.
	Budget int64
	// Parallel says that marks are kept by shard and key, because this process or another
	// one that appends is, or once was, Config.Parallel.
	Parallel bool
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

// logFields are what an append reads of the log, for refresh.
func logFields() []string { return []string{"epoch", "retention_ms", "budget", "parallel"} }

// refresh takes over what the log says of itself now: logFields. It returns errStale if
// the log is not in the epoch any more. If the log does not say that it is parallel, and
// this process knows that it must, the epoch is to be read, and so stored, once more.
func (c *epochCache) refresh(epoch Epoch, parallel bool, cmd *redis.SliceCmd) error {
	values, err := cmd.Result()
	if err != nil {
		return err
	}
	if len(values) != len(logFields()) {
		return fmt.Errorf("got %d fields of the log, want %d", len(values), len(logFields()))
	}
	now := epoch
	if id, _ := values[0].(string); id != epoch.ID {
		return errStale
	}
	ms, _ := values[1].(string)
	if now.Retention, err = parseRetention(ms); err != nil {
		return err
	}
	if budget, ok := values[2].(string); ok { // one made by an older version has none
		if now.Budget, err = parseBudget(budget); err != nil {
			return err
		}
	}
	now.Parallel = values[3] == "1"
	if parallel && !now.Parallel {
		now = Epoch{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cur.ID == epoch.ID {
		c.cur = now
	}
	return nil
}

// Epoch reads the log's epoch from Redis. It makes the log as configured if there is
// none; if this process governs, it sets retention and budget to the configured ones, and
// if it is Parallel, so is the log from then on.
func (l *Log) Epoch(ctx context.Context) (Epoch, error) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.patient(readTimeout))
	defer cancel()
	fresh := fmt.Sprintf("%012x%04x", l.now().UnixMilli()&(1<<48-1), rand.N(1<<16))
	reply, err := redis.NewScript(epochScript).Run(ctx, l.rdb, []string{l.logKey()},
		fresh, l.cfg.Lanes, l.cfg.Retention.Milliseconds(), l.cfg.Budget, l.cfg.Governs, l.cfg.Parallel).StringSlice()
	if err != nil {
		return Epoch{}, fmt.Errorf("read epoch of log %s: %w", l.cfg.Name, err)
	}
	e, stored, err := parseEpoch(reply)
	if err != nil {
		return Epoch{}, fmt.Errorf("read epoch of log %s: %w", l.cfg.Name, err)
	}
	if stored {
		l.epoch.set(e)
	}
	return e, nil
}

// epochOnce returns the epoch as last read, or reads it.
func (l *Log) epochOnce(ctx context.Context) (Epoch, error) {
	if e := l.epoch.get(); e.ID != "" {
		return e, nil
	}
	return l.Epoch(ctx)
}

// parseEpoch reads the script's answer; stored says that the log has these values.
func parseEpoch(reply []string) (e Epoch, stored bool, err error) {
	if len(reply) != 6 {
		return Epoch{}, false, fmt.Errorf("got %d fields, want 6", len(reply))
	}
	e.ID = reply[0]
	if _, err := strconv.ParseUint(e.ID, 16, 64); err != nil || len(e.ID) != epochDigits {
		return Epoch{}, false, fmt.Errorf("epoch %q: want %d hex digits", e.ID, epochDigits)
	}
	if e.Lanes, err = strconv.Atoi(reply[1]); err != nil || e.Lanes < 1 || e.Lanes > MaxLanes {
		return Epoch{}, false, fmt.Errorf("lanes %q: want 1 to %d", reply[1], MaxLanes)
	}
	if e.Retention, err = parseRetention(reply[2]); err != nil {
		return Epoch{}, false, err
	}
	if e.Budget, err = parseBudget(reply[3]); err != nil {
		return Epoch{}, false, err
	}
	e.Parallel = reply[4] == "1"
	return e, reply[5] == "stored", nil
}

const epochDigits = 16

func parseRetention(text string) (time.Duration, error) {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms < MinRetention.Milliseconds() || ms > MaxRetention.Milliseconds() {
		return 0, fmt.Errorf("retention_ms %q: want %d to %d", text, MinRetention.Milliseconds(), MaxRetention.Milliseconds())
	}
	return time.Duration(ms) * time.Millisecond, nil
}

func parseBudget(text string) (int64, error) {
	budget, err := strconv.ParseInt(text, 10, 64)
	if err != nil || budget < MinBudget || budget > MaxBudget {
		return 0, fmt.Errorf("budget %q: want %d to %d", text, int64(MinBudget), int64(MaxBudget))
	}
	return budget, nil
}
