package stack

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPortsFrom(t *testing.T) {
	t.Parallel()
	moved := DefaultPorts()
	moved.AWS, moved.Redis = 14566, 0
	tests := []struct {
		name string
		env  map[string]string
		want Ports
		errs []string
	}{
		{"nothing set", nil, DefaultPorts(), nil},
		{"some moved", map[string]string{"SPILLWAY_PORT_AWS": "14566", "SPILLWAY_PORT_REDIS": "0"}, moved, nil},
		{
			"mistakes", map[string]string{"SPILLWAY_PORT_GATEWAY": "x", "SPILLWAY_PORT_ADMIN": "65536", "SPILLWAY_PORT_COGNITO": "-1"},
			DefaultPorts(), []string{`SPILLWAY_PORT_GATEWAY is "x"`, `SPILLWAY_PORT_ADMIN is "65536"`, `SPILLWAY_PORT_COGNITO is "-1"`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := PortsFrom(func(name string) string { return tt.env[name] })
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ports (-want +got):\n%s", diff)
			}
			if tt.errs == nil && err != nil || tt.errs != nil && err == nil {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				wantText(t, "error", err.Error(), tt.errs...)
			}
		})
	}
}

func TestSettleChoosesDistinctPorts(t *testing.T) {
	t.Parallel()
	ports, err := Ports{}.settle(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, p := range ports.all() {
		if *p.number < lowestFree || *p.number >= highestFree || seen[*p.number] {
			t.Errorf("%s got port %d", p.what, *p.number)
		}
		seen[*p.number] = true
	}
}
