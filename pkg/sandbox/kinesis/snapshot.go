package kinesis

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// snapshot is all but the records, as it is kept in a file.
type snapshot struct {
	Started, Ended time.Time // of the account's commitment
	Streams        []savedStream
}

type savedStream struct {
	Name         string
	Created      time.Time
	Phase        string
	Settles      time.Time
	Retention    time.Duration
	Tags         map[string]string `json:",omitempty"`
	Mode         string
	Key          string   `json:",omitempty"`
	Metrics      []string `json:",omitempty"`
	Policy       string   `json:",omitempty"`
	MaxRecordKiB int
	WarmMiBps    int             `json:",omitempty"`
	Consumers    []savedConsumer `json:",omitempty"`
	Rescales     []time.Time     `json:",omitempty"`
	ModeSwitches []time.Time     `json:",omitempty"`
	Encryptions  []time.Time     `json:",omitempty"`
	Shards       []savedShard    // by index
}

type savedConsumer struct {
	Name, ARN string
	Created   time.Time
	Phase     string
	Settles   time.Time
	Tags      map[string]string `json:",omitempty"`
	Policy    string            `json:",omitempty"`
}

type savedShard struct {
	First, Last      string // hash keys
	Parent, Adjacent *int64 `json:",omitempty"` // indexes
	Seconds          int64  // the creation in its sequence numbers
	Opened           time.Time
	Closed           time.Time
	Ending           string `json:",omitempty"`
}

func saveStream(st *stream, state *streamState) savedStream {
	out := savedStream{
		Name: st.name, Created: st.created, Phase: state.phase, Settles: state.settles, Retention: state.retention, Tags: state.tags,
		Mode: state.mode, Key: state.key, Metrics: state.metrics, Policy: state.policy, MaxRecordKiB: state.maxRecordKiB, WarmMiBps: state.warmMiBps,
		Rescales: state.rescales, ModeSwitches: state.modeSwitches, Encryptions: state.encryptions,
	}
	for _, c := range state.consumers {
		out.Consumers = append(out.Consumers, savedConsumer{c.name, c.arn, c.created, c.phase, c.settles, c.tags, c.policy})
	}
	for _, sh := range state.shards {
		out.Shards = append(out.Shards, sh.save())
	}
	return out
}

func (sh *shard) save() savedShard {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	out := savedShard{First: sh.hash.first.String(), Last: sh.hash.last.String(), Seconds: sh.created, Opened: sh.opened, Closed: sh.closed}
	if sh.parent != nil {
		out.Parent = &sh.parent.index
	}
	if sh.adjacent != nil {
		out.Adjacent = &sh.adjacent.index
	}
	if sh.ending != (number{}) {
		out.Ending = sh.ending.String()
	}
	return out
}

// restoreStream makes a stream of what was saved, without its records.
func (s *Service) restoreStream(in savedStream) (*stream, error) {
	st := &stream{name: in.Name, arn: s.arn(in.Name), created: in.Created}
	state := &streamState{
		phase: in.Phase, settles: in.Settles, retention: in.Retention, tags: maps.Clone(in.Tags),
		mode: in.Mode, key: in.Key, metrics: in.Metrics, policy: in.Policy, maxRecordKiB: in.MaxRecordKiB, warmMiBps: in.WarmMiBps,
		rescales: in.Rescales, modeSwitches: in.ModeSwitches, encryptions: in.Encryptions,
	}
	for _, c := range in.Consumers {
		state.consumers = append(state.consumers, &consumer{
			name: c.Name, arn: c.ARN, created: c.Created, phase: c.Phase, settles: c.Settles, tags: c.Tags, policy: c.Policy, subs: &subscriptions{},
		})
	}
	for i, saved := range in.Shards {
		sh, err := s.restoreShard(int64(i), saved, state.shards)
		if err != nil {
			return nil, fmt.Errorf("stream %s: shard %d: %w", in.Name, i, err)
		}
		state.shards = append(state.shards, sh)
		if sh.ending == (number{}) {
			state.open = append(state.open, sh)
		}
	}
	slices.SortFunc(state.open, func(a, b *shard) int { return a.hash.first.compare(b.hash.first) })
	st.state.Store(state)
	return st, nil
}

func (s *Service) restoreShard(index int64, in savedShard, before []*shard) (*shard, error) {
	first, okFirst := parseNumber(in.First)
	last, okLast := parseNumber(in.Last)
	ending, okEnding := parseNumber(in.Ending)
	if !okFirst || !okLast || !okEnding && in.Ending != "" {
		return nil, fmt.Errorf("hash keys %q to %q or ending %q are no numbers", in.First, in.Last, in.Ending)
	}
	sh := newShard(index, hashRange{first, last}, in.Opened, time.Unix(in.Seconds, 0), &s.memory)
	sh.closed, sh.ending, sh.replaced = in.Closed, ending, ending != number{}
	for _, p := range []struct {
		index *int64
		into  **shard
	}{{in.Parent, &sh.parent}, {in.Adjacent, &sh.adjacent}} {
		switch {
		case p.index == nil:
		case *p.index < 0 || *p.index >= int64(len(before)):
			return nil, fmt.Errorf("there is no parent %d before it", *p.index)
		default:
			*p.into = before[*p.index]
		}
	}
	return sh, nil
}
