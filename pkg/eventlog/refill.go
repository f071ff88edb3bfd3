package eventlog

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Refill appends items that the log misses although the shard may have been appended
// beyond them: what an operator reads from Kinesis again after Redis has lost data.
// Which items the log misses is the caller's to find out. Items are of one shard and in
// the order of their sequence numbers, and so are the calls of a run, a name of the
// caller's choice: what a run has brought it brings once, however often it is repeated.
//
// The run must leave out nothing of the shard that the log misses from the sequence
// number since on, up to the items. A mark of the consumer that is at since or past it is
// raised to the items, so that the consumer skips them when it comes to them: it has
// appended all before since, and the run brings the rest. A mark that is before since, or
// is not there, stays as it is: the consumer may have yet to append what the run does not
// bring. When it then comes to the items it appends them again. This goes by each mark,
// not by the shard's highest, because a batch may have failed in this lane, or with this
// key, and got through elsewhere.
//
// The consumer must be at rest meanwhile, or its events and these come in any order. The
// first entry that a run adds to a lane is Torn, as order begins anew there.
func (l *Log) Refill(ctx context.Context, run, shard, since string, items []Item) (Appended, error) {
	if !namePattern.MatchString(run) {
		return Appended{}, fmt.Errorf("run %q: want 1 to 64 letters, digits, - and _", run)
	}
	if since == "" {
		return Appended{}, fmt.Errorf("run %s: want the sequence number since which it leaves out nothing", run)
	}
	return (&batch{log: l, shard: shard, run: run, since: since, items: items}).append(ctx)
}

// Forget drops what the log remembers of a run of Refill. One that is not forgotten is
// kept for a week.
func (l *Log) Forget(ctx context.Context, run string) error {
	if !namePattern.MatchString(run) {
		return fmt.Errorf("run %q: want 1 to 64 letters, digits, - and _", run)
	}
	epoch, err := l.Epoch(ctx)
	if err != nil {
		return err
	}
	keys := make([]string, epoch.Lanes)
	for lane := range keys {
		keys[lane] = l.runKey(epoch.ID, lane, run)
	}
	cmds := make([]*redis.IntCmd, len(keys))
	l.pipelines(ctx, l.cfg.patient(appendTimeout), keys, func(pipe redis.Pipeliner, i int) { cmds[i] = pipe.Del(ctx, keys[i]) })
	for _, cmd := range cmds {
		if err := cmd.Err(); err != nil {
			return fmt.Errorf("forget run %s of log %s: %w", run, l.cfg.Name, err)
		}
	}
	return nil
}
