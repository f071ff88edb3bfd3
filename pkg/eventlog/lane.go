package eventlog

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// The keys of the log, as the package doc lists them.
func (l *Log) epochKey() string  { return "{" + l.cfg.Name + "}:epoch" }
func (l *Log) lane(i int) string { return "{" + l.cfg.Name + ":" + strconv.Itoa(i) + "}:" }

func (l *Log) noticeName(i int) string { return l.lane(i) + "notice" }

func (l *Log) entriesKey(epoch string, i int) string { return l.lane(i) + epoch + ":entries" }
func (l *Log) stateKey(epoch string, i int) string   { return l.lane(i) + epoch + ":state" }
func (l *Log) sizesKey(epoch string, i int) string   { return l.lane(i) + epoch + ":sizes" }

// marksKeys are where the marks by shard and key are, of this and the last generation.
func (l *Log) marksKeys(epoch string, i int) []string {
	return []string{l.lane(i) + epoch + ":marks", l.lane(i) + epoch + ":marks:old"}
}

func (l *Log) runKey(epoch string, i int, run string) string {
	return l.lane(i) + epoch + ":run:" + run
}

// laneKeys are the keys that every script of a lane is given first.
func (l *Log) laneKeys(epoch string, i int) []string {
	return []string{l.entriesKey(epoch, i), l.stateKey(epoch, i), l.sizesKey(epoch, i)}
}

// laneArgs are the arguments that every script of a lane is given first: what the lane
// was known to have, and where the mark is of the shard that is appended, if one is.
func (l *Log) laneArgs(epoch Epoch, had ID, mark string) []any {
	return []any{" " + had.String() + " ", l.now().UnixMilli(), epoch.limits(), mark}
}

// notice puts a notice that a lane has grown into a pipeline: in a cluster by the command
// that stays on the channel's node.
func (l *Log) notice(ctx context.Context, pipe redis.Pipeliner, i int) {
	if l.cluster {
		pipe.SPublish(ctx, l.noticeName(i), "")
		return
	}
	pipe.Publish(ctx, l.noticeName(i), "")
}

// known remembers the last entry of every lane that this Log was told of: evidence,
// should the lane not have it any more. It is of one epoch, and so bounded by MaxLanes.
type known struct {
	mu    sync.Mutex // guards what follows
	epoch string
	lanes map[int]ID
}

// last returns what is known of a lane; zero if nothing is.
func (k *known) last(epoch string, lane int) ID {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.epoch != epoch {
		k.epoch, k.lanes = epoch, map[int]ID{}
	}
	return k.lanes[lane]
}

// told notes what the lane's script has answered.
func (k *known) told(epoch string, lane int, last string) {
	id, err := ParseID(last)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil && k.epoch == epoch && k.lanes[lane].Compare(id) < 0 {
		k.lanes[lane] = id
	}
}

// pipelines makes one round trip: add puts the commands on keys[i] into a pipeline.
// In a cluster each node has a pipeline of its own, side by side: the client has all
// commands of a pipeline fail when one node takes too long. Every command tells its own
// error.
func (l *Log) pipelines(ctx context.Context, timeout time.Duration, keys []string, add func(pipe redis.Pipeliner, i int)) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	pipes := map[*redis.Client]redis.Pipeliner{}
	for i, key := range keys {
		node := l.nodeOf(ctx, key)
		if pipes[node] == nil {
			pipes[node] = l.rdb.Pipeline()
		}
		add(pipes[node], i)
	}
	sideBySide(ctx, slices.Collect(maps.Values(pipes)))
}

// transactions is pipelines, but what is on one key is done all at once or not at all. A
// node's keys share a transaction, but in a cluster, where each has its own.
func (l *Log) transactions(ctx context.Context, timeout time.Duration, keys []string, add func(pipe redis.Pipeliner, i int)) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var pipes []redis.Pipeliner
	for i := range keys {
		if i == 0 || l.cluster {
			pipes = append(pipes, l.rdb.TxPipeline())
		}
		add(pipes[len(pipes)-1], i)
	}
	sideBySide(ctx, pipes)
}

// sideBySide sends pipelines and waits for all answers. The last is sent from here: where
// there is no other, that spares a goroutine, whose stack would first have to grow.
func sideBySide(ctx context.Context, pipes []redis.Pipeliner) {
	var wg sync.WaitGroup
	for i, pipe := range pipes {
		send := func() { _, _ = pipe.Exec(ctx) }
		if i < len(pipes)-1 {
			wg.Go(send)
		} else {
			send()
		}
	}
	wg.Wait()
}

// nodeOf returns the node that has a key; nil where there is one only, or the cluster
// does not tell.
func (l *Log) nodeOf(ctx context.Context, key string) *redis.Client {
	cluster, ok := l.rdb.(*redis.ClusterClient)
	if !ok || ctx.Err() != nil {
		return nil
	}
	node, err := cluster.MasterForKey(ctx, key)
	if err != nil {
		return nil
	}
	return node
}
