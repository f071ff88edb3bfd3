package eventlog

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
)

// MaxEntryBytes is the size beyond which Append starts another entry: a reader
// takes an entry whole, so it bounds what a response holds beyond its limit. A
// single larger event is an entry of its own.
const MaxEntryBytes = 64 << 10

// maxRounds bounds the round trips of one Append: one, and one more where an epoch
// has changed, a script is not loaded, a batch is repeated in part, or Redis was
// full and something could be trimmed.
const maxRounds = 5

//go:embed append.lua
var appendScript string

//go:embed trim.lua
var trimScript string

// errStale says that the log has entered another epoch, errRepeat that the same
// parts, or what is left of them, go through with another round.
var (
	errStale  = errors.New("the log has entered another epoch")
	errRepeat = errors.New("repeat")
)

// part is what goes into one lane.
type part struct {
	lane  int
	items []Item
}

// Append appends items, which are of one shard and in the order of their sequence
// numbers. Items that an earlier Append of the same shard brought are skipped, so
// repeating a failed Append is safe. It takes one round trip, unless the log was
// made anew meanwhile. An error is an *AppendError that names the lowest sequence
// number that did not get through.
func (l *Log) Append(ctx context.Context, shard string, items []Item) (Appended, error) {
	var sum Appended
	if len(items) == 0 {
		return sum, nil
	}
	var (
		epoch Epoch
		parts []part
		err   error

		trimmed bool
	)
	for range maxRounds {
		if epoch, err = l.epochOnce(ctx); err != nil {
			return sum, appendError(parts, items, shard, err)
		}
		if parts == nil {
			parts = split(items, epoch.Lanes)
		}
		if parts, err = l.appendRound(ctx, epoch, shard, parts, &sum); len(parts) == 0 {
			return sum, nil
		}
		switch {
		case errors.Is(err, errRepeat):
		case errors.Is(err, errStale):
			// The lanes of another epoch may be others: start over with all items;
			// what that epoch has already is skipped.
			l.epoch.set(Epoch{})
			parts, sum = nil, Appended{}
		case isFull(err) && !trimmed && l.trim(ctx, epoch) == nil:
			trimmed = true // appends trim, but only once they have added something
		default:
			return sum, appendError(parts, items, shard, err)
		}
	}
	return sum, appendError(parts, items, shard, err)
}

// appendError says what is left of items, and why.
func appendError(parts []part, items []Item, shard string, err error) error {
	return &AppendError{First: lowest(parts, items), Err: fmt.Errorf("shard %s: %w", shard, err)}
}

// appendRound makes one round trip. It returns the parts that are left to append,
// and why.
func (l *Log) appendRound(ctx context.Context, epoch Epoch, shard string, parts []part, sum *Appended) ([]part, error) {
	pipe := l.rdb.Pipeline()
	current := pipe.HGet(ctx, l.logKey(), "epoch")
	script := redis.NewScript(appendScript)
	cmds := make([]*redis.Cmd, len(parts))
	chunks := make([][]any, len(parts))
	loaded := l.scriptLoaded.Swap(true)
	for i, p := range parts {
		chunks[i] = chunk(p.items)
		args := append([]any{shard, p.items[0].Sequence, p.items[len(p.items)-1].Sequence,
			epoch.Retention.Milliseconds(), l.publishCommand()}, chunks[i]...)
		if loaded {
			cmds[i] = script.EvalSha(ctx, pipe, l.laneKeys(epoch.ID, p.lane), args...)
		} else {
			cmds[i] = script.Eval(ctx, pipe, l.laneKeys(epoch.ID, p.lane), args...)
		}
	}
	_, _ = pipe.Exec(ctx) // every command's own error is looked at

	if id, err := current.Result(); err != nil && !errors.Is(err, redis.Nil) {
		return parts, err
	} else if id != epoch.ID {
		return parts, errStale
	}
	var left []part
	var errs []error
	for i, cmd := range cmds {
		rest, err := l.finish(cmd, parts[i], len(chunks[i]), sum)
		if err != nil {
			left, errs = append(left, rest), append(errs, err)
		}
	}
	return left, gravest(errs)
}

