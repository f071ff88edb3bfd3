package code

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive makes an archive of entries: a name, a mode and the content.
func archive(tb testing.TB, entries ...func(*zip.Writer) error) []byte {
	tb.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, add := range entries {
		if err := add(w); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func entry(name string, mode fs.FileMode, content string) func(*zip.Writer) error {
	return func(w *zip.Writer) error {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate}
		header.SetMode(mode)
		f, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		_, err = f.Write([]byte(content))
		return err
	}
}

// FuzzUnpack: whatever an archive says, nothing outside its directory changes, nothing in it is a link or larger than
// allowed, and what fails leaves nothing.
func FuzzUnpack(f *testing.F) {
	const limit = 1 << 20
	f.Add(archive(f, entry("bootstrap", 0o755, "x"), entry("lib/a", 0o644, "y")))
	f.Add(archive(f, entry("../outside", 0o644, "x")))
	f.Add(archive(f, entry("/outside", 0o644, "x")))
	f.Add(archive(f, entry(`..\outside`, 0o644, "x")))
	f.Add(archive(f, entry("link", fs.ModeSymlink|0o777, "../outside"), entry("link/a", 0o644, "x")))
	f.Add(archive(f, entry("a", 0o644, "x"), entry("a/b", 0o644, "x"), entry("a", 0o644, "y")))
	f.Add(archive(f, entry("bomb", 0o644, strings.Repeat("\x00", limit+1))))
	f.Add(archive(f, entry("device", fs.ModeDevice, ""), entry("pipe", fs.ModeNamedPipe, "")))
	f.Add(archive(f, entry("dir/", fs.ModeDir, ""), entry("dir/a", 0o4755, "x"), entry("", 0o644, "")))
	f.Fuzz(func(t *testing.T, data []byte) {
		parent := t.TempDir()
		if err := os.WriteFile(filepath.Join(parent, "outside"), []byte("before"), 0o600); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(parent, "code")
		err := unpack(data, dir, limit)
		if _, statErr := os.Stat(dir); (err == nil) != (statErr == nil) {
			t.Errorf("unpack ends with %v, and the directory with %v", err, statErr)
		}
		if err != nil && !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrTooLarge) {
			t.Errorf("a fault of the archive is none of ours: %v", err)
		}
		checkTree(t, parent, dir, limit)
		if err := Remove(dir); err != nil {
			t.Error(err)
		}
	})
}

func checkTree(t *testing.T, parent, dir string, limit int64) {
	t.Helper()
	if text, err := os.ReadFile(filepath.Join(parent, "outside")); err != nil || string(text) != "before" {
		t.Errorf("the file outside: %s, %v", text, err)
	}
	var total int64
	err := filepath.WalkDir(parent, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == parent || path == dir || path == filepath.Join(parent, "outside") {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !strings.HasPrefix(path, dir+string(filepath.Separator)) || !info.IsDir() && !info.Mode().IsRegular() || info.Mode().Perm()&0o222 != 0 ||
			info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		if info.Mode().IsRegular() {
			total += info.Size()
		}
		return nil
	})
	if err != nil || total > limit {
		t.Errorf("%d bytes, %v", total, err)
	}
}
