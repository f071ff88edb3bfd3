package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"
)

const (
	// DefaultSyncEvery is how long a FileStore leaves what it saved to the operating
	// system before it makes sure that it is on the disk.
	DefaultSyncEvery = time.Second

	// compactAfter is how much a journal grows, at least, before it is written anew:
	// four times the ids of the default window, so that writing anew costs a fraction
	// of what was written since.
	compactAfter = 4 << 20
	// maxJournalBytes bounds what is read into memory: 1,000,000 ids twice over.
	maxJournalBytes = 256 << 20
)

// ErrStoreInUse is what OpenFileStore returns while another process, or this one,
// has the file open.
var ErrStoreInUse = errors.New("it is in use: one subscription at a time may keep its position there")

// FileStoreConfig says which file keeps the position of which subscription.
type FileStoreConfig struct {
	// Path is the file; its directory must exist. Beside it, Path.lock says that it is
	// in use, and stays.
	Path string
	// Patterns are those of the Subscription, in any order.
	Patterns []string
	// Filter is that of the Subscription, letter by letter.
	Filter string
	// SyncEvery is for how long a Save may be lost if the machine (not the process)
	// crashes: the file is synced by the first Save after that time, and by Close.
	// Zero means DefaultSyncEvery, less than zero that every Save syncs, which takes
	// milliseconds. What was saved and not synced comes again after such a crash.
	SyncEvery time.Duration
	// BeforeSync, if set, is called before the file is synced: to sync first what the
	// events were written to, so that a crash of the machine takes no event that counts
	// as handled. Its error is Save's.
	BeforeSync func() error
}

// FileStore is a Store in a file: an append-only journal that is written anew when
// it has grown. What Save has accepted survives the death of the process in any
// way. Its methods may be called by several goroutines, but it serves one Stream.
type FileStore struct {
	config FileStoreConfig
	lock   io.Closer
	growth int64 // compactAfter

	mu       sync.Mutex // guards what follows
	file     *os.File   // nil: closed
	state    Checkpoint
	keep     int
	base     int64 // bytes when it was written anew
	size     int64
	synced   bool
	syncedAt time.Time
	broken   error // nothing that was written since is known to be there
}

// OpenFileStore opens the file, or makes it, and locks it until Close or the end of
// the process. A file that is damaged, or is none of a FileStore, is an error; a
// last line that a crash cut short is not, it was never saved.
func OpenFileStore(config FileStoreConfig) (*FileStore, error) {
	if config.Path == "" {
		return nil, errors.New("position file: the path is missing")
	}
	if config.SyncEvery == 0 {
		config.SyncEvery = DefaultSyncEvery
	}
	config.Patterns = slices.Compact(slices.Sorted(slices.Values(config.Patterns)))
	lock, err := lockFile(config.Path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("position file %s: %w", config.Path, err)
	}
	s := &FileStore{config: config, lock: lock, growth: compactAfter}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

// open reads the file and goes on after its last intact line.
func (s *FileStore) open() error {
	text, err := readJournal(s.config.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return s.rewrite()
	}
	if err != nil {
		return err
	}
	j, err := decodeJournal(text)
	if err != nil {
		return fmt.Errorf("position file %s: %w", s.config.Path, err)
	}
	if !slices.Equal(j.patterns, s.config.Patterns) || j.filter != s.config.Filter {
		return &PatternsError{s.config.Path, j.patterns, s.config.Patterns, j.filter, s.config.Filter}
	}
	if s.file, err = os.OpenFile(s.config.Path, os.O_WRONLY, 0); err != nil {
		return err
	}
	s.state, s.keep, s.base, s.size = j.state, j.keep, int64(j.base), int64(j.size)
	if err := s.file.Truncate(s.size); err != nil {
		return errors.Join(err, s.file.Close())
	}
	return nil
}

func readJournal(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxJournalBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxJournalBytes {
		return nil, fmt.Errorf("position file %s is larger than %d bytes, which no position needs", path, maxJournalBytes)
	}
	return text, nil
}

// Load returns what the file has.
func (s *FileStore) Load(context.Context) (Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Checkpoint{s.state.Cursor, slices.Clone(s.state.Handled)}, nil
}

// Save appends p in one write. It does not wait for anything but the file, so it
// does not look at the ctx.
func (s *FileStore) Save(_ context.Context, p Progress) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.file == nil:
		return fmt.Errorf("position file %s is closed", s.config.Path)
	case s.broken != nil:
		return s.broken
	}
	if s.size-s.base > max(s.growth, s.base) {
		if err := s.rewrite(); err != nil {
			return fmt.Errorf("write %s anew: %w", s.config.Path, err)
		}
	}
	if err := s.append(p); err != nil {
		return err
	}
	s.state.Apply(p)
	s.keep = p.Keep
	if s.config.SyncEvery > 0 && time.Since(s.syncedAt) < s.config.SyncEvery {
		return nil
	}
	return s.sync()
}

// append writes p as a line. A write that failed leaves nothing that counts: the
// next one goes to the same place.
func (s *FileStore) append(p Progress) error {
	line, err := appendLine(nil, journalLine(p))
	if err != nil {
		return err
	}
	if s.size+int64(len(line)) > maxJournalBytes {
		return fmt.Errorf("position file %s would be larger than %d bytes: the window for repetitions is too long", s.config.Path, maxJournalBytes)
	}
	if _, err := s.file.WriteAt(line, s.size); err != nil {
		return errors.Join(err, s.file.Truncate(s.size))
	}
	s.size += int64(len(line))
	s.synced = false
	return nil
}

// sync makes sure that the file is on the disk. Whoever was told once that it is
// not must not be told by a second try that it is: the system may have dropped it.
func (s *FileStore) sync() error {
	err := s.beforeSync()
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		s.broken = err
		return err
	}
	s.synced, s.syncedAt = true, time.Now()
	return nil
}

func (s *FileStore) beforeSync() error {
	if s.config.BeforeSync == nil {
		return nil
	}
	return s.config.BeforeSync()
}

// rewrite replaces the file by one line with the state. At every moment, a whole
// file is there.
func (s *FileStore) rewrite() error {
	if err := s.beforeSync(); err != nil {
		return err
	}
	line := journalLine{s.state.Cursor, s.state.Handled, s.keep}
	text, err := appendLine(nil, journalHead{formatOf(s.config.Filter), s.config.Patterns, s.config.Filter, line})
	if err != nil {
		return err
	}
	fresh := s.config.Path + ".new"
	if err := writeSynced(fresh, text); err != nil {
		return err
	}
	if s.file != nil { // some systems do not replace a file that is open
		if err := s.file.Close(); err != nil {
			return err
		}
	}
	err = os.Rename(fresh, s.config.Path)
	if err == nil {
		err = syncDirectory(filepath.Dir(s.config.Path))
	}
	if err == nil {
		s.file, err = os.OpenFile(s.config.Path, os.O_WRONLY, 0)
	}
	if err != nil {
		s.broken = err
		return err
	}
	s.base, s.size = int64(len(text)), int64(len(text))
	s.synced, s.syncedAt = true, time.Now()
	return nil
}

func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDirectory makes sure that a name in it stays. Windows has no such call.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// Close syncs the file and gives it free. A second Close does nothing.
func (s *FileStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	defer func() { s.file = nil }()
	if s.broken != nil { // told by then; the file may be closed
		_ = s.file.Close()
		return s.lock.Close()
	}
	var err error
	if !s.synced {
		err = s.sync()
	}
	return errors.Join(err, s.file.Close(), s.lock.Close())
}
