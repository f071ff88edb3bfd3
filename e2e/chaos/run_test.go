package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestShortRun: a run with a fault of four kinds tells what happens and writes its
// report.
func TestShortRun(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not installed")
		}
		t.Skip("redis-server is not installed: there is nothing to kill")
	}
	dir := t.TempDir()
	var told strings.Builder
	err := run(t.Context(), []string{
		"CHAOS_SEED=1", "CHAOS_RECORDS=1500", "CHAOS_FAULTS=4", "CHAOS_KINDS=consumer_killed,gateway_killed,redis_killed,stream_resharded",
		"CHAOS_ROOT=../..", "CHAOS_DIR=" + filepath.Join(dir, "run"), "CHAOS_OUT=" + filepath.Join(dir, "report.json"),
	}, &told)
	if err != nil {
		t.Fatalf("%v\n%s", err, told.String())
	}
	for _, want := range []string{"seed 1, 1500 records, 4 faults", "consumer_killed", "every promise was kept (seed 1)"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("%s\ndoes not say %q", told.String(), want)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for _, zero := range []string{
		"lost", "duplicated_sdk", "out_of_order", "silent_gaps", "entitlement_violations", "gone_and_told", "gone_unexplained", "data_mismatches",
	} {
		if n, ok := got[zero].(float64); !ok || n != 0 {
			t.Errorf("%s is %v, want 0", zero, got[zero])
		}
	}
	last := len(newWorkload(1).chains)
	if got["records"] != float64(1500+last) || got["subscribers"] != float64(len(roles())) || got["kept"] != true {
		t.Errorf("report %s", text)
	}
	faults, _ := got["faults"].(map[string]any)
	if kinds, _ := faults["by_kind"].(map[string]any); faults["number"] != 4.0 || len(kinds) != 4 {
		t.Errorf("faults %v", got["faults"])
	}
	for _, name := range []string{"duplicated_raw", "false_alarms", "seconds", "seed"} {
		if _, ok := got[name]; !ok {
			t.Errorf("the report has no %s", name)
		}
	}
}

// TestReportOfABreach: a promise that broke is told, with who it broke for, and the
// run is not taken for one that went well.
func TestReportOfABreach(t *testing.T) {
	t.Parallel()
	f := findings{Name: "somebody", Lost: 1, Ended: "no more", Examples: []string{"one is missing"}}
	if !f.broken() {
		t.Fatal("not broken")
	}
	if got := strings.Join(f.breaches(), "\n"); got != "somebody: ended: no more\nsomebody: one is missing" {
		t.Errorf("breaches %q", got)
	}
}

func TestFindRaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	logs := filepath.Join(dir, "system", "logs")
	if err := os.MkdirAll(logs, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.log": "fine\n", "b.log": "x\nWARNING: DATA RACE\n"} {
		if err := os.WriteFile(filepath.Join(logs, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := findRaces(dir)
	if err != nil || len(got) != 1 || !strings.HasSuffix(got[0], "b.log") {
		t.Errorf("races %q, %v", got, err)
	}
}
