package logs

import (
	"slices"
	"time"
)

// group is a log group. Guarded by Service.mu.
type group struct {
	name      string
	created   time.Time
	retention int // days, 0 for ever
	streams   map[string]*stream
}

// stream is a log stream. Guarded by Service.mu.
type stream struct {
	group   *group
	name    string
	created time.Time
	events  []event // in the order of their coming
	gone    bool    // it was deleted, and what the order says of it is old
}

// event is a line of a log.
type event struct {
	seq      int64 // of all events of the service
	at       int64 // milliseconds since the epoch
	ingested int64
	message  string
}

func (e event) bytes() int64 { return int64(len(e.message)) + eventOverhead }

// ensureGroup returns a group, new if need be; s.mu is held.
func (s *Service) ensureGroup(name string) (*group, *Error) {
	if g := s.groups[name]; g != nil {
		return g, nil
	}
	if len(s.groups) >= MaxGroups {
		return nil, errorf(CodeLimit, "The sandbox has at most %d log groups.", MaxGroups)
	}
	g := &group{name: name, created: s.cfg.Clock(), streams: make(map[string]*stream)}
	s.groups[name] = g
	return g, nil
}

// ensureStream returns a stream, new if need be; s.mu is held.
func (s *Service) ensureStream(g *group, name string) *stream {
	st := g.streams[name]
	if st == nil {
		for s.streams >= MaxStreams && s.evict() { // the oldest go
		}
		st = &stream{group: g, name: name, created: s.cfg.Clock()}
		g.streams[name] = st
		s.streams++
	}
	return st
}

// add appends an event, and drops the oldest of all while the budget is passed; s.mu is held.
func (s *Service) add(st *stream, at time.Time, message string) {
	s.seq++
	e := event{seq: s.seq, at: at.UnixMilli(), ingested: s.cfg.Clock().UnixMilli(), message: message}
	st.events = append(st.events, e)
	s.order = append(s.order, st)
	s.used += e.bytes()
	for s.used > s.cfg.MaxBytes && s.evict() {
	}
}

// evict drops the oldest event, and its stream when that was its last one. It reports whether there was one; s.mu is
// held.
func (s *Service) evict() bool {
	for s.head < len(s.order) {
		st := s.order[s.head]
		s.order[s.head] = nil
		s.head++
		if s.head > len(s.order)/2 { // the front half is used up
			s.order = slices.Delete(s.order, 0, s.head)
			s.head = 0
		}
		if st.gone {
			continue // its events went with it
		}
		s.used -= st.events[0].bytes()
		st.events[0] = event{}
		st.events = st.events[1:]
		if len(st.events) == 0 {
			s.drop(st)
		}
		return true
	}
	return false
}

// drop removes a stream with its events; s.mu is held.
func (s *Service) drop(st *stream) {
	for _, e := range st.events {
		s.used -= e.bytes()
	}
	st.events, st.gone = nil, true
	delete(st.group.streams, st.name)
	s.streams--
}

// bounds are the first and the last time of a stream's events, which must not be none.
func (st *stream) bounds() (first, last int64) {
	first, last = st.events[0].at, st.events[0].at
	for _, e := range st.events {
		first, last = min(first, e.at), max(last, e.at)
	}
	return first, last
}

// kept is the time before which a group's events are too old to be shown.
func (g *group) kept(now time.Time) int64 {
	if g.retention == 0 {
		return 0
	}
	return now.AddDate(0, 0, -g.retention).UnixMilli()
}
