package stack

import (
	"strings"
	"testing"
)

// TestPrograms: they are those of the services file, without the secret.
func TestPrograms(t *testing.T) {
	t.Parallel()
	s, err := New(Options{Root: t.TempDir(), Template: TemplateData, Gateway: map[string]string{"SPILLWAY_LANES": "8"}})
	if err != nil {
		t.Fatal(err)
	}
	got := s.Programs(DefaultPorts())
	if len(got) != 2 || got[0].Name != issuerName || got[1].Name != gatewayName {
		t.Fatalf("%+v", got)
	}
	gateway := got[1]
	if gateway.Environment["SPILLWAY_LANES"] != "8" || gateway.Environment["SPILLWAY_CURSOR_KEY"] != "" || len(gateway.Arguments) != 0 || !strings.HasSuffix(gateway.Ready, ":8081/readyz") {
		t.Errorf("%+v", gateway)
	}
}
