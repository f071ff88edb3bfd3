package main

import (
	"io"
	"strings"
	"testing"
)

func TestRunTellsMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		args    []string
		environ []string
		want    []string
	}{
		{"values", nil, []string{"DRILL_STREAMS=0", "DRILL_WINDOW=2m", "DRILL_RATE=x", "DRILL_BYTES=1"},
			[]string{"DRILL_STREAMS: is 0: want 1 to", "DRILL_WINDOW: is 2m0s: want 1s to 1m50s", "DRILL_RATE", "DRILL_BYTES: is 1"}},
		{"misspelt", nil, []string{"DRILL_STREAM=1"}, []string{"unknown variables: DRILL_STREAM"}},
		{"no such drill", []string{"rain"}, nil, []string{`drills ["rain"]: want drain, sleeper, restart, issuer`}},
		{"one of several", []string{"drain", "rain"}, nil, []string{"want drain, sleeper, restart, issuer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), tt.args, tt.environ, io.Discard)
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("run = %v, want it to say %q", err, want)
				}
			}
		})
	}
}
