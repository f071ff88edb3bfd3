package templates

import (
	"testing"

	"github.com/spillway/spillway/deploy/evaluate"
)

const rootName = "all-steps.yaml"

// nestedNames are the templates beside the root.
var nestedNames = []string{"network.yaml", "cognito.yaml", "gateway.yaml", "data.yaml", "watch.yaml"}

type (
	tree       = evaluate.Template
	scenario   = evaluate.Scenario
	unresolved = evaluate.Unresolved
)

const stackSuffix = evaluate.StackSuffix

func text(v any) string                        { return evaluate.Text(v) }
func at(v any, path ...any) any                { return evaluate.At(v, path...) }
func list(v any) []any                         { return evaluate.List(v) }
func named(v any) map[string]string            { return evaluate.Named(v) }
func walk(v any, visit func(m map[string]any)) { evaluate.Walk(v, visit) }

// templateText is a template by its file name.
func templateText(t *testing.T, name string) string {
	t.Helper()
	if name == rootName {
		return AllSteps
	}
	text, err := Nested.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func parse(t *testing.T, text string) tree {
	t.Helper()
	d, err := evaluate.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// scenariosOf are a template's, from its text.
func scenariosOf(t *testing.T, name, text string) []*scenario {
	t.Helper()
	out, err := evaluate.Scenarios(name, text, func(typ string) []string { return schemaOf(typ).attributes() })
	if err != nil {
		t.Fatal(err)
	}
	return out
}
