package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// span is a phase of a drill.
type span struct {
	name     string
	from, to time.Time
}

// slept is what the drill of the sleepers has found.
type slept struct {
	settings settings
	events   int
	spans    []span
	took     *latencies // of the others
	calm     *latencies // of those at the gateway without sleepers
	memory   *watch     // of the gateway
	raced    error

	backlogBytes, backlogEvents int64    // appended during the sleep
	dreamt                      [2]int64 // what the loop and the program got during it
	levelLoop, levelProgram     time.Duration

	others, loop, program sum
	repeated              int64 // events that came to the loop again, which the SDK has dropped
	othersPartings        int
	loopPartings          []parting
	programPartings       []string
}

const (
	// mostDreamt is the share of the backlog that the sleepers may have got in their
	// sleep, for what was on its way to them.
	mostDreamt = 0.25
	// mostGrown is the share of the backlog that the gateway's memory may grow by. One
	// that held it would grow by the whole of it, and the garbage collector's goal by
	// twice as much.
	mostGrown = 0.33
	// mostSlowed is a slowness that no loaded machine explains: who waits for a sleeper
	// is some thousand times as slow.
	mostSlowed = 10
	// leastSamples is how many looks at the memory a phase must have had.
	leastSamples = 3
	// largeBacklog is one besides which what the operating system counts, which is more
	// than the heap and slow to shrink, does not matter.
	largeBacklog = 200 << 20
)

func newSlept(s settings) *slept {
	begin, slice := time.Now(), min(maxSlice, s.Calm/leastSlices)
	return &slept{settings: s, took: newLatencies(begin, slice), calm: newLatencies(begin, slice)}
}

// phase returns the phase of a name.
func (d *slept) phase(name string) span {
	for _, s := range d.spans {
		if s.name == name {
			return s
		}
	}
	return span{}
}

// growth returns by how much the highest value of a metric was higher in the sleep
// than before.
func (d *slept) growth(metric string) float64 {
	before, asleep := d.phase("before"), d.phase("asleep")
	return highest(d.memory.between(asleep.from, asleep.to), metric) - highest(d.memory.between(before.from, before.to), metric)
}

// check implements result.
func (d *slept) check() error {
	var errs []error
	for _, who := range []struct {
		name string
		got  *sum
	}{{"those who read", &d.others}, {"the sleeper in its loop", &d.loop}, {"the stopped program", &d.program}} {
		if err := who.got.check(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", who.name, err))
		}
	}
	for i, who := range []string{"in its loop", "stopped"} {
		if share := float64(d.dreamt[i]) / float64(d.backlogEvents); share > mostDreamt {
			errs = append(errs, fmt.Errorf("the one %s got %.0f %% of the events in its sleep: it did not sleep", who, 100*share))
		}
	}
	if d.levelLoop == 0 || d.levelProgram == 0 {
		errs = append(errs, fmt.Errorf("the sleepers have not caught up: after %s and %s, want both", d.levelLoop, d.levelProgram))
	}
	if stall := d.settings.Stall; stall > 0 && stall < d.settings.Sleep/2 && !slices.ContainsFunc(d.loopPartings, parting.stalled) {
		errs = append(errs, fmt.Errorf("the one that slept in its loop was disconnected by %v, want ABORTED", d.loopPartings))
	}
	if d.othersPartings != 0 {
		errs = append(errs, fmt.Errorf("those who read were disconnected %d times, want 0", d.othersPartings))
	}
	if grown(d.memory.between(d.phase("asleep").from, d.phase("after").to), metricReplayed) == 0 {
		errs = append(errs, errors.New("nothing was read from the log for the sleepers: they never fell behind"))
	}
	return errors.Join(append(errs, d.checkMemory(), d.checkLatency(), d.raced)...)
}

func (d *slept) checkMemory() error {
	metrics := []string{metricGoal}
	if d.backlogBytes >= largeBacklog {
		metrics = append(metrics, metricRSS)
	}
	var errs []error
	for _, name := range []string{"before", "asleep"} {
		if p := d.phase(name); len(d.memory.between(p.from, p.to)) < leastSamples {
			errs = append(errs, fmt.Errorf("too few samples of the gateway's memory %s: %w", name, errors.Join(d.memory.missed...)))
		}
	}
	for _, m := range metrics {
		if by := d.growth(m); by > mostGrown*float64(d.backlogBytes) {
			errs = append(errs, fmt.Errorf("%s grew by %.1f MB with a backlog of %.1f MB", m, by/1e6, float64(d.backlogBytes)/1e6))
		}
	}
	return errors.Join(errs...)
}

