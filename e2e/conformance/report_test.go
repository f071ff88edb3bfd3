package main

import (
	"errors"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	t.Parallel()
	requests := []request{
		{Name: "a", Operation: "Put", Status: 400, Type: "X", Message: "m", Source: "s"},
		{Name: "b", Operation: "Put", Status: 400, Type: "Y", Source: "s"},
	}
	right := []answer{{status: 400, kind: "X", message: "m"}, {status: 400, kind: "Y"}}
	r := report{requests: requests, results: []result{
		{name: "sandbox", answers: right},
		{name: "wordy", answers: []answer{{status: 400, kind: "X", message: "n"}, {status: 200}}},
		{name: "gone", answers: []answer{right[0], {err: errors.New("lost")}}},
		{name: "missing", problem: errors.New("not installed\nat all")},
	}}
	text := r.text(true)
	for _, want := range []string{
		"| sandbox | 2 | 0 | 0 |", "| wordy | 0 | 1 | 1 |", "| missing | not compared: not installed |",
		"| Put a | 400 X | as AWS | other words | as AWS | - |", "| Put b | 400 Y | as AWS | 200 | connection lost | - |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if err := r.verdict(); err != nil {
		t.Errorf("verdict: %v", err)
	}
	r.results[0].answers = r.results[1].answers
	if err := r.verdict(); err == nil {
		t.Error("a sandbox that differs passes")
	}
	r.results[0].problem = errors.New("not built")
	if err := r.verdict(); err == nil {
		t.Error("a sandbox that was not compared passes")
	}
}

// The requests of the emulator's tests can be read, and those about the stream being created come first.
func TestReadRequests(t *testing.T) {
	t.Parallel()
	all, err := readRequests("../../pkg/sandbox/kinesis/testdata")
	if err != nil || len(all) < 250 {
		t.Fatalf("%d requests, %v", len(all), err)
	}
	if rank(all[0]) != 0 || rank(all[len(all)-1]) != 1 {
		t.Error("not in order")
	}
	for _, r := range all {
		if r.Source == "" || r.Status < 400 {
			t.Errorf("%+v", r)
		}
	}
}
