package fanout

import (
	"slices"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
)

// GapReason says why events are missing.
type GapReason int

const (
	// GapTrimmed means that they are older than what the log retains.
	GapTrimmed GapReason = iota + 1
	// GapReset means that the log lost data, or was made anew.
	GapReset
	// GapOversize means that they are larger than what the subscriber takes.
	GapOversize
)

// Gap tells that events may be missing.
type Gap struct {
	Reason GapReason
	// From and To are when the last entry before and the first entry after the gap
	// were appended; zero where not known.
	From, To time.Time
	// Lanes are the concerned lanes; nil means all.
	Lanes []int
	// Events is how many events are missing; 0 where not known.
	Events uint64
}

// and returns the gap that covers g and other, which have one reason.
func (g *Gap) and(other *Gap) *Gap {
	sum := &Gap{Reason: g.Reason, From: g.From, To: g.To}
	if g.Events > 0 && other.Events > 0 {
		sum.Events = g.Events + other.Events
	}
	if other.From.IsZero() || !g.From.IsZero() && other.From.Before(g.From) {
		sum.From = other.From
	}
	if other.To.IsZero() || !g.To.IsZero() && other.To.After(g.To) {
		sum.To = other.To
	}
	if g.Lanes != nil && other.Lanes != nil {
		sum.Lanes = slices.Compact(slices.Sorted(slices.Values(slices.Concat(g.Lanes, other.Lanes))))
	}
	return sum
}

// gapBetween describes what is missing in a lane between a position and an entry
// that does not follow it.
func gapBetween(lane int, pos eventlog.ID, e eventlog.Entry) *Gap {
	reason := GapTrimmed
	if e.Follows(pos) == eventlog.Reset {
		reason = GapReset
	}
	return &Gap{Reason: reason, From: knownTime(pos), To: e.ID.Time(), Lanes: []int{lane}}
}

func knownTime(pos eventlog.ID) time.Time {
	if pos.MS == 0 {
		return time.Time{}
	}
	return pos.Time()
}
