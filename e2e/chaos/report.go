package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// report is what came of a run, as CHAOS_OUT holds it.
type report struct {
	Seed        uint64  `json:"seed"`
	Records     int     `json:"records"`
	Subscribers int     `json:"subscribers"`
	Seconds     float64 `json:"seconds"`
	Kept        bool    `json:"kept"` // every promise
	Faults      struct {
		Number int          `json:"number"`
		ByKind map[kind]int `json:"by_kind"`
	} `json:"faults"`

	findings
	// Intrusions are attempts to read what is not allowed.
	Intrusions  int `json:"intrusions"`
	Disconnects int `json:"disconnects"`
	// Breaches are what is told of promises that broke.
	Breaches      []string    `json:"breaches,omitempty"`
	BySubscribers []*findings `json:"by_subscriber"`
}

// conclude checks, tells and writes the report. The error is errBroken, with where the
// logs are, if a promise broke.
func (b *bench) conclude(faults []fault) error {
	r := b.report(faults)
	races, err := findRaces(b.dir)
	if err != nil {
		return err
	}
	r.Breaches = append(r.Breaches, races...)
	r.Kept = len(r.Breaches) == 0
	b.tell(r)
	if err := r.writeGaps(filepath.Join(b.dir, "gaps.txt")); err != nil {
		return err
	}
	if b.settings.Out != "" {
		if err := r.write(b.settings.Out); err != nil {
			return fmt.Errorf("CHAOS_OUT: %w", err)
		}
	}
	if !r.Kept {
		return fmt.Errorf("%w; CHAOS_SEED=%d CHAOS_RECORDS=%d CHAOS_FAULTS=%d repeats the schedule, logs are in %s",
			errBroken, r.Seed, b.settings.Records, b.settings.Faults, b.dir)
	}
	if b.settings.Dir == "" {
		return os.RemoveAll(b.dir)
	}
	return nil
}

// report checks every history.
func (b *bench) report(faults []fault) *report {
	r := &report{Seed: b.settings.seed, Records: b.truth.total(), Subscribers: len(b.subscribers)}
	r.Faults.Number, r.Faults.ByKind = len(faults), map[kind]int{}
	for _, f := range faults {
		r.Faults.ByKind[f.Kind]++
	}
	c := &checker{workload: b.workload, truth: b.truth.records(), losses: b.conductor.losses}
	for _, s := range b.subscribers {
		h := s.journal.read()
		f := c.check(&h)
		r.findings.add(f)
		r.BySubscribers = append(r.BySubscribers, f)
		r.Disconnects += int(s.disconnects.Load())
		if f.broken() {
			r.Breaches = append(r.Breaches, f.breaches()...)
		}
	}
	r.Intrusions = b.intruder.attempts
	r.Foreign += len(b.intruder.breaches)
	r.Breaches = append(append(r.Breaches, b.intruder.breaches...), b.givenUp...)
	r.Seconds = time.Since(b.begun).Seconds()
	return r
}

// breaches are the examples, with the subscriber's name.
func (f *findings) breaches() []string {
	var all []string
	if f.Ended != "" {
		all = append(all, f.Name+": ended: "+f.Ended)
	}
	for _, e := range f.Examples {
		all = append(all, f.Name+": "+e)
	}
	return all
}

// tell says what came of the run.
func (b *bench) tell(r *report) {
	b.say("%d records, %d subscribers, %d faults: %s", r.Records, r.Subscribers, r.Faults.Number, r.byKind())
	b.say("shown %d events and %d gaps %v through %d disconnects; %d attempts of intruders", r.Shown, r.Gaps, r.Reasons, r.Disconnects, r.Intrusions)
	b.say("lost %d, silent gaps %d, out of order %d, duplicated %d (%d before the SDK), entitlement violations %d, wrong data %d",
		r.Lost, r.SilentGaps, r.OutOfOrder, r.Duplicated, r.Repeated, r.Foreign, r.Mismatches)
	b.say("gone and told %d (unexplained %d), false alarms %d, shown again by a later stream %d", r.Gone, r.Unexplained, r.FalseAlarms, r.Reshown)
	for _, breach := range r.Breaches {
		b.say("BROKEN: %s", breach)
	}
	if r.Kept {
		b.say("every promise was kept (seed %d)", r.Seed)
	}
}

func (r *report) byKind() string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(r.Faults.ByKind)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, r.Faults.ByKind[k]))
	}
	return strings.Join(parts, ", ")
}

func (r *report) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// writeGaps writes every gap that was told, for who wants to know why.
func (r *report) writeGaps(path string) error {
	var text strings.Builder
	for _, f := range r.BySubscribers {
		for _, a := range f.alarms {
			fmt.Fprintf(&text, "%s: %s\n", f.Name, a)
		}
	}
	return os.WriteFile(path, []byte(text.String()), 0o644)
}

// findRaces tells of data races that the programs have found: they go on after it.
func findRaces(dir string) ([]string, error) {
	var races []string
	logs, err := filepath.Glob(filepath.Join(dir, "system", "logs", "*.log"))
	for _, path := range logs {
		text, errRead := os.ReadFile(path)
		err = errors.Join(err, errRead)
		if strings.Contains(string(text), "WARNING: DATA RACE") {
			races = append(races, "data race told in "+path)
		}
	}
	return races, err
}
