package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReadGiven(t *testing.T) {
	t.Parallel()
	const customer = `{"client_id":"id","secret":"s"}`
	for _, tt := range []struct{ name, text, want string }{
		{"whole", `{"endpoints":{"gateway":"127.0.0.1:8443","stream":"s","customers":{"institute":` + customer + `,"newyork":` + customer + `,"tristate":` + customer + `}}}`, ""},
		{"a customer is missing", `{"endpoints":{"customers":{"institute":` + customer + `}}}`, "no customer newyork"},
		{"no JSON", `stack`, "CHAOS_STACK"},
	} {
		path := filepath.Join(t.TempDir(), "stack.json")
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		g, err := readGiven(path)
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		cfg, err := g.Client(institute)
		if err != nil || cfg.Endpoint != "127.0.0.1:8443" || cfg.Credentials.ClientID != "id" || cfg.Dial == nil {
			t.Errorf("%s: %+v, %v", tt.name, cfg, err)
		}
		if _, err := g.ExpiredToken(institute); !errors.Is(err, errNoIssuer) {
			t.Errorf("%s: expired token: %v", tt.name, err)
		}
	}
}

// In a stack that is given nobody asks for more than there are customers for.
func TestRolesOfGiven(t *testing.T) {
	t.Parallel()
	if _, err := readSettings([]string{"CHAOS_STACK=stack.json", "CHAOS_FAULTS=1"}); err == nil || !strings.Contains(err.Error(), "CHAOS_FAULTS") {
		t.Errorf("faults of the bench's own: %v", err)
	}
	s, err := readSettings([]string{"CHAOS_STACK=stack.json", "CHAOS_FAULTS=0"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.roles(time.Now()) {
		if r.customer == regional {
			t.Errorf("%s is of a customer that there is not", r.name)
		}
	}
}
