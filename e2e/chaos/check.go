package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spillway/spillway/e2e/harness"
	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/eventlog"
)

// maxExamples bounds what is told of the breaches of one subscriber.
const maxExamples = 8

// findings are what is wrong with the history of a subscriber, and what is worth
// knowing of it.
type findings struct {
	Name string `json:"name"`
	// Shown is how many events there were, Gaps how many gaps.
	Shown int `json:"shown"`
	Gaps  int `json:"gaps"`
	// Reasons are the gaps by what they say.
	Reasons map[client.GapReason]int `json:"gaps_by_reason"`

	// Lost events are missing, and no gap tells it; SilentGaps are the places where.
	Lost       int `json:"lost"`
	SilentGaps int `json:"silent_gaps"`
	// Gone events are missing, a gap tells it, and a fault took them from the log.
	// Unexplained ones are missing, a gap tells it, but no fault can have taken them.
	Gone        int `json:"gone_and_told"`
	Unexplained int `json:"gone_unexplained"`
	// FalseAlarms are gaps where nothing is missing.
	FalseAlarms int `json:"false_alarms"`
	// Duplicated events were shown twice by one stream; Repeated ones were dropped by
	// the SDK. Reshown ones were shown again by a later stream.
	Duplicated int   `json:"duplicated_sdk"`
	Repeated   int64 `json:"duplicated_raw"`
	Reshown    int   `json:"shown_again_by_a_later_stream"`
	OutOfOrder int   `json:"out_of_order"`
	// Foreign events are of topics that were not asked for or not granted. Mismatches
	// have other data or another id than what was put.
	Foreign    int `json:"entitlement_violations"`
	Mismatches int `json:"data_mismatches"`
	// Ended says what ended the subscription before its time.
	Ended string `json:"ended,omitempty"`

	Examples []string `json:"examples,omitempty"`

	alarms []*alarm
}

// broken tells whether a promise is.
func (f *findings) broken() bool {
	return f.Lost+f.SilentGaps+f.Unexplained+f.Duplicated+f.OutOfOrder+f.Foreign+f.Mismatches > 0 || f.Ended != ""
}

// add sums up.
func (f *findings) add(g *findings) {
	if f.Reasons == nil {
		f.Reasons = map[client.GapReason]int{}
	}
	f.Shown += g.Shown
	f.Gaps += g.Gaps
	for reason, n := range g.Reasons {
		f.Reasons[reason] += n
	}
	f.Lost += g.Lost
	f.SilentGaps += g.SilentGaps
	f.Gone += g.Gone
	f.Unexplained += g.Unexplained
	f.FalseAlarms += g.FalseAlarms
	f.Duplicated += g.Duplicated
	f.Repeated += g.Repeated
	f.Reshown += g.Reshown
	f.OutOfOrder += g.OutOfOrder
	f.Foreign += g.Foreign
	f.Mismatches += g.Mismatches
}

func (f *findings) example(format string, args ...any) {
	if len(f.Examples) < maxExamples {
		f.Examples = append(f.Examples, fmt.Sprintf(format, args...))
	}
}

// checker holds histories against what Kinesis has acknowledged.
type checker struct {
	workload *workload
	truth    [][]record // by chain
	// losses are when faults had taken data from the log: what was put before one of
	// them may be gone.
	losses []time.Time
}

// check returns what is wrong with a history.
func (c *checker) check(h *history) *findings {
	f := &findings{Name: h.name, Repeated: h.repeated, Reasons: map[client.GapReason]int{}}
	if h.ended != nil {
		f.Ended = h.ended.Error()
	}
	first := c.walk(h, f)
	alarms := newAlarms(h.items)
	f.alarms, f.Gaps = alarms, len(alarms)
	for i := range c.workload.chains {
		if h.wants(c.workload.chains[i].Topic) {
			c.holes(i, h, first[i], alarms, f)
		}
	}
	for _, a := range alarms {
		f.Reasons[a.gap.Reason]++
		if !a.real {
			f.FalseAlarms++
		}
	}
	return f
}

// walk looks at what was shown, one after the other. It returns where each record of
// each chain was shown first: -1 if nowhere.
func (c *checker) walk(h *history, f *findings) [][]int {
	first := make([][]int, len(c.truth))
	latest := make([][]int, len(c.truth)) // the stream that showed it last
	highest := make([]int, len(c.truth))
	for i, records := range c.truth {
		first[i], latest[i] = slices.Repeat([]int{-1}, len(records)), slices.Repeat([]int{-1}, len(records))
	}
	for at, s := range h.items {
		if s.gap != nil {
			continue
		}
		f.Shown++
		if !c.genuine(h, s, f) {
			continue
		}
		n := s.number - 1
		switch {
		case first[s.chain][n] < 0:
			first[s.chain][n] = at
			if s.number < highest[s.chain] {
				f.OutOfOrder++
				f.example("out of order: %s after %d", c.name(s), highest[s.chain])
			}
			highest[s.chain] = max(highest[s.chain], s.number)
		case latest[s.chain][n] == s.stream:
			f.Duplicated++
			f.example("twice by one stream: %s", c.name(s))
		default:
			c.again(h, s, f)
		}
		latest[s.chain][n] = s.stream
	}
	return first
}

