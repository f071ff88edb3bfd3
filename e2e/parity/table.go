package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// same is the verdict of a row in which nothing differs.
const same = "ok"

// table is a comparison.
type table struct {
	title  string
	header []string // of the cells; a verdict comes after them
	rows   []row
	notes  []string
}

type row struct {
	cells   []string
	verdict string
	wrong   bool
}

func (t *table) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// right adds a row in which all is well; why is empty, or why what differs may.
func (t *table) right(why string, cells ...string) {
	if why == "" {
		why = same
	}
	t.rows = append(t.rows, row{cells: cells, verdict: why})
}

// wrong adds a row in which something differs.
func (t *table) wrong(how string, cells ...string) {
	t.rows = append(t.rows, row{cells: cells, verdict: "DIFFERS: " + how, wrong: true})
}

// judge adds a row: a wrong one if there is something in hows.
func (t *table) judge(hows []string, why string, cells ...string) {
	if len(hows) > 0 {
		t.wrong(strings.Join(hows, "; "), cells...)
		return
	}
	t.right(why, cells...)
}

// equal adds a row whose cells after the first have to be the same; "" is a place that says nothing.
func (t *table) equal(cells ...string) {
	var told []string
	for _, c := range cells[1:] {
		if c != "" && !slices.Contains(told, c) {
			told = append(told, c)
		}
	}
	if len(told) > 1 {
		t.wrong(strings.Join(told, " and "), cells...)
		return
	}
	t.right("", cells...)
}

// mistakes are the rows in which something differs, in words.
func (t *table) mistakes() []string {
	var out []string
	for _, r := range t.rows {
		if r.wrong {
			out = append(out, t.title+": "+r.cells[0]+": "+r.verdict)
		}
	}
	return out
}

func (t *table) print(out io.Writer) error {
	fmt.Fprintf(out, "\n%s\n", strings.ToUpper(t.title))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(append(slices.Clone(t.header), ""), "\t"))
	for _, r := range t.rows {
		cells := make([]string, len(t.header))
		copy(cells, r.cells)
		for i, c := range cells {
			cells[i] = shown(c)
		}
		fmt.Fprintln(w, strings.Join(append(cells, r.verdict), "\t"))
	}
	for _, n := range t.notes {
		fmt.Fprintln(w, n)
	}
	return w.Flush()
}

// maxShown is how much of a value is worth a column.
const maxShown = 44

func shown(cell string) string {
	if cell == "" {
		return "-"
	}
	if len(cell) > maxShown {
		return cell[:maxShown-3] + "..."
	}
	return cell
}
