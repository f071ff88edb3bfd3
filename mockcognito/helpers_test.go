package mockcognito

import (
	"time"

	"github.com/google/go-cmp/cmp"
)

// fixedClock stands still.
func fixedClock() func() time.Time {
	at := time.Date(2026, 11, 1, 12, 0, 0, 123_000_000, time.UTC)
	return func() time.Time { return at }
}

func equalEpochs() cmp.Option {
	return cmp.Comparer(func(a, b epoch) bool { return time.Time(a).Equal(time.Time(b)) })
}
