package client

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// openStore opens a FileStore that is closed with the test.
func openStore(t *testing.T, path string, patterns ...string) *FileStore {
	t.Helper()
	s, err := OpenFileStore(FileStoreConfig{Path: path, Patterns: patterns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestFileStoreKeeps(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "position")
	s := openStore(t, path, "weather.us.ny", "weather.us.ca")
	if got, err := s.Load(t.Context()); !got.Cursor.IsZero() || got.Handled != nil || err != nil {
		t.Errorf("a new one: %v, %v", got, err)
	}
	cursor := newCursor(cursorAt(142, true))
	for _, p := range []Progress{{cursor, []string{"a", "b"}, 3}, {Handled: []string{"c", "d"}, Keep: 3}} {
		if err := s.Save(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if err := s.Save(t.Context(), Progress{}); err == nil || !strings.Contains(err.Error(), "is closed") {
		t.Errorf("save after close: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v, want it to be the user's alone", info.Mode(), err)
	}
	again := openStore(t, path, "weather.us.ca", "weather.us.ny", "weather.us.ca")
	got, err := again.Load(t.Context())
	if diff := diffStates(Checkpoint{cursor, []string{"b", "c", "d"}}, got); diff != "" || err != nil {
		t.Errorf("err %v, kept (-want +got):\n%s", err, diff)
	}
}

func TestFileStoreIsOneSubscriptions(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "position")
	s := openStore(t, path, "weather.us.ny")
	if _, err := OpenFileStore(FileStoreConfig{Path: path, Patterns: []string{"weather.us.ny"}}); !errors.Is(err, ErrStoreInUse) || !strings.Contains(err.Error(), path) {
		t.Errorf("a second one at a time: %v", err)
	}
	s.Close()
	for patterns, text := range map[string]string{"weather.us.*": "weather.us.*", "": "everything that is granted"} {
		_, err := OpenFileStore(FileStoreConfig{Path: path, Patterns: strings.Fields(patterns)})
		var other *PatternsError
		if !errors.As(err, &other) || !strings.Contains(err.Error(), path+" is of weather.us.ny, not of "+text+":") {
			t.Errorf("of %q: %v", patterns, err)
		}
	}
	openStore(t, path, "weather.us.ny") // a refusal gives the lock back
}

// TestFileStoreIsOneFilters: a position passes what its filter leaves out, so that it is
// of no other filter; a file of before there were filters is of none.
func TestFileStoreIsOneFilters(t *testing.T) {
	t.Parallel()
	const hot, cold = "data.temperature > 30.0", "data.temperature < 0.0"
	tests := []struct {
		stored, asked string
		says          string // empty: it is opened
	}{
		{hot, hot, ""},
		{"", "", ""},
		{hot, cold, ` is of weather.us.ny filtered by "` + hot + `", not of weather.us.ny filtered by "` + cold + `": keep`},
		{hot, "", ` filtered by "` + hot + `", not of weather.us.ny: keep`},
		{"", hot, ` is of weather.us.ny, not of weather.us.ny filtered by "` + hot + `": keep`},
	}
	for _, tt := range tests {
		config := FileStoreConfig{Path: filepath.Join(t.TempDir(), "position"), Patterns: []string{"weather.us.ny"}, Filter: tt.stored}
		for range 2 { // the second time, what the first one wrote is read
			s, err := OpenFileStore(config)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(s.Save(t.Context(), Progress{Handled: []string{"a"}, Keep: 9}), s.Close()); err != nil {
				t.Fatal(err)
			}
		}
		config.Filter = tt.asked
		s, err := OpenFileStore(config)
		var other *PatternsError
		if (err == nil) != (tt.says == "") || err != nil && (!errors.As(err, &other) || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%q with %q: %v, want %q", tt.stored, tt.asked, err, tt.says)
		}
		if err == nil {
			s.Close()
		}
	}
}

// TestFormatOfAFilteredPosition: a version that knows of no filters takes such a file
// for none of its own.
func TestFormatOfAFilteredPosition(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]string{"": `{"format":"spillway position 1","keep":0}`, "size > 1": `{"format":"spillway filtered position 1","filter":"size \u003e 1","keep":0}`} {
		path := filepath.Join(t.TempDir(), "position")
		s, err := OpenFileStore(FileStoreConfig{Path: path, Filter: filter})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		if text, err := os.ReadFile(path); err != nil || string(text[checksumText:]) != want+"\n" {
			t.Errorf("%q: %s, %v, want %s", filter, text, err, want)
		}
	}
}

func TestFileStoreRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte("weather\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ path, says string }{
		{"", "the path is missing"},
		{filepath.Join(dir, "none", "position"), "no such file or directory"},
		{other, "position file " + other + ": its first line is none of a position file, or damaged"},
		{dir, "is a directory"},
	}
	for _, tt := range tests {
		if _, err := OpenFileStore(FileStoreConfig{Path: tt.path}); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: err = %v, want it to say %q", tt.path, err, tt.says)
		}
	}
	if text, err := os.ReadFile(other); string(text) != "weather\n" || err != nil {
		t.Errorf("the other file is now %q, %v", text, err)
	}
}

