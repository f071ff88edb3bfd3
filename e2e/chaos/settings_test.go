package main

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/config"
)

//go:embed doc.go
var docText string

// TestVariablesAreDocumented: the package doc lists exactly what is read, and every
// kind of fault.
func TestVariablesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, name := range config.Names(&settings{}) {
		if !strings.Contains(docText, "//	"+name+" ") {
			t.Errorf("doc.go does not list %s", name)
		}
	}
	for _, k := range allKinds() {
		if !strings.Contains(docText, "//	"+string(k)+" ") {
			t.Errorf("doc.go does not list %s", k)
		}
	}
}

// TestWrongSettings: every mistake is told, with its variable and its rule.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	_, err := readSettings([]string{
		"CHAOS_SEED=x", "CHAOS_RECORDS=10", "CHAOS_FAULTS=-1", "CHAOS_KINDS=redis_lost,earthquake", "CHAOS_RACE=perhaps", "CHAOS_SEDE=1",
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`CHAOS_SEED: is "x": want a number`, "CHAOS_RECORDS: is 10: want 1000 to", "CHAOS_FAULTS: is -1: want 0 to",
		`CHAOS_KINDS: "earthquake" is no kind of fault: want some of consumer_crashed,`, "CHAOS_RACE: ", "CHAOS_SEDE: no such variable, want one of CHAOS_SEED",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s, err := readSettings([]string{"CHAOS_SEED=18446744073709551615", "CHAOS_KINDS=redis_lost,link_cut,redis_lost", "PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	if s.seed != 1<<64-1 || s.Records != 20000 || s.Faults != 20 || s.Root != ".." {
		t.Errorf("settings %+v", s)
	}
	if diff := cmp.Diff([]kind{linkCut, redisLost}, s.kinds()); diff != "" {
		t.Error(diff)
	}
	if s, err = readSettings(nil); err != nil || len(s.kinds()) != len(allKinds()) {
		t.Errorf("without variables: %+v, %v", s, err)
	}
}
