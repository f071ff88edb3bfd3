package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLedgerIsUpToDate compares the document to what the emulators say now.
func TestLedgerIsUpToDate(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "ledger.md")
	if err := run([]string{"-out", out}); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../../docs/ledger.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/ledger.md is not what gen writes: run go generate ./pkg/sandbox/ledger (-want +got):\n%s", diff)
	}
	if err := run([]string{"-wrong"}); err == nil {
		t.Error("an unknown flag is taken")
	}
}
