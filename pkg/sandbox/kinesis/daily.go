package kinesis

import (
	"slices"
	"time"
)

// day is the rolling period in which some operations are allowed only so often.
const day = 24 * time.Hour

// usedToday gives the times within the last day.
func usedToday(times []time.Time, now time.Time) []time.Time {
	return slices.DeleteFunc(slices.Clone(times), func(t time.Time) bool { return now.Sub(t) >= day })
}

// useToday adds now to the times within the last day, unless there are limit of them.
func (s *Service) useToday(times []time.Time, limit int, now time.Time, what string) ([]time.Time, error) {
	times = usedToday(times, now)
	if s.cfg.EnforceLimits && len(times) >= limit {
		return nil, fault(CodeLimitExceeded, "%s at most %d times in a rolling 24-hour period.", what, limit)
	}
	return append(times, now), nil
}
