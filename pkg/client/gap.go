package client

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// GapReason says why events are missing, in the words of the API: trimmed,
// log_reset, oversize; others may be added.
type GapReason string

// The reasons known today.
const (
	// GapTrimmed means that the events are older than what the log retains.
	GapTrimmed GapReason = "trimmed"
	// GapLogReset means that the log lost data or was made anew.
	GapLogReset GapReason = "log_reset"
	// GapOversize means that the events are larger than a limit.
	GapOversize GapReason = "oversize"
)

// Gap tells that events may be missing between those yielded before it and those
// after it. It is yielded as an error that does not end the iteration.
type Gap struct {
	Reason GapReason
	// From is when the last entry before the gap was appended to the log, To when
	// the first after it was; zero where not known.
	From, To time.Time
	// Lanes are the parts of the log concerned; none means all.
	Lanes []uint32
	// Events is how many are missing, zero where not known.
	Events uint64
}

// Error says what is missing and why.
func (g *Gap) Error() string {
	var b strings.Builder
	switch g.Events {
	case 0:
		b.WriteString("events may be missing")
	case 1:
		b.WriteString("1 event is missing")
	default:
		fmt.Fprintf(&b, "%d events are missing", g.Events)
	}
	if !g.From.IsZero() {
		b.WriteString(" after " + g.From.Format(time.RFC3339))
	}
	if !g.To.IsZero() {
		b.WriteString(" before " + g.To.Format(time.RFC3339))
	}
	b.WriteString(": ")
	switch g.Reason {
	case GapTrimmed:
		b.WriteString("the log no longer retains them")
	case GapLogReset:
		b.WriteString("the log lost data or was made anew")
	case GapOversize:
		b.WriteString("they are larger than a limit")
	default:
		fmt.Fprintf(&b, "%s", g.Reason)
	}
	return b.String()
}

func newGap(g *spillwayv1.Gap) *Gap {
	reason := strings.ToLower(strings.TrimPrefix(g.GetReason().String(), "GAP_REASON_"))
	return &Gap{GapReason(reason), knownTime(g.GetFrom()), knownTime(g.GetTo()), g.GetLanes(), g.GetEvents()}
}

// knownTime returns the zero time for an absent timestamp, not 1970.
func knownTime(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}
