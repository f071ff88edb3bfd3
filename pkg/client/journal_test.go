package client

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// line returns v as a line of a journal.
func line(t testing.TB, v any) string {
	t.Helper()
	text, err := appendLine(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func diffStates(want, got Checkpoint) string {
	return cmp.Diff(want, got, cmpopts.EquateComparable(Cursor{}), cmpopts.EquateEmpty())
}

func headOf(patterns ...string) journalHead {
	return journalHead{Format: journalFormat, Patterns: patterns}
}

func TestDecodeJournal(t *testing.T) {
	t.Parallel()
	cursor := newCursor(cursorAt(142, true))
	head := line(t, headOf("weather.>"))
	a := line(t, journalLine{Handled: []string{"a", "b"}, Keep: 3})
	b := line(t, journalLine{Handled: []string{"c", "d"}, Cursor: cursor, Keep: 3})
	tests := []struct {
		name, text string
		want       Checkpoint
		intact     int
	}{
		{"new", head, Checkpoint{}, len(head)},
		{"keeps the last", head + a + b, Checkpoint{cursor, []string{"b", "c", "d"}}, len(head + a + b)},
		{"cut short", head + a + b[:len(b)-1], Checkpoint{Handled: []string{"a", "b"}}, len(head + a)},
		{"zeros after a power cut", head + a + strings.Repeat("\x00", 5000), Checkpoint{Handled: []string{"a", "b"}}, len(head + a)},
		{"rubbish at the end", head + a + "x\ny\n", Checkpoint{Handled: []string{"a", "b"}}, len(head + a)},
	}
	for _, tt := range tests {
		j, err := decodeJournal([]byte(tt.text))
		if diff := diffStates(tt.want, j.state); diff != "" || err != nil {
			t.Errorf("%s: err %v, state (-want +got):\n%s", tt.name, err, diff)
		}
		if j.size != tt.intact || !slices.Equal(j.patterns, []string{"weather.>"}) {
			t.Errorf("%s: %d bytes intact, want %d; patterns %v", tt.name, j.size, tt.intact, j.patterns)
		}
	}
}

func TestDecodeJournalRefuses(t *testing.T) {
	t.Parallel()
	head, a := line(t, headOf()), line(t, journalLine{Handled: []string{"a"}, Keep: 3})
	flipped := strings.Replace(a, `"a"`, `"b"`, 1)
	tests := []struct{ name, text, says string }{
		{"empty", "", "it is empty"},
		{"another file", "c1.CgRiYXNlEgEC\n", "its first line is none of a position file"},
		{"a head that was cut short", head[:len(head)-1], "its first line is none"},
		{"a head that was changed", strings.Replace(head, "spillway", "spillwax", 1) + a, "its first line is none"},
		{"another format", line(t, journalHead{Format: "spillway position 2"}), `its format is "spillway position 2", must be "spillway position 1"`},
		{"a filter where there is none", line(t, journalHead{Format: journalFormat, Filter: "size > 1"}), `must be "spillway filtered position 1"`},
		{"no filter where there is one", line(t, journalHead{Format: filteredFormat}), `must be "spillway position 1"`},
		{"damage before intact lines", head + flipped + a, "it is damaged at byte 51, and what follows is intact"},
		{"a negative number", head + line(t, journalLine{Keep: -1}), "the line at byte 51: keep is -1"},
		{"no object", head + line(t, 7), "the line at byte 51: json: "},
		{"no cursor", head + line(t, map[string]string{"cursor": "c1._w"}), "the line at byte 51: cursor is damaged"},
	}
	for _, tt := range tests {
		if _, err := decodeJournal([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: err = %v, want it to say %q", tt.name, err, tt.says)
		}
	}
}

// TestKilledAtAnyByte: whatever of the unsynced bytes is left after a crash, the
// file gives the state after some of the saves, all the synced ones among them, and
// it can be gone on with.
func TestKilledAtAnyByte(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		file := &journalFile{path: filepath.Join(dir, rapid.StringMatching(`[a-z]{12}`).Draw(rt, "name"))}
		defer file.remove()
		for range rapid.IntRange(1, 6).Draw(rt, "lives") {
			file.live(rt)
		}
	})
}

// journalFile is a file and what must be in it, after some number of bytes.
type journalFile struct {
	path   string
	next   int
	states []stateAt // ascending; the first is what is synced
}

type stateAt struct {
	size  int64
	state Checkpoint
}

func (f *journalFile) remove() {
	for _, suffix := range []string{"", ".lock", ".new"} {
		_ = os.Remove(f.path + suffix) // not all of them are there
	}
}

// live opens the file, checks it, saves some times and dies.
func (f *journalFile) live(rt *rapid.T) {
	store, err := OpenFileStore(FileStoreConfig{Path: f.path, Patterns: []string{"weather.>"}})
	if err != nil {
		rt.Fatalf("open: %v", err)
	}
	defer store.Close() // of the lock: the file is written below
	store.growth = 500
	if len(f.states) == 0 {
		f.states = []stateAt{{store.size, Checkpoint{}}}
	}
	want := f.states[len(f.states)-1]
	if diff := diffStates(want.state, store.state); diff != "" || store.size != want.size {
		rt.Fatalf("state of %d bytes, want %d (-want +got):\n%s", store.size, want.size, diff)
	}
	f.states = []stateAt{want}
	for range rapid.IntRange(0, 12).Draw(rt, "saves") {
		f.save(rt, store)
	}
	f.die(rt)
}

// save saves a progress, sometimes with a sync.
func (f *journalFile) save(rt *rapid.T, store *FileStore) {
	store.config.SyncEvery = DefaultSyncEvery * 1000
	if rapid.IntRange(0, 5).Draw(rt, "sync") == 0 {
		store.config.SyncEvery = -1
	}
	p := Progress{Keep: rapid.IntRange(1, 20).Draw(rt, "keep")}
	for range rapid.IntRange(0, 4).Draw(rt, "ids") {
		f.next++
		p.Handled = append(p.Handled, strings.Repeat("x", f.next%7)+numbers(f.next, f.next+1)[0])
	}
	if rapid.Bool().Draw(rt, "moved") {
		p.Cursor = newCursor(cursorAt(f.next, true))
	}
	file, before := store.file, Checkpoint{store.state.Cursor, slices.Clone(store.state.Handled)}
	after := Checkpoint{before.Cursor, slices.Clone(before.Handled)}
	after.Apply(p)
	if err := store.Save(rt.Context(), p); err != nil {
		rt.Fatalf("save: %v", err)
	}
	if store.file != file { // it was written anew, which is synced, and then p
		f.states = []stateAt{{store.base, before}}
	}
	f.states = append(f.states, stateAt{store.size, after})
	if store.synced {
		f.states = f.states[len(f.states)-1:]
	}
}

// die leaves any number of the bytes that were not synced, and perhaps rubbish.
func (f *journalFile) die(rt *rapid.T) {
	text, err := os.ReadFile(f.path)
	if err != nil {
		rt.Fatal(err)
	}
	last := f.states[len(f.states)-1].size
	if int64(len(text)) != last {
		rt.Fatalf("the file has %d bytes, want %d", len(text), last)
	}
	left := rapid.Int64Range(f.states[0].size, last).Draw(rt, "left")
	text = append(text[:left], rapid.SampledFrom([]string{"", "\x00\x00\x00", "x\n"}).Draw(rt, "rubbish")...)
	if err := os.WriteFile(f.path, text, 0o600); err != nil {
		rt.Fatal(err)
	}
	for f.states[len(f.states)-1].size > left {
		f.states = f.states[:len(f.states)-1]
	}
}

func FuzzDecodeJournal(f *testing.F) {
	head := line(f, headOf("weather.>"))
	whole := head + line(f, journalLine{Handled: []string{"a", "b"}, Cursor: newCursor(cursorAt(1, true)), Keep: 3})
	for _, seed := range []string{"", head, whole, whole[:len(whole)-3], whole + "\x00\x00", head + "00000000 {}\n" + whole, "00000000 \n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		j, err := decodeJournal(text)
		if err != nil {
			return
		}
		if j.base <= 0 || j.size < j.base || j.size > len(text) {
			t.Fatalf("base %d and size %d of %d bytes", j.base, j.size, len(text))
		}
		again, err := decodeJournal(text[:j.size])
		if diff := cmp.Diff(j, again, cmp.AllowUnexported(journal{}), cmpopts.EquateComparable(Cursor{})); diff != "" || err != nil {
			t.Fatalf("without what was cut short: err %v (-with +without):\n%s", err, diff)
		}
	})
}
