package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
)

// mostLate is how long after the end of its token a subscriber may hear that its stream has
// ended: the gateway's second, and another one of a machine with other work.
const mostLate = 2 * time.Second

// during returns the partings of readers in the outage, the first of each apart.
func (d *outlived) during(readers []*reader) (firsts, others []parting) {
	for _, r := range readers {
		first := true
		for _, p := range r.partings {
			switch {
			case p.at.Before(d.from) || !p.at.Before(d.to):
			case first:
				firsts, first = append(firsts, p), false
			default:
				others = append(others, p)
			}
		}
	}
	return firsts, others
}

// lateness returns by how much later than its token each stream ended.
func (d *outlived) lateness() []time.Duration {
	var all []time.Duration
	for _, r := range d.ending {
		if first, _ := d.during([]*reader{r}); len(first) == 1 {
			all = append(all, first[0].at.Sub(d.ends[r]))
		}
	}
	return all
}

// returns is how long after the issuer those whose tokens ended were back.
func (d *outlived) returns() []time.Duration {
	var all []time.Duration
	for _, r := range d.ending {
		if last := r.arrivals[len(r.arrivals)-1]; last.After(d.to) {
			all = append(all, last.Sub(d.to))
		}
	}
	return all
}

// report implements result.
func (d *outlived) report(w io.Writer) {
	fmt.Fprintf(w, "the issuer was down for %s; %d events appended in all\n", d.to.Sub(d.from).Round(time.Millisecond), d.events)
	for _, kind := range []string{kindLasting, kindEnding, kindLate} {
		fmt.Fprintf(w, "those %s: %s\n", kind, d.got[kind])
	}
	firsts, _ := d.during(d.lasting)
	fmt.Fprintf(w, "tokens of %s: %d streams, disconnected %d times\n", d.lastingLife, len(d.lasting), len(firsts))
	firsts, others := d.during(d.ending)
	late := d.lateness()
	fmt.Fprintf(w, "tokens of %s: streams ended with %v, p50 %s, at most %s after their tokens; then, without the issuer: %v\n",
		d.endingLife, byCode(firsts), quantile(late, 0.5), quantile(late, 1), byCode(others))
	back := d.returns()
	fmt.Fprintf(w, "back by themselves, since the issuer was: %d, p50 %s, all %s\n", len(back), quantile(back, 0.5), quantile(back, 1))
	fmt.Fprintf(w, "new ones with tokens from before, %.0f %% into the outage: %d live, p50 %s, all within %s\n",
		100*lateAt, len(d.joined), quantile(d.joined, 0.5), quantile(d.joined, 1))
}

func byCode(partings []parting) map[codes.Code]int {
	counts := map[codes.Code]int{}
	for _, p := range partings {
		counts[p.why]++
	}
	return counts
}

// check implements result.
func (d *outlived) check() error {
	errs := []error{d.raced}
	for kind, got := range d.got {
		if err := got.check(); err != nil {
			errs = append(errs, fmt.Errorf("those %s: %w", kind, err))
		}
	}
	for kind, readers := range map[string][]*reader{kindLasting: d.lasting, kindLate: d.late} {
		if firsts, _ := d.during(readers); len(firsts) > 0 {
			errs = append(errs, fmt.Errorf("those %s were disconnected: %v, want none of them", kind, byCode(firsts)))
		}
	}
	firsts, others := d.during(d.ending)
	if ended := byCode(firsts); ended[codes.Unauthenticated] != len(d.ending) {
		errs = append(errs, fmt.Errorf("streams whose tokens ended were ended with %v, want %d UNAUTHENTICATED", ended, len(d.ending)))
	}
	if tries := byCode(others); tries[codes.Unavailable] != len(others) {
		errs = append(errs, fmt.Errorf("without the issuer they were told %v, want only UNAVAILABLE", tries))
	}
	for _, late := range d.lateness() {
		if late < 0 || late > mostLate {
			errs = append(errs, fmt.Errorf("a stream ended %s after its token, want 0s to %s", late, mostLate))
		}
	}
	if len(d.joined) != len(d.late) {
		errs = append(errs, fmt.Errorf("%d of %d new subscribers were live without the issuer", len(d.joined), len(d.late)))
	}
	if !d.back || len(d.returns()) != len(d.ending) {
		errs = append(errs, fmt.Errorf("%d of %d were back within %s of the issuer", len(d.returns()), len(d.ending), outageReturn))
	}
	return errors.Join(errs...)
}
