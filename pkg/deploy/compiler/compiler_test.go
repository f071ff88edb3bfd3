package compiler

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSameSourceSameBytes: neither where the source is nor where the program goes to is in it.
func TestSameSourceSameBytes(t *testing.T) {
	t.Parallel()
	var made [2][]byte
	for i := range made {
		source, out := t.TempDir(), filepath.Join(t.TempDir(), "program")
		for name, text := range map[string]string{"go.mod": "module x\n\ngo 1.26\n", "main.go": "package main\n\nfunc main() { panic(1) }\n"} {
			if err := os.WriteFile(filepath.Join(source, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.CommandContext(t.Context(), "go", Arguments(ConsumerTags, out, ".")...)
		cmd.Dir, cmd.Env = source, Environment(os.Environ(), runtime.GOOS, runtime.GOARCH)
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		info, err := buildinfo.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, s := range info.Settings {
			if s.Key == "-tags" || s.Key == "CGO_ENABLED" || s.Key == "-trimpath" {
				got[s.Key] = s.Value
			}
		}
		if diff := cmp.Diff(map[string]string{"-tags": ConsumerTags, "CGO_ENABLED": "0", "-trimpath": "true"}, got); diff != "" {
			t.Error(diff)
		}
		if made[i], err = os.ReadFile(out); err != nil {
			t.Fatal(err)
		}
	}
	if string(made[0]) != string(made[1]) {
		t.Error("two builds of one source differ")
	}
}
