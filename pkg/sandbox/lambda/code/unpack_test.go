package code_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/spillway/spillway/pkg/sandbox/lambda/code"
)

type entry struct {
	name string
	mode fs.FileMode
	data string
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		header.SetMode(e.mode)
		f, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e.data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestUnpack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "task")
	zipped := archive(t,
		entry{"bootstrap", 0o755, "#!"},
		entry{"lib/", fs.ModeDir | 0o755, ""},
		entry{"lib/data.txt", 0o600, "data"},
		entry{"deep/er/file", 0o644, "x"})
	if err := code.Unpack(zipped, dir); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]fs.FileMode{
		"bootstrap": 0o555, "lib/data.txt": 0o444, "deep/er/file": 0o444, "lib": fs.ModeDir | 0o555,
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != mode {
			t.Errorf("%s has mode %v, want %v", name, info.Mode(), mode)
		}
	}
	if data, err := os.ReadFile(filepath.Join(dir, "lib/data.txt")); err != nil || string(data) != "data" {
		t.Errorf("lib/data.txt holds %q (%v)", data, err)
	}
	if err := code.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Remove: %v", err)
	}
	if err := code.Remove(dir); err != nil {
		t.Errorf("removing nothing: %v", err)
	}
}

func TestUnpackRefuses(t *testing.T) {
	tests := map[string]struct {
		zipped []byte
		want   error
	}{
		"no archive":       {[]byte("not a zip"), code.ErrInvalid},
		"empty":            {nil, code.ErrInvalid},
		"parent directory": {archive(t, entry{"../evil", 0o644, "x"}), code.ErrInvalid},
		"inner parent":     {archive(t, entry{"a/../../evil", 0o644, "x"}), code.ErrInvalid},
		"absolute":         {archive(t, entry{"/etc/evil", 0o644, "x"}), code.ErrInvalid},
		"symbolic link":    {archive(t, entry{"link", fs.ModeSymlink | 0o777, "/etc/passwd"}), code.ErrInvalid},
		"device":           {archive(t, entry{"dev", fs.ModeDevice | 0o666, ""}), code.ErrInvalid},
		"twice the same":   {archive(t, entry{"a", 0o644, "1"}, entry{"a", 0o644, "2"}), code.ErrInvalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			err := code.Unpack(tt.zipped, filepath.Join(parent, "task"))
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			left, err := os.ReadDir(parent)
			if err != nil || len(left) != 0 {
				t.Errorf("left behind: %v (%v)", left, err)
			}
		})
	}
}
