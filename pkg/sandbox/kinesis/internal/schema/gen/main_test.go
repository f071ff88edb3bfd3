package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const small = `{"shapes":{
"com.amazonaws.kinesis#Do":{"type":"operation","input":{"target":"com.amazonaws.kinesis#DoInput"}},
"com.amazonaws.kinesis#DoInput":{"type":"structure","members":{
  "PartitionKey":{"target":"com.amazonaws.kinesis#Key","traits":{"smithy.api#required":{}}},
  "SequenceNumberForOrdering":{"target":"com.amazonaws.kinesis#Key"}}},
"com.amazonaws.kinesis#Key":{"type":"string","traits":{"smithy.api#length":{"min":1},"smithy.api#pattern":"^a|b$"}}}}`

// later is what the model is too old for: a member, another constraint, a new operation.
const later = `{"shapes":{
"com.amazonaws.kinesis#DoInput":{"type":"structure","members":{"Count":{"target":"com.amazonaws.kinesis#Count"}}},
"com.amazonaws.kinesis#Count":{"type":"integer","traits":{"smithy.api#range":{"max":7}}},
"com.amazonaws.kinesis#Undo":{"type":"operation","input":{"target":"com.amazonaws.kinesis#DoInput"}}}}`

func generate(t *testing.T, model string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	in, newer, out := filepath.Join(dir, "model.json"), filepath.Join(dir, "newer.json"), filepath.Join(dir, "table.go")
	for path, text := range map[string]string{in: model, newer: later} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run([]string{"-model", in, "-newer", newer, "-out", out}); err != nil {
		return "", err
	}
	src, err := os.ReadFile(out)
	return string(src), err
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	src, err := generate(t, small)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`sKey := &Shape{Name: "Key", Kind: String, Min: num(1), Pattern: "a|b"}`,
		"{Name: \"SequenceNumberForOrdering\", Required: false, Shape: sKey},\n\t\t{Name: \"PartitionKey\", Required: true, Shape: sKey},",
		`sCount := &Shape{Name: "Count", Kind: Integer, Max: num(7)}`,
		`{Name: "Count", Required: false, Shape: sCount},`,
		`"Undo": sDoInput,`,
	} {
		if !strings.Contains(src, want) {
			t.Errorf("%s is missing in:\n%s", want, src)
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	for name, model := range map[string]string{
		"not json":     "x",
		"unknown type": strings.Replace(small, `"type":"string"`, `"type":"document"`, 1),
		"no input":     strings.Replace(small, `"input":{"target":"com.amazonaws.kinesis#DoInput"}`, `"x":1`, 1),
	} {
		if _, err := generate(t, model); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := run(nil); err == nil {
		t.Error("no model: no error")
	}
}

// TestTableIsUpToDate regenerates the committed table and requests where the model is at hand.
func TestTableIsUpToDate(t *testing.T) {
	t.Parallel()
	path := os.Getenv("KINESIS_MODEL")
	if path == "" {
		t.Skip("KINESIS_MODEL does not name AWS's model: that table.go is up to date is not tested here")
	}
	out, rows := filepath.Join(t.TempDir(), "table.go"), filepath.Join(t.TempDir(), "model.json")
	if err := run([]string{"-model", path, "-newer", "newer.json", "-out", out, "-requests", rows}); err != nil {
		t.Fatal(err)
	}
	for fresh, committed := range map[string]string{out: "../table.go", rows: "../../../testdata/model.json"} {
		want, err := os.ReadFile(fresh)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(committed)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s is not what gen writes: run go generate", committed)
		}
	}
}
