package cloudformation

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// FuzzTemplate reads arbitrary text as a template: it never panics, every refusal is an API error, and what is accepted can be
// evaluated with its defaults without a panic.
func FuzzTemplate(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || files == nil {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, step := range a.Files {
			if step.Name != "want" && !strings.Contains(step.Name, "parameters") {
				f.Add(step.Data)
			}
		}
	}
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("!Ref x"))
	f.Add([]byte("? [a]: b"))
	schemas, err := loadSchemas()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		tmpl, err := parseTemplate(body)
		if err != nil {
			var api *apiError
			if !errors.As(err, &api) {
				t.Errorf("refused with %T: %v", err, err)
			}
			return
		}
		resolved, err := tmpl.resolve(nil, nil)
		if err != nil {
			return
		}
		evaluateEverything(tmpl, resolved, schemas)
	})
}

func evaluateEverything(tmpl *template, resolved map[string]string, schemas map[string]*schema) {
	sc := &scope{region: "us-east-1", pseudo: pseudoParameters("us-east-1", "0", "s", "i", nil), parameters: tmpl.values(resolved), mappings: tmpl.mappings,
		resource: func(id string) (resourceValue, bool) {
			return resourceValue{known: len(id)%2 == 0, physicalID: id}, true
		}}
	tmpl, err := tmpl.expand(sc)
	if err != nil || evaluateConditions(tmpl.conditions, sc) != nil {
		return
	}
	for id, d := range tmpl.resources {
		if p, err := evaluateProperties(d, sc); err == nil {
			_, _ = schemas[d.typ].conform(id, p) // only panics matter here
		}
	}
	_, _ = tmpl.evaluateOutputs(sc) // only panics matter here
}
