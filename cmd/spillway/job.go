package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"time"

	"github.com/spillway/spillway/pkg/produce"
	"github.com/spillway/spillway/pkg/produce/input"
	"github.com/spillway/spillway/pkg/produce/weather"
)

// job makes the records of one produce.
type job struct {
	program  *program
	options  produceOptions
	recipe   recipe
	progress *progress
	notes    skipNotes
}

// open returns the input, which is empty for generated records.
func (p *program) open(o produceOptions) (io.ReadCloser, error) {
	if o.path != "" {
		return os.Open(o.path)
	}
	if o.generate == "" && isTerminal(p.stdin) {
		p.note("reading records from the terminal; end with Ctrl-D")
	}
	return io.NopCloser(p.stdin), nil
}

// records returns what to put, bounded and paced by the options.
func (j *job) records(ctx context.Context, in io.Reader) iter.Seq2[produce.Record, error] {
	return func(yield func(produce.Record, error) bool) {
		pace := newPace(j.options.rate, j.options.duration)
		made := int64(0)
		for doc, err := range j.documents(in) {
			var bad *input.BadLine
			if err != nil && !errors.As(err, &bad) {
				yield(produce.Record{}, err)
				return
			}
			if !pace.wait(ctx) { // also for one that is then left out
				if ctx.Err() != nil {
					yield(produce.Record{}, ctx.Err())
				}
				return
			}
			rec, err := j.record(doc, err)
			if err != nil {
				if !j.skip(err) {
					yield(produce.Record{}, err)
					return
				}
				continue
			}
			if !yield(rec, nil) {
				return
			}
			if made++; made == j.options.count {
				return
			}
		}
	}
}

// record makes a record of doc; whatever is wrong is a *input.BadLine.
func (j *job) record(doc *input.Document, err error) (produce.Record, error) {
	if err != nil {
		return produce.Record{}, err
	}
	rec, err := j.recipe.record(doc)
	if err != nil {
		return rec, &input.BadLine{Line: doc.Line, Err: err}
	}
	return rec, nil
}

// documents reads or generates.
func (j *job) documents(in io.Reader) input.Documents {
	switch {
	case j.options.generate == generateWeather:
		return reports(j.options.seed)
	case j.options.format == formatCSV:
		return input.CSV(in, j.options.csvText)
	}
	return input.Lines(in)
}

// reports makes weather without end.
func reports(seed uint64) input.Documents {
	if seed == 0 {
		seed = rand.Uint64()
	}
	return func(yield func(*input.Document, error) bool) {
		g := weather.NewGenerator(seed)
		for n := 1; ; n++ {
			report, err := json.Marshal(g.Next(time.Now()))
			if !yield(&input.Document{Line: n, JSON: report}, err) || err != nil {
				return
			}
		}
	}
}

// skip notes a bad line that is left out; false means that it must not be. Made-up
// records are all alike: where a template does not fit one, it fits none.
func (j *job) skip(err error) bool {
	if !j.options.skipBad || j.options.generate != "" {
		return false
	}
	j.notes.note(j.program, err)
	return true
}

// onRefused decides about a record that Kinesis does not take.
func (j *job) onRefused(r produce.Record, err error) error {
	bad := &input.BadLine{Line: r.Line, Err: err}
	if !j.options.skipBad {
		return bad
	}
	j.notes.note(j.program, bad)
	return nil
}
