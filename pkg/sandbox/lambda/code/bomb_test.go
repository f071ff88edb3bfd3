package code

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// bomb is an archive of files that are far larger than it is.
func bomb(t *testing.T, files, size int) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for i := range files {
		f, err := w.Create(string(rune('a' + i)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestBomb(t *testing.T) {
	const limit = 1 << 20
	tests := map[string]struct {
		files, size int
		want        error
	}{
		"up to the limit":              {4, limit / 4, nil},
		"one file beyond it":           {1, limit + 1, ErrTooLarge},
		"all files together beyond it": {5, limit / 4, ErrTooLarge},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "task")
			if err := unpack(bomb(t, tt.files, tt.size), dir, limit); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if err := Remove(dir); err != nil {
				t.Fatal(err)
			}
			if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
				t.Errorf("left behind: %v (%v)", left, err)
			}
		})
	}
}
