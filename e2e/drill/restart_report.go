package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// report implements result.
func (d *restarted) report(w io.Writer) {
	fmt.Fprintf(w, "%d clients, each with a token and a TLS connection of its own; %d events appended meanwhile\n", d.clients, d.events)
	fmt.Fprintf(w, "%s; raw repetitions dropped by the SDK: %d\n", &d.got, d.repeated)
	start := d.ready.Sub(d.killed)
	fmt.Fprintf(w, "after SIGKILL, the gateway was gone by %s, listened again by %s, and was ready by %s\n",
		d.gone.Sub(d.killed).Round(time.Millisecond), d.serving.Sub(d.killed).Round(time.Millisecond), start.Round(time.Millisecond))
	for _, since := range []struct {
		what string
		less time.Duration
	}{{"SIGKILL", 0}, {"ready", start}} {
		fmt.Fprintf(w, "live again, since %s: p50 %s, p99 %s, all %s\n", since.what,
			quantile(d.returns, 0.5)-since.less.Round(time.Millisecond), quantile(d.returns, 0.99)-since.less.Round(time.Millisecond), quantile(d.returns, 1)-since.less.Round(time.Millisecond))
	}
	tries := slices.Sorted(slices.Values(d.tries))
	fmt.Fprintf(w, "tries to come back: %d in the middle, %d at most; clients were told %v; refused by the gateway: %d\n",
		tries[len(tries)/2], tries[len(tries)-1], d.partings, d.turnedAway)
	fmt.Fprintf(w, "tokens asked of the issuer meanwhile: %d\n", d.tokens)
	fmt.Fprintf(w, "the gateway by then: %.1f s of CPU in %.1f s, %.0f MB resident\n", d.cpu, d.level.Sub(d.ready).Seconds(), d.memory/(1<<20))
}
