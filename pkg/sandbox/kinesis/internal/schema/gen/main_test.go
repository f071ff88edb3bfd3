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

func generate(t *testing.T, model string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "model.json"), filepath.Join(dir, "table.go")
	if err := os.WriteFile(in, []byte(model), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-model", in, "-out", out}); err != nil {
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
		`"Do": sDoInput,`,
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

// TestTableIsUpToDate regenerates the committed table where the model is at hand.
func TestTableIsUpToDate(t *testing.T) {
	t.Parallel()
	path := os.Getenv("KINESIS_MODEL")
	if path == "" {
		t.Skip("KINESIS_MODEL does not name AWS's model: that table.go is up to date is not tested here")
	}
	out := filepath.Join(t.TempDir(), "table.go")
	if err := run([]string{"-model", path, "-out", out}); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../table.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("table.go is not what gen writes: run go generate")
	}
}
