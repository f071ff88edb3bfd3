package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// barWidth is the longest bar of a printed histogram.
const barWidth = 50

// report implements result.
func (d *drained) report(w io.Writer) {
	fmt.Fprintf(w, "%d streams, %d events appended, drain window %s\n", d.streams, d.events, d.window)
	fmt.Fprintf(w, "%s; raw repetitions dropped by the SDK: %d\n", &d.got, d.repeated)
	fmt.Fprintf(w, "the gateway ended %.1f s after SIGTERM (%v); streams ended with %v; streams by number of moves: %v\n",
		d.took.Seconds(), exitText(d.exit), d.partings, d.moves)
	fmt.Fprintf(w, "away from a gateway: p50 %s, p99 %s, longest %s\n", quantile(d.away, 0.5), quantile(d.away, 0.99), quantile(d.away, 1))
	fmt.Fprintln(w, "returns by tenths of the window:")
	tenths := d.spread()
	most := max(1, slices.Max(tenths[:]))
	for i, n := range tenths {
		label := fmt.Sprintf("%4.0f s -", (time.Duration(i) * d.window / 10).Seconds())
		fmt.Fprintf(w, "  %s %5d %s\n", label, n, strings.Repeat("#", n*barWidth/most))
	}
}

func exitText(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// quantile returns a time that a share q of all is not longer than.
func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))].Round(time.Millisecond)
}
