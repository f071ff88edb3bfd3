package kinesis

import (
	"log/slog"
	"sync/atomic"
)

// memory counts the bytes that all records take, against a limit.
type memory struct {
	limit int64
	used  atomic.Int64
	// full is set from the first refusal to the next success, so that it is logged once.
	full atomic.Bool
}

func (m *memory) reserve(n int) bool {
	if m.used.Add(int64(n)) <= m.limit {
		return true
	}
	m.used.Add(int64(-n))
	return false
}

func (m *memory) release(n int) { m.used.Add(int64(-n)) }

// Memory tells how many bytes all records take now, and how many they may take.
func (s *Service) Memory() (used, limit int64) { return s.memory.used.Load(), s.memory.limit }

// makeRoom frees what has passed its retention in all streams and reports
// whether n more bytes fit then.
func (s *Service) makeRoom(n int) bool {
	now := s.now()
	for _, st := range *s.streams.Load() {
		state := st.state.Load()
		for _, sh := range state.shards {
			sh.expire(now, state.retention)
		}
	}
	return s.memory.used.Load()+int64(n) <= s.memory.limit
}

// noteFull logs that puts are refused for want of memory, once until one succeeds again.
func (s *Service) noteFull(stream string) {
	if s.memory.full.CompareAndSwap(false, true) {
		s.cfg.Logger.Warn("put refused, memory budget is used up",
			slog.String("stream", stream), slog.Int64("max_bytes", s.memory.limit), slog.Int64("used_bytes", s.memory.used.Load()))
	}
}
