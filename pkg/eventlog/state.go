package eventlog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// State is what a log looks like at a moment.
type State struct {
	Epoch Epoch
	Lanes []LaneState
}

// LaneState is what a lane looks like. Bytes are of Redis's memory, as the budget's
// are: those of the events and what an entry takes beside them.
type LaneState struct {
	Head     ID    // the last entry; zero if there has been none
	Appended int64 // bytes appended in this epoch
	Held     int64 // bytes that are not trimmed; too many by 1/64 of the budget at most
	Err      error // why this lane could not be read, if it could not
}

// State reads the log's epoch and the state of its lanes, each for itself. The lanes
// are of moments close to each other.
func (l *Log) State(ctx context.Context) (State, error) {
	epoch, err := l.Epoch(ctx)
	if err != nil {
		return State{}, err
	}
	keys := make([]string, epoch.Lanes)
	for i := range keys {
		keys[i] = l.stateKey(epoch.ID, i)
	}
	states := make([]*redis.SliceCmd, epoch.Lanes)
	oldest := make([]*redis.StringCmd, epoch.Lanes)
	l.pipelines(ctx, l.cfg.patient(readTimeout), keys, func(pipe redis.Pipeliner, i int) {
		oldest[i] = pipe.LIndex(ctx, l.sizesKey(epoch.ID, i), 0)
		states[i] = pipe.HMGet(ctx, keys[i], "ids", "limit", "room")
	})
	lanes := make([]LaneState, epoch.Lanes)
	for i := range lanes {
		if lanes[i], err = parseLane(states[i], oldest[i]); err != nil {
			lanes[i] = LaneState{Err: fmt.Errorf("read state of lane %d of log %s: %w", i, l.cfg.Name, err)}
		}
	}
	return State{epoch, lanes}, nil
}

func parseLane(state *redis.SliceCmd, oldest *redis.StringCmd) (LaneState, error) {
	values, err := state.Result()
	if err != nil {
		return LaneState{}, err
	}
	if len(values) != 3 {
		return LaneState{}, fmt.Errorf("got %d fields, want 3", len(values))
	}
	ids, ok := values[0].(string)
	if !ok {
		return LaneState{}, nil // nothing was ever appended
	}
	var s LaneState
	last, _, _ := strings.Cut(strings.TrimPrefix(ids, " "), " ")
	if s.Head, err = ParseID(last); err != nil {
		return LaneState{}, err
	}
	limit, err1 := number(values[1])
	room, err2 := number(values[2])
	if err := errors.Join(err1, err2); err != nil {
		return LaneState{}, err
	}
	s.Appended = limit - room
	first, err := oldest.Result()
	if errors.Is(err, redis.Nil) {
		return s, nil // nothing is held
	}
	if err != nil {
		return LaneState{}, err
	}
	size, _, _ := strings.Cut(first, " ")
	before, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		return LaneState{}, fmt.Errorf("size %q: want a number and an entry", first)
	}
	s.Held = max(s.Appended-before, 0)
	return s, nil
}

// number reads a field of a hash.
func number(field any) (int64, error) {
	text, _ := field.(string)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q: want a number", text)
	}
	return n, nil
}
