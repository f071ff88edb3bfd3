package main

import "testing"

// TestAFilterIsPointedAt where people look.
func TestAFilterIsPointedAt(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.serve = refuseFilter
	terminal, _ := newTerminal(t)
	env := c.env()
	err := run(t.Context(), []string{"subscribe", "--filter", "size >> 3"}, func(name string) string { return env[name] }, terminal, terminal, terminal)
	if want := "subscribe: INVALID_ARGUMENT: filter: column 7: unexpected '>'\n  size >> 3\n        ^"; err == nil || err.Error() != want || exitStatus(err) != exitFailure {
		t.Errorf("err = %v, want %s", err, want)
	}
}
