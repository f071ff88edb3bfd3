// Package binarytest makes files that look like Linux programs, for tests that need no program to run.
package binarytest

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// Write writes the smallest file that passes for a program of the machine, with tail after it, and returns its path. interp makes
// it a dynamically linked one.
func Write(t testing.TB, machine elf.Machine, interp bool, tail string) string {
	t.Helper()
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Phentsize: 56, Shentsize: 64}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA], header.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	if interp {
		header.Phoff, header.Phnum = 64, 1
	}
	parts := []any{header}
	if interp {
		parts = append(parts, elf.Prog64{Type: uint32(elf.PT_INTERP)})
	}
	var out bytes.Buffer
	for _, part := range append(parts, []byte(tail)) {
		if err := binary.Write(&out, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