// again judges an event that an earlier stream has shown. A subscriber that left
// after a whole response must not see it, unless Redis lost it with the memory of
// having it, and it was appended anew. A durable one must not even then.
func (c *checker) again(h *history, s shown, f *findings) {
	f.Reshown++
	if h.durable || !h.careless && len(c.losses) == 0 {
		f.Duplicated++
		f.example("again after a clean leave: %s", c.name(s))
	}
}

func (c *checker) name(s shown) string {
	ch := c.workload.chains[s.chain]
	return fmt.Sprintf("%s %s number %d", ch.Topic, ch.Key, s.number)
}

// genuine tells whether an event is one that was put, and that the subscriber may see.
func (c *checker) genuine(h *history, s shown, f *findings) bool {
	name := s.stray
	if s.chain >= 0 {
		name = c.workload.chains[s.chain].Topic
	}
	if !h.wants(name) {
		f.Foreign++
		f.example("not granted or not asked for: an event of %s", name)
	}
	switch {
	case s.chain < 0:
		f.Mismatches++
		f.example("an event of %s that nobody put", name)
		return false
	case s.wrong || s.number < 1 || s.number > len(c.truth[s.chain]):
		f.Mismatches++
		f.example("data that nobody put: %s", c.name(s))
		return false
	case c.truth[s.chain][s.number-1].id != s.id:
		f.Mismatches++
		f.example("another id than that of the record: %s", c.name(s))
	}
	return true
}

// holes looks for records of a chain that were not shown. A hole is as many of them as
// follow each other.
func (c *checker) holes(chain int, h *history, first []int, alarms []*alarm, f *findings) {
	lane := uint32(eventlog.LaneOf(c.workload.chains[chain].Topic, harness.Lanes))
	for n := 0; n < len(first); n++ {
		if first[n] >= 0 || !c.claimed(h, chain, n) {
			continue
		}
		end := n
		for end+1 < len(first) && first[end+1] < 0 {
			end++
		}
		c.hole(chain, n, end, told(alarms, lane, before(first, n), after(first, end, len(h.items))), f)
		n = end
	}
}

// claimed tells whether the subscriber has to be shown a record.
func (c *checker) claimed(h *history, chain, n int) bool {
	return h.since.IsZero() || c.truth[chain][n].put.After(h.since)
}

// hole judges the records from n to end of a chain, which are missing.
func (c *checker) hole(chain, n, end int, gap *alarm, f *findings) {
	ch := c.workload.chains[chain]
	if gap == nil {
		f.SilentGaps++
		f.Lost += end - n + 1
		f.example("missing, and no gap tells it: %s %s numbers %d to %d of %d", ch.Topic, ch.Key, n+1, end+1, len(c.truth[chain]))
		return
	}
	gap.real = true
	for i := n; i <= end; i++ {
		if c.taken(c.truth[chain][i].put) {
			f.Gone++
			continue
		}
		f.Unexplained++
		f.example("missing and told, but no fault took it: %s %s number %d", ch.Topic, ch.Key, i+1)
	}
}

// taken tells whether a fault may have taken what was put at a time.
func (c *checker) taken(put time.Time) bool {
	return slices.ContainsFunc(c.losses, put.Before)
}

// before is where the last record of the chain before n was shown, -1 if none was.
func before(first []int, n int) int {
	for i := n - 1; i >= 0; i-- {
		if first[i] >= 0 {
			return first[i]
		}
	}
	return -1
}

// after is where the first record of the chain after n was shown, limit if none was.
func after(first []int, n, limit int) int {
	for i := n + 1; i < len(first); i++ {
		if first[i] >= 0 {
			return first[i]
		}
	}
	return limit
}

// alarm is a gap that was told.
type alarm struct {
	at   int // in the history
	gap  *client.Gap
	real bool // something is missing there
}

// String is the gap in one line.
func (a *alarm) String() string {
	return fmt.Sprintf("after %d items: %s, lanes %v, from %s to %s, something is missing: %t",
		a.at, a.gap.Reason, a.gap.Lanes, a.gap.From.Format(clockFormat), a.gap.To.Format(clockFormat), a.real)
}

const clockFormat = "15:04:05.000"

func newAlarms(items []shown) []*alarm {
	var alarms []*alarm
	for at, s := range items {
		if s.gap != nil {
			alarms = append(alarms, &alarm{at: at, gap: s.gap})
		}
	}
	return alarms
}

// told returns a gap of the lane between two places, nil if there is none.
func told(alarms []*alarm, lane uint32, from, to int) *alarm {
	for _, a := range alarms {
		if a.at > from && a.at < to && (len(a.gap.Lanes) == 0 || slices.Contains(a.gap.Lanes, lane)) {
			return a
		}
	}
	return nil
}
