package main

import (
	"io"
	"strings"
	"testing"
)

// Every mistake is told by the name of its variable, and nothing is started.
func TestRunTellsAllMistakes(t *testing.T) {
	t.Parallel()
	names := []string{"LISTEN", "TARGET", "ADMIN_LISTEN", "ADMIN_TARGET", "PROXY_PROTOCOL"}
	var environ []string
	for _, name := range names {
		environ = append(environ, variablePrefix+name+"=x")
	}
	err := run(t.Context(), nil, environ, io.Discard)
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), variablePrefix+name) {
			t.Errorf("error %v does not name %s%s", err, variablePrefix, name)
		}
	}
}

// Another argument than health is refused, and health tells that nobody listens.
func TestRunArguments(t *testing.T) {
	t.Parallel()
	environ := []string{"SPILLWAY_BALANCER_ADMIN_LISTEN=127.0.0.1:1"}
	for _, tt := range []struct{ arg, want string }{{"helth", `unexpected arguments ["helth"]`}, {"health", "connection refused"}} {
		err := run(t.Context(), []string{tt.arg}, environ, io.Discard)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.arg, err, tt.want)
		}
	}
}
