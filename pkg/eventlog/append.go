package eventlog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
)

// maxRounds bounds the round trips of one Append: one, and one more where an epoch
// has changed, a script is not loaded, a batch is repeated in part, or Redis was
// full and something could be trimmed.
const maxRounds = 5

// aheadBytes is from where on events are added ahead of the script that commits them,
// in a transaction, and not given to it: Redis hashes every byte of a script's arguments,
// some 2 us for a kilobyte, and a transaction costs it as much as two.
const aheadBytes = 4 << 10

// errStale says that the log has entered another epoch, errRepeat that the same
// parts, or what is left of them, go through with another round.
var (
	errStale  = errors.New("the log has entered another epoch")
	errRepeat = errors.New("repeat")
)

// Append appends items, which are of one shard and in the order of their sequence
// numbers; if Config is Parallel, in the order of their sequence numbers by key.
// Items that an earlier Append of the same shard brought are skipped, so repeating
// a failed Append is safe. It takes one round trip, unless the log was made anew
// meanwhile. An error is an *AppendError that names the lowest sequence number that
// did not get through.
func (l *Log) Append(ctx context.Context, shard string, items []Item) (Appended, error) {
	return (&batch{log: l, shard: shard, items: items}).append(ctx)
}

// batch is an Append, or a Refill if it has a run, under way.
type batch struct {
	log   *Log
	shard string
	run   string
	since string // of a Refill
	items []Item

	parts  []part // what is left; nil before the first round
	inline bool   // no transaction: one was refused, and does not say why
	sum    Appended
}

func (b *batch) append(ctx context.Context) (Appended, error) {
	if len(b.items) == 0 {
		return b.sum, nil
	}
	var err error
	trimmed := false
	for range maxRounds {
		var epoch Epoch
		if epoch, err = b.log.epochOnce(ctx); err != nil {
			break
		}
		if b.parts == nil {
			b.parts = split(b.items, epoch.Lanes)
		}
		b.parts, err = b.round(ctx, epoch)
		switch {
		case len(b.parts) == 0:
			return b.sum, nil
		case errors.Is(err, errRepeat):
			continue
		case errors.Is(err, errStale):
			// The lanes of another epoch may be others: start over with all items;
			// what that epoch has already is skipped.
			b.log.epoch.set(Epoch{}, "")
			b.parts, b.sum = nil, Appended{}
			continue
		case isFull(err) && !trimmed && b.log.trim(ctx, epoch) == nil:
			trimmed = true // appends trim, but only once they have added something
			continue
		}
		break
	}
	return b.sum, &AppendError{First: lowest(b.parts, b.items), Err: fmt.Errorf("shard %s: %w", b.shard, err)}
}

// round makes one round trip. It returns the parts that are left to append, and why.
func (b *batch) round(ctx context.Context, epoch Epoch) ([]part, error) {
	l, s := b.log, b.log.scripts.append
	if b.run != "" {
		s = l.scripts.refill
	}
	whole := !s.loaded.Swap(true)
	keys := []string{l.epochKey()}
	for _, p := range b.parts {
		keys = append(keys, l.entriesKey(epoch.ID, p.lane))
	}
	mem := b.pack()
	defer l.entries.Put(mem) // nothing is sent any more then
	send := l.pipelines
	if slices.ContainsFunc(b.parts, func(p part) bool { return p.ahead != nil }) {
		send = l.transactions
	}
	var current *redis.StringCmd
	cmds := make([]*redis.Cmd, len(b.parts))
	send(ctx, l.cfg.patient(appendTimeout), keys, func(pipe redis.Pipeliner, i int) {
		if i == 0 {
			current = pipe.Get(ctx, l.epochKey())
			return
		}
		p := &b.parts[i-1]
		if p.ahead != nil {
			p.aheadID = pipe.XAdd(ctx, &redis.XAddArgs{Stream: l.entriesKey(epoch.ID, p.lane), Values: []any{"e", p.ahead}})
		}
		keys, args := b.call(epoch, p)
		cmds[i-1] = s.call(ctx, pipe, whole, keys, args)
		l.notice(ctx, pipe, p.lane)
	})
	if isDiscarded(current.Err()) {
		b.inline = true
		return b.parts, errRepeat
	}
	if err := l.epoch.refresh(epoch, l.cfg.Parallel, current); err != nil {
		return b.parts, err
	}
	var left []part
	var errs []error
	for i, cmd := range cmds {
		rest, err := b.finish(s, epoch, cmd, b.parts[i])
		if err != nil {
			left, errs = append(left, rest), append(errs, err)
		}
		if cmd.Err() != nil {
			l.withdraw(ctx, epoch, b.parts[i])
		}
	}
	return left, gravest(errs)
}