// TestFileStoreStaysSmall: the file is bounded, however much is saved.
func TestFileStoreStaysSmall(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "position")
	s := openStore(t, path)
	s.growth = 10_000
	const keep = 100
	largest := int64(0)
	for n := range 3000 {
		if err := s.Save(t.Context(), Progress{Handled: numbers(n, n+1), Keep: keep}); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		largest = max(largest, info.Size())
	}
	if largest > 12_000 {
		t.Errorf("the file had %d bytes", largest)
	}
	s.Close()
	got, err := openStore(t, path).Load(t.Context())
	if diff := cmp.Diff(numbers(2900, 3000), got.Handled); diff != "" || err != nil {
		t.Errorf("err %v, kept (-want +got):\n%s", err, diff)
	}
	if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the new file was left: %v", err)
	}
}

// TestFileStoreAfterAFailedWrite: nothing of it counts, and the next one does.
func TestFileStoreAfterAFailedWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "position")
	s := openStore(t, path)
	if err := s.Save(t.Context(), Progress{Handled: []string{"a"}, Keep: 9}); err != nil {
		t.Fatal(err)
	}
	working := s.file
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close()
	s.file = readOnly
	if err := s.Save(t.Context(), Progress{Handled: []string{"b"}, Keep: 9}); err == nil {
		t.Error("a failed write is no error")
	}
	s.file = working
	if err := s.Save(t.Context(), Progress{Handled: []string{"c"}, Keep: 9}); err != nil {
		t.Error(err)
	}
	s.Close()
	got, err := openStore(t, path).Load(t.Context())
	if diff := cmp.Diff([]string{"a", "c"}, got.Handled); diff != "" || err != nil {
		t.Errorf("err %v, kept (-want +got):\n%s", err, diff)
	}
}

// TestFileStoreSyncs: by the first save after SyncEvery and on closing, what the
// events were written to first.
func TestFileStoreSyncs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		every time.Duration
		want  int // of making the file, five saves, and closing
	}{
		"each save": {-1, 6}, "seldom": {time.Hour, 2},
	} {
		synced := 0
		var refusal error
		config := FileStoreConfig{Path: filepath.Join(t.TempDir(), "position"), SyncEvery: tt.every}
		config.BeforeSync = func() error {
			synced++
			return refusal
		}
		s, err := OpenFileStore(config)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := s.Save(t.Context(), Progress{Keep: 1}); err != nil {
				t.Error(err)
			}
		}
		if err := s.Close(); synced != tt.want || err != nil {
			t.Errorf("%s: %d syncs, want %d; err %v", name, synced, tt.want, err)
		}
		refusal = errors.New("the disk is gone")
		config.SyncEvery = -1
		if s, err = OpenFileStore(config); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := s.Save(t.Context(), Progress{Keep: 1}); !errors.Is(err, refusal) {
				t.Errorf("%s: save: %v, want the refusal, also the second time", name, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkFileStoreSave(b *testing.B) {
	for name, every := range map[string]time.Duration{"sync each second": DefaultSyncEvery, "sync each save": -1} {
		b.Run(name, func(b *testing.B) {
			s, err := OpenFileStore(FileStoreConfig{Path: filepath.Join(b.TempDir(), "position"), SyncEvery: every})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			cursor := newCursor(cursorAt(142, true))
			n := 0
			for b.Loop() {
				n++
				p := Progress{cursor, []string{fmt.Sprintf("0:49645012345678901234567890123456789012345678901234%06d:0", n)}, DefaultDedupWindow}
				if err := s.Save(b.Context(), p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
