package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// The columns of the table, and what they are called in bench.json.
const (
	columnRate   = "per_s"
	columnSpread = "spread_percent"
	columnCPU    = "cpu_us"
	columnP50    = "p50_ms"
	columnP99    = "p99_ms"
	columnP999   = "p999_ms"
	columnMemory = "kb_per_connection"
	columnRedis  = "redis_us_per_record"
)

func columns() []string {
	return []string{columnRate, columnSpread, columnCPU, columnP50, columnP99, columnP999, columnMemory, columnRedis}
}

// row is one line of the table.
type row struct {
	Part, Who string
	Values    map[string]float64 // by column, where there is one
}

// curve is a figure that depends on another.
type curve struct {
	Name, Unit string
	Points     []point
}

type point struct{ X, Y float64 }

// report collects what was measured, and says it meanwhile.
type report struct {
	out     io.Writer
	began   time.Time
	machine string

	rows    []row
	curves  []curve
	names   []string // of figures, in their order
	figures map[string]float64
	spread  map[string][2]float64 // of ratios: the lowest and highest of the rounds
	notes   []string
}

func newReport(out io.Writer, machine string) *report {
	return &report{out: out, began: time.Now(), machine: machine, figures: map[string]float64{}, spread: map[string][2]float64{}}
}

// say tells how it goes.
func (r *report) say(format string, args ...any) {
	fmt.Fprintf(r.out, "%6.0f s  %s\n", time.Since(r.began).Seconds(), fmt.Sprintf(format, args...))
}

// note tells something that belongs to the results.
func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
	r.say(format, args...)
}

func (r *report) row(line row)  { r.rows = append(r.rows, line) }
func (r *report) curve(c curve) { r.curves = append(r.curves, c) }

// figure notes a result by its name.
func (r *report) figure(name string, value float64) {
	if _, ok := r.figures[name]; !ok {
		r.names = append(r.names, name)
	}
	r.figures[name] = value
}

// compare notes how many times b a is, over rounds.
func (r *report) compare(name string, a, b []float64) {
	c := compareRounds(a, b)
	r.figure(name, c.ratio)
	r.spread[name] = [2]float64{c.low, c.high}
}

// measured makes a line of the medians of rounds.
func (r *report) measured(part, who string, rounds []figures) {
	rates := each(rounds, figures.rate)
	rate := median(rates)
	widest := compareRounds(rates, rates)
	for _, one := range rates {
		widest.low, widest.high = min(widest.low, ratio(one, rate)), max(widest.high, ratio(one, rate))
	}
	r.row(row{Part: part, Who: who, Values: map[string]float64{
		columnRate: rate, columnSpread: 100 * (widest.high - widest.low), columnCPU: middle(rounds, figures.cpu),
		columnP50: middle(rounds, p50), columnP99: middle(rounds, p99), columnP999: middle(rounds, func(f figures) float64 { return f.P999 }),
		columnRedis: middle(rounds, func(f figures) float64 { return ratio(f.RedisCPU*1e6, f.Appended) }),
	}})
}

// print prints the table and the ratios.
func (r *report) print() {
	w := r.out
	fmt.Fprintf(w, "\n%-9s %-20s %12s %7s %9s %9s %9s %9s %8s %10s\n", "part", "who", "events/s", "spread", "us CPU", "p50 ms", "p99 ms", "p99.9 ms", "KB/conn", "us Redis")
	for _, line := range r.rows {
		fmt.Fprintf(w, "%-9s %-20s", line.Part, line.Who)
		for i, format := range []string{" %12.0f", " %6.0f%%", " %9.2f", " %9.1f", " %9.1f", " %9.1f", " %8.1f", " %10.2f"} {
			text := fmt.Sprintf(format, line.Values[columns()[i]])
			if line.Values[columns()[i]] == 0 {
				text = strings.Repeat(" ", len(text)-1) + "-"
			}
			fmt.Fprint(w, text)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\n%-34s %12s %19s  %s\n", "figure", "value", "rounds", "wanted")
	for _, name := range r.names {
		span := ""
		if s, ok := r.spread[name]; ok {
			span = fmt.Sprintf("%.2f to %.2f", s[0], s[1])
		}
		fmt.Fprintf(w, "%-34s %12.2f %19s  %s\n", name, r.figures[name], span, verdict(name, r.figures[name]))
	}
	for _, n := range r.notes {
		fmt.Fprintln(w, n)
	}
}