// withdraw removes what went ahead of a script that failed. Where that fails as well, it
// stays until it is trimmed, and readers pass over it.
func (l *Log) withdraw(ctx context.Context, epoch Epoch, p part) {
	if p.ahead == nil || p.aheadID.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, l.cfg.patient(appendTimeout))
	defer cancel()
	_ = l.rdb.XDel(ctx, l.entriesKey(epoch.ID, p.lane), p.aheadID.Val()).Err()
}

// pack makes entries of what the parts have, in memory that is used again. The first of a
// part is sent ahead of the script, if it is large enough.
func (b *batch) pack() *[]byte {
	size := 0
	for i := range b.parts {
		for j := range b.parts[i].items {
			size += len(b.parts[i].items[j].Bytes)
		}
	}
	mem, _ := b.log.entries.Get().(*[]byte)
	if mem == nil {
		mem = new([]byte)
	}
	*mem = slices.Grow((*mem)[:0], size)
	for i := range b.parts {
		p := &b.parts[i]
		p.ahead = nil
		p.chunks, *mem = chunk(*mem, p.items)
		if b.run == "" && !b.inline && len(p.chunks[0]) >= aheadBytes {
			p.ahead = p.chunks[0]
		}
	}
	return mem
}

// call returns the keys and arguments of the script for a part.
func (b *batch) call(epoch Epoch, p *part) (keys []string, args []any) {
	l := b.log
	p.marks, p.markOf = marksOf(b.shard, p.items, epoch.Parallel)
	keys, args = l.laneKeys(epoch.ID, p.lane), l.laneArgs(epoch, l.known.last(epoch.ID, p.lane), shardField(b.shard))
	args = append(args, p.items[0].Sequence, p.items[len(p.items)-1].Sequence)
	if b.run != "" {
		p.markOf = nil // what a run has brought is marked by shard
		keys, args = append(keys, l.runKey(epoch.ID, p.lane, b.run)), append(args, b.since, len(p.marks))
		for _, m := range p.marks {
			args = append(args, m.field, m.last)
		}
	} else if args = append(args, len(p.ahead)); epoch.Parallel {
		args = append(args, len(p.marks))
		for _, m := range p.marks {
			args = append(args, m.field, m.first, m.last)
		}
	}
	switch {
	case epoch.Parallel:
		keys = append(keys, l.marksKeys(epoch.ID, p.lane)...)
	case b.run != "":
		keys = append(keys, l.stateKey(epoch.ID, p.lane))
	}
	for i, c := range p.chunks {
		if i > 0 || p.ahead == nil {
			args = append(args, c)
		}
	}
	return keys, args
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
func (b *batch) finish(s *script, epoch Epoch, cmd *redis.Cmd, p part) (part, error) {
	value, err := cmd.Result()
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		s.loaded.Store(false)
		return p, errRepeat
	}
	if isDiscarded(err) {
		b.inline = true
		return p, errRepeat
	}
	if err != nil {
		return p, err
	}
	if id, ok := value.(string); ok { // all of it is appended
		if _, err := ParseID(id); err != nil {
			return p, fmt.Errorf("answer of the append script: %w", err)
		}
		b.log.known.told(epoch.ID, p.lane, id)
		b.sum.Events += len(p.items)
		b.sum.Entries += len(p.chunks)
		return part{}, nil
	}
	reply, err := cmd.StringSlice()
	if err != nil {
		return p, err
	}
	if len(reply) < 2 {
		return p, fmt.Errorf("answer of %d fields of the append script", len(reply))
	}
	b.log.known.told(epoch.ID, p.lane, reply[1])
	switch reply[0] {
	case "SKIPPED":
		b.sum.Skipped += len(p.items)
		return part{}, nil
	case "OVERLAP":
		// A batch that begins before a mark and ends after it: repeat with what is new.
		rest, err := p.after(reply[2:])
		b.sum.Skipped += len(p.items) - len(rest)
		return part{lane: p.lane, items: rest}, err
	}
	return p, fmt.Errorf("unknown answer %q of the append script", reply[0])
}

// isDiscarded tells whether Redis has refused a transaction.
func isDiscarded(err error) bool { return redis.HasErrorPrefix(err, "EXECABORT") }

// isFull tells whether Redis has refused a write because its memory is used up.
func isFull(err error) bool { return redis.HasErrorPrefix(err, "OOM") }

// trim removes what is older than the retention, or beyond the budget, from all lanes.
func (l *Log) trim(ctx context.Context, epoch Epoch) error {
	keys := make([]string, epoch.Lanes)
	for lane := range keys {
		keys[lane] = l.entriesKey(epoch.ID, lane)
	}
	cmds := make([]*redis.Cmd, epoch.Lanes)
	l.pipelines(ctx, l.cfg.patient(appendTimeout), keys, func(pipe redis.Pipeliner, i int) {
		cmds[i] = l.scripts.trim.call(ctx, pipe, true, l.laneKeys(epoch.ID, i), l.laneArgs(epoch, ID{}, ""))
	})
	var errs []error
	for _, cmd := range cmds {
		errs = append(errs, cmd.Err())
	}
	return errors.Join(errs...)
}
