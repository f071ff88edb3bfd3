package kinesis

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/awsjson"
	"github.com/spillway/spillway/pkg/sandbox/knobs"
)

// maxDuplicates bounds how many reads of a shard can be repeated.
const maxDuplicates = 1_000_000

// Clock is the clock of the service, which can be turned.
func (s *Service) Clock() *knobs.Clock { return s.clock }

// Knobs serves the knobs of the service:
//
//	clock             {"set": time} or {"shift": duration}
//	duplicate         {"stream", "shard", "count"}: the next reads of a shard that find records are repeated by those after them
//	expire-iterators  {}: every shard iterator that is out has expired
//	fault             {"operation", "count", "delay", "status", "code", "message", "drop"}: see knobs.Fault
//	reset             {}: every knob is put back
//	seed              {"seed"}: request ids and tokens are the same each time from here on
//	throttle          {"stream", "shard", "for": duration}: puts and reads of a shard are throttled; 0s ends it
func (s *Service) Knobs() http.Handler {
	return &knobs.Panel{State: func() any { return s.knobState() }, Knobs: map[string]knobs.Knob{
		"clock":            knobs.JSON(s.clock.Turn),
		"duplicate":        knobs.JSON(s.turnDuplicate),
		"expire-iterators": knobs.JSON(func(struct{}) error { s.iterators.Add(1); return nil }),
		"fault":            knobs.JSON(s.turnFault),
		"reset":            knobs.JSON(func(struct{}) error { s.resetKnobs(); return nil }),
		"seed":             knobs.JSON(s.turnSeed),
		"throttle":         knobs.JSON(s.turnThrottle),
	}}
}

// knobState is how the knobs are.
type knobState struct {
	Time       time.Time      `json:"time"`
	ClockShift knobs.Duration `json:"clock_shift"`
	Faults     []knobs.Fault  `json:"faults"`
	Shards     []shardKnobs   `json:"shards"`
}

// shardKnobs are the knobs of a shard.
type shardKnobs struct {
	Stream     string         `json:"stream"`
	Shard      string         `json:"shard"`
	Throttled  knobs.Duration `json:"throttled,omitempty"` // for so long
	Duplicates int            `json:"duplicates,omitempty"`
}

func (s *Service) knobState() knobState {
	out := knobState{Time: s.now().UTC(), ClockShift: knobs.Duration(s.clock.Shifted()), Faults: s.faults.Left(), Shards: []shardKnobs{}}
	s.eachShard(func(st *stream, sh *shard) {
		one := shardKnobs{Stream: st.name, Shard: sh.id, Duplicates: sh.duplicates}
		if left := sh.throttled.Sub(out.Time); left > 0 {
			one.Throttled = knobs.Duration(left)
		}
		if one.Throttled != 0 || one.Duplicates != 0 {
			out.Shards = append(out.Shards, one)
		}
	})
	return out
}

// eachShard calls f with every shard, locked.
func (s *Service) eachShard(f func(st *stream, sh *shard)) {
	for _, st := range *s.streams.Load() {
		for _, sh := range st.state.Load().shards {
			sh.mu.Lock()
			f(st, sh)
			sh.mu.Unlock()
		}
	}
}

func (s *Service) resetKnobs() {
	s.clock.Reset()
	s.faults.Reset()
	s.eachShard(func(_ *stream, sh *shard) { sh.throttled, sh.duplicates = time.Time{}, 0 })
}

func (s *Service) turnFault(f knobs.Fault) error {
	if err := f.Check(Operations()); err != nil {
		return err
	}
	return s.faults.Add(f)
}

type seedRequest struct {
	Seed *uint64 `json:"seed"`
}

func (s *Service) turnSeed(r seedRequest) error {
	if r.Seed == nil {
		return errors.New(`give "seed", a number`)
	}
	s.random.seed(*r.Seed)
	s.sealer.Store(newSealer(&s.random))
	return nil
}

type shardRequest struct {
	Stream string          `json:"stream"`
	Shard  string          `json:"shard"`
	Count  *int            `json:"count"`
	For    *knobs.Duration `json:"for"`
}

func (s *Service) turnThrottle(r shardRequest) error {
	if r.For == nil || *r.For < 0 {
		return errors.New(`give "stream", "shard" and "for", a duration`)
	}
	until := s.now().Add(time.Duration(*r.For))
	return s.turnShard(r, func(sh *shard) { sh.throttled = until })
}

func (s *Service) turnDuplicate(r shardRequest) error {
	if r.Count == nil || *r.Count < 0 || *r.Count > maxDuplicates {
		return fmt.Errorf(`give "stream", "shard" and "count", 0 to %d`, maxDuplicates)
	}
	return s.turnShard(r, func(sh *shard) { sh.duplicates = *r.Count })
}

func (s *Service) turnShard(r shardRequest, f func(sh *shard)) error {
	st, err := s.stream(r.Stream, "")
	if err != nil {
		return err
	}
	index, ok := parseShardID(r.Shard)
	if !ok {
		return s.errShardText(r.Stream, r.Shard)
	}
	sh, ok := st.state.Load().shardAt(index, s.now())
	if !ok {
		return s.errNoShard(r.Stream, shardID(index))
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	f(sh)
	return nil
}

// meet takes the next fault for an operation and runs f, unless the fault is in
// its place.
func (s *Service) meet(ctx context.Context, operation string, f func() (any, error)) (any, error) {
	fault, ok := s.faults.Take(operation)
	if !ok {
		return f()
	}
	if err := fault.Wait(ctx); err != nil {
		return nil, err
	}
	switch {
	case fault.Code != "":
		return nil, &Error{Code: fault.Code, HTTPStatus: fault.Status, Message: fault.Message}
	case fault.Drop == knobs.DropBefore:
		return nil, awsjson.ErrDrop
	case fault.Drop == knobs.DropAfter:
		if _, err := f(); err != nil {
			return nil, err
		}
		return nil, awsjson.ErrDrop
	default:
		return f()
	}
}
