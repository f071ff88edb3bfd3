package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/config"
)

const (
	variablePrefix = "CHAOS_"
	// minRecords gives every key some records; maxRecords is what this program can
	// remember of each.
	minRecords = 1000
	maxRecords = 10_000_000
	maxFaults  = 10_000
)

// settings is the configuration; the package doc says what each variable means.
type settings struct {
	Seed     string   `env:"CHAOS_SEED"`
	Records  int      `env:"CHAOS_RECORDS" envDefault:"20000"`
	Faults   int      `env:"CHAOS_FAULTS" envDefault:"20"`
	Kinds    []string `env:"CHAOS_KINDS"`
	Out      string   `env:"CHAOS_OUT"`
	Dir      string   `env:"CHAOS_DIR"`
	Root     string   `env:"CHAOS_ROOT" envDefault:".."`
	Binaries string   `env:"CHAOS_BINARIES"`
	Race     bool     `env:"CHAOS_RACE" envDefault:"false"`
	Stack    string   `env:"CHAOS_STACK"`

	seed uint64
}

// readSettings reads the environment. Its error lists every mistake, also variables
// that nobody knows: a bench that ran with another seed than the one that was meant
// would mislead.
func readSettings(environ []string) (settings, error) {
	var s settings
	errs := []error{config.Load(&s, environ)}
	for _, name := range config.Unknown(environ, variablePrefix, &s) {
		errs = append(errs, fmt.Errorf("%s: no such variable, want one of %s", name, strings.Join(config.Names(&s), ", ")))
	}
	if err := errors.Join(errs...); err != nil {
		return settings{}, err
	}
	s.seed = rand.Uint64N(1_000_000) // short enough to be typed again
	if s.Seed != "" {
		s.seed, _ = strconv.ParseUint(s.Seed, 10, 64) // Validate has seen to it
	}
	return s, nil
}

// Validate implements config.Validator.
func (s *settings) Validate() []config.Mistake {
	var mistakes []config.Mistake
	add := func(variable, format string, args ...any) {
		mistakes = append(mistakes, config.Mistake{Variable: variable, Rule: fmt.Sprintf(format, args...)})
	}
	if _, err := strconv.ParseUint(s.Seed, 10, 64); s.Seed != "" && err != nil {
		add("CHAOS_SEED", "is %q: want a number from 0 to 2^64-1", s.Seed)
	}
	if s.Records < minRecords || s.Records > maxRecords {
		add("CHAOS_RECORDS", "is %d: want %d to %d", s.Records, minRecords, maxRecords)
	}
	if s.Faults < 0 || s.Faults > maxFaults {
		add("CHAOS_FAULTS", "is %d: want 0 to %d", s.Faults, maxFaults)
	}
	if s.Stack != "" && s.Faults != 0 {
		add("CHAOS_FAULTS", "is %d: must be 0 with CHAOS_STACK, which somebody else hurts", s.Faults)
	}
	for _, k := range s.Kinds {
		if !slices.Contains(allKinds(), kind(k)) {
			add("CHAOS_KINDS", "%q is no kind of fault: want some of %s, separated by commas", k, joined(allKinds()))
		}
	}
	return mistakes
}

// roles are the subscribers of a run that begins now. A stack that is given has no customer for a region: who has more asks for
// as much; and it may hold what others have put before, so the earliest is now.
func (s *settings) roles(now time.Time) []role {
	all := roles()
	if s.Stack == "" {
		return all
	}
	for i, r := range all {
		if r.fromEarliest() {
			all[i].start = client.At(now)
		}
		if r.customer == regional {
			all[i].customer, all[i].patterns = institute, []string{"weather.us.*"}
		}
	}
	return all
}

// kinds are those to choose from.
func (s *settings) kinds() []kind {
	if len(s.Kinds) == 0 {
		return allKinds()
	}
	var kinds []kind
	for _, k := range s.Kinds {
		kinds = append(kinds, kind(k))
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

func joined(kinds []kind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}
