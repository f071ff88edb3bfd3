package eventlog

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
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

// limits are what scripts of a lane are given of it.
func (e Epoch) limits() string {
	return strconv.FormatInt(e.Retention.Milliseconds(), 10) + " " + strconv.FormatInt(e.Budget/int64(e.Lanes), 10)
}

// epochCache remembers the epoch that this Log works in.
type epochCache struct {
	mu   sync.Mutex // guards what follows
	cur  Epoch      // zero until known
	text string     // of which it was read
}

func (c *epochCache) get() Epoch {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cur
}

func (c *epochCache) set(e Epoch, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cur, c.text = e, text
}

// refresh takes over what the log says of itself now. It returns errStale if the log is
// not in the epoch any more. If the log does not say that it is parallel, and this process
// knows that it must, the epoch is to be read, and so stored, once more.
func (c *epochCache) refresh(epoch Epoch, parallel bool, cmd *redis.StringCmd) error {
	text, err := cmd.Result()
	if errors.Is(err, redis.Nil) {
		return errStale
	}
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cur.ID == epoch.ID && c.text == text {
		return nil // as it mostly is
	}
	now, err := parseEpoch(text)
	if err != nil {
		return err
	}
	if now.ID != epoch.ID {
		return errStale
	}
	if parallel && !now.Parallel {
		now, text = Epoch{}, ""
	}
	if c.cur.ID == epoch.ID {
		c.cur, c.text = now, text
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
	reply, err := redis.NewScript(epochScript).Run(ctx, l.rdb, []string{l.epochKey()},
		fresh, l.cfg.Lanes, l.cfg.Retention.Milliseconds(), l.cfg.Budget, l.cfg.Governs, l.cfg.Parallel).StringSlice()
	if err != nil {
		return Epoch{}, fmt.Errorf("read epoch of log %s: %w", l.cfg.Name, err)
	}
	if len(reply) != 2 {
		return Epoch{}, fmt.Errorf("read epoch of log %s: got %d fields, want 2", l.cfg.Name, len(reply))
	}
	e, err := parseEpoch(reply[0])
	if err != nil {
		return Epoch{}, fmt.Errorf("read epoch of log %s: %w", l.cfg.Name, err)
	}
	if reply[1] == "stored" {
		l.epoch.set(e, reply[0])
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

// parseEpoch reads what a log says of itself.
func parseEpoch(text string) (e Epoch, err error) {
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return Epoch{}, fmt.Errorf("%q: got %d fields, want 5", text, len(fields))
	}
	e.ID = fields[0]
	if _, err := strconv.ParseUint(e.ID, 16, 64); err != nil || len(e.ID) != epochDigits {
		return Epoch{}, fmt.Errorf("epoch %q: want %d hex digits", e.ID, epochDigits)
	}
	if e.Lanes, err = strconv.Atoi(fields[1]); err != nil || e.Lanes < 1 || e.Lanes > MaxLanes {
		return Epoch{}, fmt.Errorf("lanes %q: want 1 to %d", fields[1], MaxLanes)
	}
	if e.Retention, err = parseRetention(fields[2]); err != nil {
		return Epoch{}, err
	}
	if e.Budget, err = parseBudget(fields[3]); err != nil {
		return Epoch{}, err
	}
	e.Parallel = fields[4] == "1"
	return e, nil
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
