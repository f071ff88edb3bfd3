package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spillway/spillway/pkg/stack"
)

// SetPolicy implements Stack.
func (s *sandboxStack) SetPolicy(t *testing.T, text string) {
	t.Helper()
	before := s.writePolicy(t, text)
	t.Cleanup(func() { s.writePolicy(t, before) })
}

// writePolicy replaces the policy, as an editor does, waits until it is in force, and
// returns the one before.
func (s *sandboxStack) writePolicy(t *testing.T, text string) (before string) {
	t.Helper()
	path := filepath.Join(s.dir, "policy.yaml")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(old) == text {
		return text
	}
	told, all := s.policiesTold(t), max(1, len(s.health(t).Tasks))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return s.policiesTold(t) >= told+all }, "a gateway does not tell of the policy")
	return string(old)
}

// policiesTold returns how often a gateway has told of a policy that has come into force.
func (s *sandboxStack) policiesTold(t *testing.T) int {
	n := 0
	for _, text := range s.logs(t) {
		n += strings.Count(text, `"msg":"policy changed"`)
	}
	return n
}

// ReplaceCertificate implements Stack.
func (s *sandboxStack) ReplaceCertificate(t *testing.T) {
	t.Helper()
	if _, err := stack.WriteCertificates(filepath.Dir(s.end.CAFile)); err != nil {
		t.Fatal(err)
	}
}
