package authn

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGrantsOfSeveralResourceServers: scopes of each count, a pattern of two of them once, those of others not at all.
func TestGrantsOfSeveralResourceServers(t *testing.T) {
	t.Parallel()
	scope := "spillway-customers/weather.us.ny spillway/weather.us.> spillway/weather.us.ny spillway-customers-2/weather.us.nj other/> spillway-customers/a.>.b"
	ps, err := grants(scope, []string{"spillway", "spillway-customers"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range ps {
		got = append(got, p.String())
	}
	if diff := cmp.Diff([]string{"weather.us.>", "weather.us.ny"}, got); diff != "" {
		t.Errorf("grants of %s (-want +got):\n%s", strings.ReplaceAll(scope, " ", ", "), diff)
	}
}
