package journal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/journal"
)

func record(index uint64, size int) journal.Record {
	return journal.Record{Index: index, Arrived: int64(index) * 10, Encrypted: index%2 == 0, Key: "k", Data: bytes.Repeat([]byte{byte(index)}, size)}
}

// reopen gives what a log holds after its process has gone.
func reopen(t *testing.T, dir string) (*journal.Log, []journal.Record, uint64) {
	t.Helper()
	var got []journal.Record
	l, next, err := journal.Open(dir, func(r journal.Record) { got = append(got, r) })
	if err != nil {
		t.Fatal(err)
	}
	return l, got, next
}

func TestLogSurvives(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "shard")
	var want []journal.Record
	for i := range uint64(3) { // three processes
		l, got, next := reopen(t, dir)
		if diff := cmp.Diff(want, got); diff != "" || next != i*2 {
			t.Fatalf("process %d goes on with %d (-want +got):\n%s", i, next, diff)
		}
		batch := []journal.Record{record(next, 0), record(next+1, 100)}
		if err := l.Append(batch); err != nil {
			t.Fatal(err)
		}
		want = append(want, batch...)
	}
}

// TestLogCutsWhatACrashLeft cuts and spoils the file at every byte of the last record.
func TestLogCutsWhatACrashLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, _, _ := reopen(t, dir)
	if err := l.Append([]journal.Record{record(1, 5), record(2, 5)}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "00000000000000000001.log")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := len(whole) / 2; cut < len(whole); cut++ {
		spoilt := bytes.Clone(whole)
		spoilt[cut] ^= 1
		for _, raw := range [][]byte{whole[:cut], spoilt} {
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			l, got, next := reopen(t, dir)
			if len(got) != 1 || next != 2 {
				t.Fatalf("cut at %d: %d records, next %d", cut, len(got), next)
			}
			if err := l.Append([]journal.Record{record(next, 7)}); err != nil {
				t.Fatal(err)
			}
			if _, got, _ := reopen(t, dir); len(got) != 2 || len(got[1].Data) != 7 {
				t.Fatalf("cut at %d, appended: %d records", cut, len(got))
			}
		}
	}
}

func TestLogDropsSegments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, _, _ := reopen(t, dir)
	for i := range uint64(20) {
		if err := l.Append([]journal.Record{record(i, 1<<20)}); err != nil {
			t.Fatal(err)
		}
	}
	files := func() int {
		names, err := filepath.Glob(filepath.Join(dir, "*.log"))
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	if n := files(); n != 3 {
		t.Errorf("20 MiB are in %d segments", n)
	}
	if err := l.DropBefore(10); err != nil {
		t.Fatal(err)
	}
	if _, got, _ := reopen(t, dir); len(got) == 20 || got[0].Index > 10 {
		t.Errorf("after the first 10 were dropped: %d records from %d on", len(got), got[0].Index)
	}
	if err := l.DropBefore(20); err != nil {
		t.Fatal(err)
	}
	if _, _, next := reopen(t, dir); files() != 1 || next != 20 {
		t.Errorf("after all were dropped: %d segments, next %d", files(), next)
	}
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := l.Append([]journal.Record{record(20, 1)}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("append to a log that was stopped: %v", err)
	}
}

func TestLogRefusesDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"00000000000000000001.log": "damage", "00000000000000000009.log": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := journal.Open(dir, func(journal.Record) {}); err == nil {
		t.Error("damage amid the log is taken")
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	held, err := journal.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Lock(dir); err == nil {
		t.Error("two hold the lock")
	}
	held.Close()
	again, err := journal.Lock(dir)
	if err != nil {
		t.Errorf("the lock cannot be taken again: %v", err)
	}
	again.Close()
}

func TestReplace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"a", "bb"} {
		if err := journal.Replace(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	if names, _ := filepath.Glob(path + ".*"); names != nil {
		t.Errorf("left over: %v", names)
	}
	if err := journal.Replace(filepath.Join(path, "none"), nil); err == nil {
		t.Error("a file is a directory")
	}
}

// FuzzLog opens segments of arbitrary bytes: it cuts or refuses, and what it replays can be appended to.
func FuzzLog(f *testing.F) {
	dir := f.TempDir()
	l, _, err := journal.Open(dir, func(journal.Record) {})
	if err != nil {
		f.Fatal(err)
	}
	if err := l.Append([]journal.Record{record(1, 3), record(2, 0)}); err != nil {
		f.Fatal(err)
	}
	seed, err := os.ReadFile(filepath.Join(dir, "00000000000000000001.log"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte{0, 0, 0, 19, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "00000000000000000001.log"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		l, got, next := reopen(t, dir)
		if err := l.Append([]journal.Record{record(next, 1)}); err != nil {
			t.Fatal(err)
		}
		if _, again, _ := reopen(t, dir); len(again) != len(got)+1 {
			t.Errorf("%d records, then %d", len(got), len(again))
		}
	})
}
