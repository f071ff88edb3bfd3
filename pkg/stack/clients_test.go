package stack

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCustomerParameters(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"Customers": "institute,newyork,tristate,localoperator",
		"Grants":    "institute=weather.us.>;newyork=weather.us.ny;tristate=weather.us.ny weather.us.nj weather.us.ct;localoperator=weather.> $spillway.>",
		"Patterns":  "weather.>,weather.us.>,weather.us.ct,weather.us.nj,weather.us.ny",
	}
	if diff := cmp.Diff(want, customerParameters(DefaultCustomers())); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

// Credentials are made once, for customers that come later too, and are what the pool is told.
func TestKeptCredentials(t *testing.T) {
	t.Parallel()
	o := Options{Root: t.TempDir(), Customers: []Customer{{Name: "one", Patterns: []string{"a"}}}}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.keptCredentials()
	if err != nil {
		t.Fatal(err)
	}
	one := first["one"]
	if len(one.ClientID) != clientIDLen || len(one.Secret) != secretLen || strings.Join(one.Scopes, " ") != "spillway/a" {
		t.Errorf("credentials %+v", one)
	}
	o.Customers = append(o.Customers, Customer{Name: "two", Patterns: []string{"b"}})
	if s, err = New(o); err != nil {
		t.Fatal(err)
	}
	text, err := s.reservedText()
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.keptCredentials()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, second["one"]); diff != "" {
		t.Errorf("they changed (-first +second):\n%s", diff)
	}
	wantText(t, "the pool file", string(text), "pool_id: "+PoolID, "name: two", one.ClientID, one.Secret, second["two"].ClientID, second["two"].Secret)
	if err := os.WriteFile(s.path(credentialsFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.keptCredentials(); err == nil || !strings.Contains(err.Error(), credentialsFile) {
		t.Errorf("a file that is broken: %v", err)
	}
}

// What the template cannot make is told before anything is started.
func TestCustomersOfTheTemplate(t *testing.T) {
	t.Parallel()
	o := Options{Root: t.TempDir(), Customers: []Customer{{Name: "new-york", Patterns: []string{"a"}, TokenValidity: 1}}}
	_, err := New(o)
	if err == nil {
		t.Fatal("no error")
	}
	wantText(t, "error", err.Error(), `Customers[0].Name: "new-york"`, "Customers[0].TokenValidity")
	o.Template = TemplateData
	if _, err := New(o); err != nil {
		t.Errorf("the data path alone: %v", err)
	}
	o.Template = "gateway"
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "Template") {
		t.Errorf("a template that there is not: %v", err)
	}
}
