package deploy

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// TestCodeKey: it is the key that is uploaded to.
func TestCodeKey(t *testing.T) {
	t.Parallel()
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_AARCH64), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Phentsize: 56, Shentsize: 64}
	copy(header.Ident[:], elf.ELFMAG+string([]byte{byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)}))
	var static bytes.Buffer
	if err := binary.Write(&static, binary.LittleEndian, header); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(path, static.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := newBundle(path)
	if err != nil {
		t.Fatal(err)
	}
	up := newArtifact("code", ".zip", b.body)
	if err := newArtifacts(prepared(newScript(t, map[string][]string{}).config()), "", "123456789012").put(t.Context(), up); err != nil {
		t.Fatal(err)
	}
	if got, err := CodeKey(path); err != nil || got != up.key {
		t.Errorf("%q, %v, uploaded to %q", got, err, up.key)
	}
	if _, err := CodeKey(path + ".none"); err == nil {
		t.Error("a key of no binary")
	}
}
