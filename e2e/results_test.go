package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// result is how a scenario has ended; mage makes a table of scenarios and stacks from all of them.
type result struct {
	Scenario string  `json:"scenario"`
	Outcome  string  `json:"outcome"`       // passed, failed, skipped or not here
	Why      string  `json:"why,omitempty"` // it is not run on this stack
	Seconds  float64 `json:"seconds"`
}

func newResult(t *testing.T, scenario, why string, took time.Duration) result {
	outcome := "passed"
	switch {
	case t.Failed():
		outcome = "failed"
	case why != "":
		outcome = "not here"
	case t.Skipped():
		outcome = "skipped"
	}
	return result{scenario, outcome, why, took.Seconds()}
}

// tell writes the results of a stack into the directory that SCENARIO_RESULTS names, if it does.
func tell(t *testing.T, stack string, results []result) {
	t.Helper()
	dir := os.Getenv("SCENARIO_RESULTS")
	if dir == "" {
		return
	}
	text, err := json.Marshal(map[string]any{"stack": stack, "results": results})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(stack, " ", "-")+".json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}
