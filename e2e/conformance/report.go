package main

import (
	"fmt"
	"slices"
	"strings"
)

// grade says how near an answer is to AWS's.
type grade int

const (
	same    grade = iota // status, type and message
	worded               // status and type
	other                // another error, or none
	ungiven              // the emulator was not compared
)

func (g grade) String() string { return []string{"as AWS", "other words", "DIFFERENT", "-"}[g] }

// judge compares an answer with AWS's. An answer whose message AWS is known to vary is held to status and type.
func judge(r request, a answer) grade {
	switch {
	case a.err != nil || a.status != r.Status || a.kind != r.Type:
		return other
	case a.message != r.Message:
		return worded
	default:
		return same
	}
}

// report is what all emulators answered.
type report struct {
	requests []request
	results  []result
}

// grades are those of one emulator, by request.
func (r report) grades(res result) []grade {
	out := make([]grade, len(r.requests))
	for i, req := range r.requests {
		if i >= len(res.answers) {
			out[i] = ungiven
			continue
		}
		out[i] = judge(req, res.answers[i])
	}
	return out
}

func count(grades []grade, g grade) int {
	n := 0
	for _, one := range grades {
		if one == g {
			n++
		}
	}
	return n
}

// text is the report. all lists every request that somebody answers other than AWS; else each kind of difference is shown once.
func (r report) text(all bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Kinesis: %d requests whose answer by AWS is recorded or documented\n\n", len(r.requests))
	b.WriteString("| | as AWS | other words | different | ready | memory at rest | PutRecords 500x200 B |\n| --- | --: | --: | --: | --: | --: | --: |\n")
	for _, res := range r.results {
		if len(res.answers) == 0 {
			fmt.Fprintf(&b, "| %s | not compared: %s |\n", res.name, firstLine(res.problem))
			continue
		}
		g := r.grades(res)
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d ms | %.0f MiB | %.0f records/s |\n", res.name,
			count(g, same), count(g, worded), count(g, other), res.ready.Milliseconds(), res.memory, res.rate)
	}
	for _, res := range r.results {
		if res.problem != nil {
			fmt.Fprintf(&b, "\n%s: %v\n", res.name, res.problem)
		}
	}
	r.differences(&b, all)
	return b.String()
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(fmt.Sprint(err), "\n")
	return line
}

// differences lists who answers which request other than AWS.
func (r report) differences(b *strings.Builder, all bool) {
	grades := make([][]grade, len(r.results))
	b.WriteString("\n| request | AWS |")
	for i, res := range r.results {
		grades[i] = r.grades(res)
		fmt.Fprintf(b, " %s |", res.name)
	}
	b.WriteString("\n| --- | --- |" + strings.Repeat(" --- |", len(r.results)) + "\n")
	shown := map[string]bool{}
	for i, req := range r.requests {
		row := make([]string, 0, len(r.results))
		differs := false
		for j, res := range r.results {
			differs = differs || grades[j][i] == worded || grades[j][i] == other
			row = append(row, cell(grades[j][i], res, i))
		}
		// Requests of the model are of few kinds: one of each operation's type faults, say, stands for all.
		kind := req.Source + strings.Join(row, "|")
		if !differs || !all && shown[kind] {
			continue
		}
		shown[kind] = true
		fmt.Fprintf(b, "| %s %s | %d %s | %s |\n", req.Operation, req.Name, req.Status, req.Type, strings.Join(row, " | "))
	}
}

// cell is how an emulator answered.
func cell(g grade, res result, i int) string {
	if g != other {
		return g.String()
	}
	a := res.answers[i]
	if a.err != nil {
		return "connection lost"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.status, a.kind))
}

// verdict is an error if the sandbox answered other than AWS, or was not compared.
func (r report) verdict() error {
	i := slices.IndexFunc(r.results, func(res result) bool { return res.name == "sandbox" })
	if i < 0 || r.results[i].problem != nil {
		return fmt.Errorf("the sandbox was not compared")
	}
	if n := len(r.requests) - count(r.grades(r.results[i]), same); n > 0 {
		return fmt.Errorf("the sandbox answers %d of %d requests other than AWS", n, len(r.requests))
	}
	return nil
}
