package binary

import (
	"debug/elf"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spillway/spillway/pkg/deploy/binary/binarytest"
)

func TestRead(t *testing.T) {
	t.Parallel()
	text := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(text, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, path, arch, want string
		limit                  int
	}{
		{name: "arm64", path: binarytest.Write(t, elf.EM_AARCH64, false, ""), arch: "arm64"},
		{name: "amd64", path: binarytest.Write(t, elf.EM_X86_64, false, ""), arch: "amd64"},
		{name: "dynamic", path: binarytest.Write(t, elf.EM_X86_64, true, ""), arch: "amd64", want: "dynamically linked"},
		{name: "another machine", path: binarytest.Write(t, elf.EM_RISCV, false, ""), want: "built for EM_RISCV"},
		{name: "no program", path: text, want: "not a Linux binary"},
		{name: "too large", path: binarytest.Write(t, elf.EM_X86_64, false, "more"), limit: 67, want: "larger than 67 bytes"},
		{name: "missing", path: "/does/not/exist", want: "open the program"},
	}
	for _, tt := range tests {
		limit := tt.limit
		if limit == 0 {
			limit = 1 << 20
		}
		b, err := Read(tt.path, limit)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
		if b.Arch != tt.arch || b.Static != (tt.arch != "" && !errors.Is(err, ErrDynamic)) {
			t.Errorf("%s: got %s, static %v", tt.name, b.Arch, b.Static)
		}
	}
}
