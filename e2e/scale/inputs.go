package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed inputs.json
var defaults []byte

// quantity is a number with what it is of and where it is from.
type quantity struct {
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Source string  `json:"source"`
}

// inputs are all that the simulation is given, by name.
type inputs map[string]quantity

// at returns the value of a name, which inputs.json has.
func (in inputs) at(name string) float64 {
	q, ok := in[name]
	if !ok {
		panic("scale: no input " + name)
	}
	return q.Value
}

// with returns inputs that differ.
func (in inputs) with(values map[string]float64) inputs {
	other := inputs{}
	for name, q := range in {
		if v, ok := values[name]; ok {
			q.Value = v
		}
		other[name] = q
	}
	return other
}

// benchRow is a line of the table in bench.json.
type benchRow struct {
	Part, Who string
	Values    map[string]float64
}

// fromRows are the inputs that stand in lines of bench.json's table.
func fromRows() map[string]benchRow {
	return map[string]benchRow{
		"gateway_us_per_flush":    {Part: "calm", Who: "ours"}, // each event is a response of its own
		"gateway_us_per_delivery": {Part: "fanout", Who: "ours"},
		"consumer_us_per_record":  {Part: "ingest", Who: "ours, 16 topics"},
	}
}

// readInputs returns the inputs, as files say in their order. A file is like inputs.json,
// with what it changes only, or a bench.json.
func readInputs(paths []string) (inputs, error) {
	var in inputs
	if err := json.Unmarshal(defaults, &in); err != nil {
		return nil, fmt.Errorf("inputs.json: %w", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path) //nolint:gosec // what the caller names
		if err == nil {
			err = in.change(text, filepath.Base(path))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return in, in.check()
}

// change takes over what a file says: quantities, or bare numbers as bench.json has.
func (in inputs) change(text []byte, file string) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	rows, isBench := all["rows"]
	for name, value := range all {
		q, known := in[name]
		switch {
		case known:
			if json.Unmarshal(value, &q.Value) == nil {
				q.Source = file
			} else if err := json.Unmarshal(value, &q); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			in[name] = q
		case !isBench:
			return fmt.Errorf("%q is no input", name)
		}
	}
	if !isBench {
		return nil
	}
	var table []benchRow
	if err := json.Unmarshal(rows, &table); err != nil {
		return fmt.Errorf("rows: %w", err)
	}
	for name, want := range fromRows() {
		for _, row := range table {
			if cpu := row.Values["cpu_us"]; row.Part == want.Part && row.Who == want.Who && cpu > 0 {
				in[name] = quantity{cpu, in[name].Unit, file + ": " + row.Part + ", " + row.Who}
			}
		}
	}
	return nil
}

// check returns what cannot be.
func (in inputs) check() error {
	var errs []error
	for name, q := range in {
		if q.Value < 0 || q.Value == 0 && name != "notice_ms" {
			errs = append(errs, fmt.Errorf("%s is %g, want more than 0", name, q.Value))
		}
	}
	for _, name := range []string{"lane_share", "utilisation", "redis_log_share"} {
		if v := in.at(name); v > 1 {
			errs = append(errs, fmt.Errorf("%s is %g, want at most 1", name, v))
		}
	}
	return errors.Join(errs...)
}
