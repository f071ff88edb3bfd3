package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"html/template"
	"os"
	"path/filepath"
	"time"
)

//go:embed bench.html.tmpl
var page string

// write writes bench.json and bench.html and returns their paths.
func (r *report) write(s settings) ([]string, error) {
	if err := os.MkdirAll(s.Out, 0o755); err != nil {
		return nil, err
	}
	figures, err1 := r.json(s)
	chart, err2 := r.html()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	paths := []string{filepath.Join(s.Out, "bench.json"), filepath.Join(s.Out, "bench.html")}
	return paths, errors.Join(os.WriteFile(paths[0], figures, 0o644), os.WriteFile(paths[1], chart, 0o644))
}

// json has the figures by name, and beside them all that they come from.
func (r *report) json(s settings) ([]byte, error) {
	all := map[string]any{
		"machine": r.machine, "date": r.began.UTC().Format(time.RFC3339), "seconds": time.Since(r.began).Round(time.Second).Seconds(),
		"settings": s, "rows": r.rows, "curves": r.curves, "spread": r.spread, "notes": r.notes,
	}
	for name, value := range r.figures {
		all[name] = value
	}
	return json.MarshalIndent(all, "", "  ")
}

// chart is a group of bars of one column, or a curve.
type chart struct {
	Title, Unit string
	Bars        []bar
	Line        template.HTML // SVG
}

type bar struct {
	Label string
	Value float64
	Width float64 // percent of the longest
	Kind  string  // the class of its colour
}

// html is a page that needs nothing else.
func (r *report) html() ([]byte, error) {
	t, err := template.New("bench").Parse(page)
	if err != nil {
		return nil, err
	}
	var goals []map[string]any
	for _, name := range r.names {
		goals = append(goals, map[string]any{"Name": name, "Value": r.figures[name], "Verdict": verdict(name, r.figures[name])})
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Machine": r.machine, "Date": r.began.UTC().Format(time.DateTime), "Charts": r.charts(), "Goals": goals, "Notes": r.notes,
	})
	return b.Bytes(), err
}

// charts are the bars of every part that compares, by what a person looks for, and the
// curves.
func (r *report) charts() []chart {
	var all []chart
	for _, c := range []struct{ column, title, unit string }{
		{columnRate, "throughput", "events/s"}, {columnCPU, "CPU of the servers", "us per event"},
		{columnP99, "latency, p99", "ms"}, {columnMemory, "memory", "KB per connection"},
	} {
		for _, part := range r.partsWith(c.column) {
			all = append(all, chart{Title: part + ": " + c.title, Unit: c.unit, Bars: r.bars(part, c.column)})
		}
	}
	for _, c := range r.curves {
		all = append(all, chart{Title: c.Name, Unit: c.Unit, Line: drawCurve(c)})
	}
	return all
}

// partsWith are the parts of which several have a column.
func (r *report) partsWith(column string) []string {
	curves := map[string]bool{}
	for _, c := range r.curves {
		curves[c.Name] = true
	}
	var names []string
	count := map[string]int{}
	for _, line := range r.rows {
		if line.Values[column] == 0 || curves[line.Part] {
			continue
		}
		if count[line.Part]++; count[line.Part] == 2 {
			names = append(names, line.Part)
		}
	}
	return names
}

func (r *report) bars(part, column string) []bar {
	var bars []bar
	most := 0.0
	for _, line := range r.rows {
		if v := line.Values[column]; line.Part == part && v > 0 {
			bars = append(bars, bar{Label: line.Who, Value: v, Kind: kindOf(line.Who)})
			most = max(most, v)
		}
	}
	for i := range bars {
		bars[i].Width = 100 * bars[i].Value / most
	}
	return bars
}

// kindOf is the class of a contender's colour.
func kindOf(who string) string {
	if who == bareGo || who == plain {
		return who
	}
	return ours
}
