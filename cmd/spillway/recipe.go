package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spillway/spillway/pkg/produce"
	"github.com/spillway/spillway/pkg/produce/input"
)

const (
	formatLines = "jsonl"
	formatCSV   = "csv"

	generateWeather = "weather"
	weatherKey      = "{station}"
	weatherRate     = 50 // each state once a second

	// The bounds of --rate: below, one record takes longer than a quarter of an hour;
	// beyond, leave it out.
	minRate = 0.001
	maxRate = 1_000_000
	// maxKeyCharacters is Kinesis's limit for a partition key.
	maxKeyCharacters = 256
)

// recipe makes a record of a document.
type recipe struct {
	key    input.Template
	fields []field
}

// field is a field to add.
type field struct {
	name string
	text input.Template
}

// withDefaults fills in what depends on the other flags.
func (o produceOptions) withDefaults() produceOptions {
	if o.generate != "" { // what else it may be is a mistake of its own
		if o.key == "" {
			o.key = weatherKey
		}
		if !o.rateGiven {
			o.rate = weatherRate
		}
	}
	if o.format == "" {
		o.format = formatLines
		if strings.HasSuffix(strings.ToLower(o.path), ".csv") {
			o.format = formatCSV
		}
	}
	return o
}

// recipe checks the flags and returns the recipe, or every mistake.
func (o produceOptions) recipe() (recipe, []error) {
	var errs []error
	refuse := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(o.generate != "" && o.generate != generateWeather, "--generate is %q, must be weather", o.generate)
	refuse(o.generate != "" && o.path != "", "--generate and the file %s exclude each other", o.path)
	refuse(o.format != formatLines && o.format != formatCSV, "--format is %q, must be jsonl or csv", o.format)
	refuse(o.key == "", "the partition key is missing: give it by --key, such as --key '{station}'")
	refuse(o.rate != 0 && !(o.rate >= minRate && o.rate <= maxRate), "--rate is %v, must be 0, or %v to %d records per second", o.rate, minRate, maxRate)
	refuse(o.count < 0, "--count is %d, must not be negative", o.count)
	refuse(o.duration != 0 && o.generate == "", "--duration needs --generate")
	refuse(o.duration < 0, "--duration is %v, must not be negative", o.duration)
	var r recipe
	var err error
	if r.key, err = input.ParseTemplate(o.key); err != nil {
		errs = append(errs, fmt.Errorf("--key: %w", err))
	}
	for _, text := range o.fields {
		f, err := parseField(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("--field: %w", err))
		}
		r.fields = append(r.fields, f)
	}
	return r, errs
}

func parseField(text string) (field, error) {
	name, template, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return field{}, fmt.Errorf("%q must be name=text", text)
	}
	t, err := input.ParseTemplate(template)
	return field{name, t}, err
}

// record makes a record of d, or returns the rule that d breaks.
func (r recipe) record(d *input.Document) (produce.Record, error) {
	key, err := r.key.Expand(d)
	if err != nil {
		return produce.Record{}, fmt.Errorf("partition key %s: %w", r.key, err)
	}
	if n := utf8.RuneCountInString(key); n < 1 || n > maxKeyCharacters {
		return produce.Record{}, fmt.Errorf("partition key %s has %d characters, must have 1 to %d", r.key, n, maxKeyCharacters)
	}
	if !utf8.ValidString(key) {
		return produce.Record{}, errors.New("partition key must be UTF-8")
	}
	data := d.JSON
	if len(r.fields) > 0 {
		if data, err = r.withFields(d); err != nil {
			return produce.Record{}, err
		}
	}
	return produce.Record{Key: key, Data: data, Line: d.Line}, nil
}

func (r recipe) withFields(d *input.Document) ([]byte, error) {
	added := make(map[string]string, len(r.fields))
	for _, f := range r.fields {
		text, err := f.text.Expand(d)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.name, err)
		}
		added[f.name] = text
	}
	return d.With(added)
}
