package kinesis_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/recorded.json from the tables of the tests")

// request is a row as the files in testdata have it: others than Go tests send it, too.
type request struct {
	Name      string            `json:"name"`
	Operation string            `json:"operation"`
	Header    map[string]string `json:"header,omitempty"` // besides the usual; empty means that it is left out
	Query     string            `json:"query,omitempty"`
	Body      string            `json:"body"`
	Status    int               `json:"status"`
	Type      string            `json:"type"`
	Message   string            `json:"message,omitempty"`
	Source    string            `json:"source"`
}

// request gives a row in the form of a file.
func (r row) request() request {
	out := request{Name: r.name, Operation: r.operation, Body: r.body, Status: r.status, Type: r.code, Source: r.source}
	if r.message != "-" {
		out.Message = r.message
	}
	if r.change == nil {
		return out
	}
	plain, changed := httptest.NewRequest(http.MethodPost, "/", nil), httptest.NewRequest(http.MethodPost, "/", nil)
	sign(plain, r.operation)
	sign(changed, r.operation)
	r.change(changed)
	out.Query, out.Header = changed.URL.RawQuery, map[string]string{}
	for name := range plain.Header {
		if now := changed.Header.Get(name); now != plain.Header.Get(name) {
			out.Header[name] = now
		}
	}
	return out
}

// row gives a row of a file in the form of the tests.
func (r request) row() row {
	out := row{name: r.Name, operation: r.Operation, body: r.Body, status: r.Status, code: r.Type, message: r.Message, source: r.Source}
	out.change = func(req *http.Request) {
		req.URL.RawQuery = r.Query
		for name, value := range r.Header {
			header(name, value)(req)
		}
	}
	return out
}

func encodeRequests(t *testing.T, rows []row) []byte {
	t.Helper()
	var list []request
	for _, r := range rows {
		// What is large, or depends on the time of the test's clock, is for Go's tests only.
		if len(r.body) < 8<<10 && !strings.Contains(r.body, "1772600768.9") {
			list = append(list, r.request())
		}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(list); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestRecordedRequestsAreInTheFile keeps testdata/recorded.json what the tables of the tests are: e2e/conformance sends it to other emulators.
func TestRecordedRequestsAreInTheFile(t *testing.T) {
	t.Parallel()
	const path = "testdata/recorded.json"
	rows := append(append(append(protocolRows(), typeRows()...), constraintRows()...), semanticRows("AAAAAAAAAAE=")...)
	want := encodeRequests(t, rows)
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not what the tables say: run go test -run Recorded -update (-want +got):\n%s", path, diff)
	}
}

// TestRequestsOfTheModel sends what the generator made of AWS's model: every type and constraint broken, one at a time.
func TestRequestsOfTheModel(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/model.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []request
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) < 250 {
		t.Errorf("%d requests", len(list))
	}
	var rows []row
	for _, r := range list {
		rows = append(rows, r.row())
	}
	run(t, newWorld(t, nil), rows)
}
