package stack

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPoolsText(t *testing.T) {
	t.Parallel()
	got, err := poolsText([]Customer{
		{Name: "all", Patterns: []string{"weather.>"}},
		{Name: "two", Patterns: []string{"weather.us.ny", "$spillway.>"}, TokenValidity: 5 * time.Minute},
		{Name: "same", Patterns: []string{"weather.>"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `pools:
- id: us-east-1_Spillway1
  name: spillway
  resource_servers:
  - identifier: spillway
    name: Spillway events
    scopes:
    - $spillway.>
    - weather.>
    - weather.us.ny
  clients:
  - name: all
    scopes:
    - spillway/weather.>
  - name: two
    scopes:
    - spillway/weather.us.ny
    - spillway/$spillway.>
    access_token_validity: 5m0s
  - name: same
    scopes:
    - spillway/weather.>
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCredentialsOfUnreadableState(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"missing", "", "no such file"},
		{"no JSON", "{", "cognito.json"},
		{"without a customer", `{"pools":{"spillway":{"clients":{"institute":{"id":"x","secret":"y"}}}}}`, "has none for newyork"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newFake(t, modeGood, nil)
			if tt.text != "" {
				write(t, s.path(cognitoFile), tt.text)
			}
			_, err := s.credentials()
			if err == nil {
				t.Fatal("no error")
			}
			wantText(t, "error", err.Error(), tt.want)
		})
	}
}
