package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const modelVariable = "COGNITO_MODEL"

func generate(t *testing.T, model, newer string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "model.json"), filepath.Join(dir, "newer.json"), filepath.Join(dir, "table.go")}
	for i, content := range []string{model, newer} {
		if err := os.WriteFile(paths[i], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run([]string{"-model", paths[0], "-newer", paths[1], "-out", paths[2]}); err != nil {
		return "", err
	}
	src, err := os.ReadFile(paths[2])
	return string(src), err
}

// small is a model in which every served operation has the same input.
func small() string {
	shapes := []string{
		`"N#Other":{"type":"operation"}`,
		`"N#In":{"type":"structure","members":{"B":{"target":"N#Key","traits":{"smithy.api#required":{}}},"A":{"target":"N#Map"}}}`,
		`"N#Map":{"type":"map","key":{"target":"N#Key"},"value":{"target":"N#OAuthFlowType"}}`,
		`"N#Key":{"type":"string","traits":{"smithy.api#length":{"min":1},"smithy.api#pattern":"^a|b$"}}`,
		`"N#OAuthFlowType":{"type":"enum","members":{"CODE":{"target":"smithy.api#Unit","traits":{"smithy.api#enumValue":"code"}}}}`,
	}
	for _, name := range servedOperations() {
		shapes = append(shapes, `"N#`+name+`":{"type":"operation","input":{"target":"N#In"}}`)
	}
	return strings.ReplaceAll(`{"shapes":{`+strings.Join(shapes, ",")+`}}`, "N#", namespace)
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	newer := strings.ReplaceAll(`{"shapes":{"N#In":{"type":"structure","members":{"C":{"target":"N#New"}}},
		"N#New":{"type":"integer","traits":{"smithy.api#range":{"max":3},"smithy.api#sensitive":{}}}}}`, "N#", namespace)
	src, err := generate(t, small(), newer)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`sKey := &Shape{Kind: String, Min: num(1), Pattern: regexp.MustCompile("^a|b$")}`,
		`sNew := &Shape{Kind: Integer, Max: num(3), Secret: true}`,
		`sOAuthFlowType := &Shape{Kind: String, Enum: []string{"implicit", "client_credentials", "code"}}`,
		"{Name: \"B\", Required: true, Shape: sKey},\n\t\t{Name: \"A\", Required: false, Shape: sMap},\n\t\t{Name: \"C\", Required: false, Shape: sNew},",
		`return []string{"Other"}`,
	} {
		if !strings.Contains(src, want) {
			t.Errorf("%s is missing in:\n%s", want, src)
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	const nothing = `{"shapes":{}}`
	for name, test := range map[string]struct{ model, newer string }{
		"not json":      {"x", nothing},
		"newer no json": {small(), "x"},
		"unknown type":  {strings.Replace(small(), `"type":"string"`, `"type":"document"`, 1), nothing},
		"no operation":  {nothing, nothing},
	} {
		if _, err := generate(t, test.model, test.newer); err == nil {
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
	path := os.Getenv(modelVariable)
	if path == "" {
		t.Skip(modelVariable + " does not name AWS's model: that table.go is up to date is not tested here")
	}
	out := filepath.Join(t.TempDir(), "table.go")
	if err := run([]string{"-model", path, "-newer", "newer.json", "-out", out}); err != nil {
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