// gravest returns the error that decides what to do: a failure, else a repetition.
func gravest(errs []error) error {
	var worst error
	for _, err := range errs {
		if worst == nil || errors.Is(worst, errRepeat) {
			worst = err
		}
	}
	return worst
}

// finish reads the script's answer for p and returns what is left of it.
func (l *Log) finish(cmd *redis.Cmd, p part, entries int, sum *Appended) (part, error) {
	reply, err := cmd.StringSlice()
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		l.scriptLoaded.Store(false)
		return p, errRepeat
	}
	if err != nil {
		return p, err
	}
	if len(reply) == 0 {
		return p, errors.New("empty answer of the append script")
	}
	switch reply[0] {
	case "OK":
		sum.Events += len(p.items)
		sum.Entries += entries
	case "SKIPPED":
		sum.Skipped += len(p.items)
	case "OVERLAP":
		// A batch that begins before the mark and ends after it: repeat with what
		// is new.
		n := slices.IndexFunc(p.items, func(it Item) bool { return sequenceLess(reply[1], it.Sequence) })
		sum.Skipped += n
		return part{p.lane, p.items[n:]}, errRepeat
	default:
		return p, fmt.Errorf("unknown answer %q of the append script", reply[0])
	}
	return part{}, nil
}

// split groups items by lane, in their order.
func split(items []Item, lanes int) []part {
	var parts []part
	at := make([]int, lanes) // index in parts + 1
	topic, lane := "", -1
	for _, it := range items {
		if it.Topic != topic || lane < 0 {
			topic, lane = it.Topic, LaneOf(it.Topic, lanes)
		}
		if at[lane] == 0 {
			parts = append(parts, part{lane: lane})
			at[lane] = len(parts)
		}
		p := &parts[at[lane]-1]
		p.items = append(p.items, it)
	}
	return parts
}

// chunk concatenates the events of items into entries of about MaxEntryBytes.
func chunk(items []Item) []any {
	var chunks []any
	var buf []byte
	for i, it := range items {
		if len(buf) > 0 && len(buf)+len(it.Bytes) > MaxEntryBytes {
			chunks, buf = append(chunks, buf), nil
		}
		if buf == nil {
			buf = make([]byte, 0, min(MaxEntryBytes, max(len(it.Bytes), (len(items)-i)*len(it.Bytes))))
		}
		buf = append(buf, it.Bytes...)
	}
	return append(chunks, buf)
}

// lowest returns the lowest sequence number of what is left: the first items of
// the parts, or the first item if nothing was split yet.
func lowest(parts []part, items []Item) string {
	first := ""
	for _, p := range parts {
		if s := p.items[0].Sequence; first == "" || sequenceLess(s, first) {
			first = s
		}
	}
	if first == "" {
		return items[0].Sequence
	}
	return first
}

// sequenceLess compares sequence numbers, decimals without leading zeros.
func sequenceLess(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// publishCommand is the command that reaches the subscribers of a channel: in a
// cluster the one that stays on the channel's node.
func (l *Log) publishCommand() string {
	if l.cluster {
		return "SPUBLISH"
	}
	return "PUBLISH"
}

// isFull tells whether Redis has refused a write because its memory is used up.
func isFull(err error) bool { return redis.HasErrorPrefix(err, "OOM") }

// trim removes what is older than the retention from all lanes.
func (l *Log) trim(ctx context.Context, epoch Epoch) error {
	pipe := l.rdb.Pipeline()
	for lane := range epoch.Lanes {
		redis.NewScript(trimScript).Eval(ctx, pipe, []string{l.entriesKey(epoch.ID, lane)}, epoch.Retention.Milliseconds())
	}
	_, err := pipe.Exec(ctx)
	return err
}
