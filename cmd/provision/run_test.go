package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunMistakes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		args, environ []string
		want          []string
	}{
		{"no argument", nil, nil, []string{"want prepare or deploy"}},
		{"another argument", []string{"destroy"}, nil, []string{"want prepare or deploy"}},
		{"variables", []string{deploy}, []string{"SPILLWAY_PROVISION_TIMEOUT=soon", "SPILLWAY_PORT_AWS=http"}, []string{"SPILLWAY_PROVISION_TIMEOUT", "SPILLWAY_PORT_AWS"}},
		{"no cloud", []string{deploy}, []string{"SPILLWAY_PROVISION_AWS=http://127.0.0.1:1", "SPILLWAY_PROVISION_TIMEOUT=1ms", "SPILLWAY_PROVISION_DIR=" + t.TempDir()}, []string{""}},
	} {
		err := run(t.Context(), tt.args, tt.environ, io.Discard, io.Discard)
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", tt.name, err, want)
			}
		}
	}
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var said bytes.Buffer
	if err := run(t.Context(), []string{prepare}, []string{"SPILLWAY_PROVISION_DIR=" + dir, "SPILLWAY_PROVISION_DRI=x"}, io.Discard, &said); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "pools.yaml")); err != nil {
		t.Error(err)
	}
	if !strings.Contains(said.String(), "SPILLWAY_PROVISION_DRI") {
		t.Errorf("the misspelt variable is not told: %q", said.String())
	}
}
