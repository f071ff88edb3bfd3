package mockcognito

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentedAnswers holds the answers against those that AWS documents: testdata/answers has, for each operation, a
// request and the answer as the page at "page" shows it. Where the page is older than the API or its example is not of a
// pool here, "instead" says what is otherwise: members that are added, changed, or, being null, not there. Values that
// are made anew each time are compared by their JSON type.
func TestDocumentedAnswers(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/answers/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var example documented
			if err := json.Unmarshal(data, &example); err != nil {
				t.Fatal(err)
			}
			example.check(t)
		})
	}
}

// documented is an example from AWS's documentation.
type documented struct {
	Page      string          `json:"page"`
	Operation string          `json:"operation"`
	Before    []step          `json:"before"`
	Request   json.RawMessage `json:"request"`
	Answer    any             `json:"answer"`
	Instead   any             `json:"instead"`
}

// step is a request that has to go before.
type step struct {
	Operation string          `json:"operation"`
	Request   json.RawMessage `json:"request"`
}

func (d documented) check(t *testing.T) {
	t.Helper()
	if !strings.HasPrefix(d.Page, "https://docs.aws.amazon.com/") {
		t.Errorf("page %q", d.Page)
	}
	_, web := newTestServer(t, Config{AccountID: "123456789012"})
	for _, s := range d.Before {
		if got := call(t, web.URL, s.Operation, string(s.Request)); got.status != 200 {
			t.Fatalf("%s: %d %s", s.Operation, got.status, got.body)
		}
	}
	got := call(t, web.URL, d.Operation, string(d.Request))
	if got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var answered any
	if got.body != "" {
		if err := json.Unmarshal([]byte(got.body), &answered); err != nil {
			t.Fatal(err)
		}
	}
	want := merge(d.Answer, d.Instead)
	if diff := cmp.Diff(anonymous("", want), anonymous("", answered)); diff != "" {
		t.Errorf("%s (-documented +answered):\n%s", d.Page, diff)
	}
}

// merge puts the members of over into base; null removes one.
func merge(base, over any) any {
	b, isObject := base.(map[string]any)
	o, ok := over.(map[string]any)
	if !isObject || !ok {
		if over != nil {
			return over
		}
		return base
	}
	for name, v := range o {
		if v == nil {
			delete(b, name)
			continue
		}
		b[name] = merge(b[name], v)
	}
	return b
}

// anonymous replaces what is made anew each time by its JSON type.
func anonymous(name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, item := range v {
			out[key] = anonymous(key, item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = anonymous("", item)
		}
		return out
	case float64:
		if strings.HasSuffix(name, "Date") {
			return "a number"
		}
	case string:
		switch name {
		case "Id", "Arn", "ClientId", "ClientSecret", "ClientSecretId", "ClientSecretValue", "NextToken", "CloudFrontDistribution", "CloudFrontDomain", "Version":
			return "a text"
		}
	}
	return v
}
