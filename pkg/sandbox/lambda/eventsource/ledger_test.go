package eventsource_test

import (
	"strings"
	"testing"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// Every line says something of one thing.
func TestLedgerLines(t *testing.T) {
	l, seen := eventsource.Ledger(), map[string]bool{}
	for _, line := range append(l.Behaviours, l.Unproven...) {
		if seen[line.Title] || len(line.Text) < 20 || !strings.HasSuffix(line.Text, ".") || strings.HasSuffix(line.Title, ".") {
			t.Errorf("line %q: %q", line.Title, line.Text)
		}
		seen[line.Title] = true
	}
}