// checkLatency finds others who were held up with the sleepers, when those at the
// gateway without sleepers were not. It is no measure of speed: machines differ, and
// have other things to do.
func (d *slept) checkLatency() error {
	before, asleep := d.relative(d.phase("before")), d.relative(d.phase("asleep"))
	if before == 0 || asleep == 0 {
		return errors.New("those who read got nothing before or during the sleep")
	}
	if by := asleep / before; by > mostSlowed {
		return fmt.Errorf("during the sleep the p99 of those who read was %.1f times what it should be: they were held up", by)
	}
	return nil
}

// relative returns how many times the p99 of those without sleepers that of the
// others is.
func (d *slept) relative(p span) float64 {
	_, p99s := d.took.between(p.from, p.to)
	_, calm := d.calm.between(p.from, p.to)
	return medianRatio(p99s, calm)
}

// report implements result.
func (d *slept) report(w io.Writer) {
	s := &d.settings
	fmt.Fprintf(w, "%d readers, %d events/s of %d bytes, %d events in all; two sleepers for %s, backlog %d events, %.1f MB\n",
		s.Readers, s.Rate, s.Bytes, d.events, s.Sleep, d.backlogEvents, float64(d.backlogBytes)/1e6)
	fmt.Fprintf(w, "others:  %s; disconnections: %d\n", &d.others, d.othersPartings)
	fmt.Fprintf(w, "loop:    %s; in its sleep %d; caught up in %.1f s; raw repetitions %d\n", &d.loop, d.dreamt[0], d.levelLoop.Seconds(), d.repeated)
	for _, p := range d.loopPartings {
		fmt.Fprintf(w, "         disconnected: %s, %.1f s after it went to sleep\n", p.why, p.at.Sub(d.phase("asleep").from).Seconds())
	}
	fmt.Fprintf(w, "program: %s; in its sleep %d; caught up in %.1f s\n", &d.program, d.dreamt[1], d.levelProgram.Seconds())
	for _, note := range d.programPartings {
		fmt.Fprintf(w, "         %s\n", note)
	}
	fmt.Fprintf(w, "latencies in ms, and the median of the p99s of slices of %s; memory in MB\n", d.took.slice)
	fmt.Fprintln(w, "                   | beside the sleepers     | without sleepers        | p99   | gateway of the sleepers")
	fmt.Fprintln(w, "phase            s |     p50     p99  median |     p50     p99  median | ratio | heap goal      heap       RSS |  CPU | replayed")
	for _, p := range d.spans {
		d.reportSpan(w, p)
	}
	if n := len(d.memory.missed); n > 0 {
		fmt.Fprintf(w, "%d looks at the gateway's metrics failed: %v ...\n", n, d.memory.missed[0])
	}
	fmt.Fprintf(w, "p99 of the others to before (median of slices):%s\n", d.compare(func(p span) float64 {
		_, p99s := d.took.between(p.from, p.to)
		return float64(median(p99s))
	}))
	fmt.Fprintf(w, "the same in relation to those without sleepers, in the same slices:%s\n", d.compare(d.relative))
	fmt.Fprintf(w, "growth in the sleep over before, highest values: heap goal %+.1f MB, heap %+.1f MB, RSS %+.1f MB; backlog %.1f MB\n",
		d.growth(metricGoal)/1e6, d.growth(metricHeap)/1e6, d.growth(metricRSS)/1e6, float64(d.backlogBytes)/1e6)
}

// reportSpan prints a line about a phase. Latencies are in milliseconds, memory in
// megabytes.
func (d *slept) reportSpan(w io.Writer, p span) {
	all, p99s := d.took.between(p.from, p.to)
	calm, calmP99s := d.calm.between(p.from, p.to)
	m := d.memory.between(p.from, p.to)
	length := p.to.Sub(p.from).Seconds()
	fmt.Fprintf(w, "%-11s %6.1f | %7.1f %7.1f %7.1f | %7.1f %7.1f %7.1f | %5.2f | %9.1f %9.1f %9.1f | %4.2f | %8.0f\n", p.name, length,
		millis(all.Quantile(0.5)), millis(all.Quantile(0.99)), millis(median(p99s)),
		millis(calm.Quantile(0.5)), millis(calm.Quantile(0.99)), millis(median(calmP99s)), medianRatio(p99s, calmP99s),
		highest(m, metricGoal)/1e6, highest(m, metricHeap)/1e6, highest(m, metricRSS)/1e6, grown(m, metricCPU)/length, grown(m, metricReplayed))
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// compare tells how many times a figure of each later phase is that of before.
func (d *slept) compare(figure func(span) float64) string {
	var text strings.Builder
	for _, p := range d.spans[1:] {
		fmt.Fprintf(&text, " %s %.2f", p.name, figure(p)/figure(d.spans[0]))
	}
	return text.String()
}

// median returns the one in the middle, zero of none.
func median(by map[int]time.Duration) time.Duration {
	if len(by) == 0 {
		return 0
	}
	return slices.Sorted(maps.Values(by))[len(by)/2]
}
