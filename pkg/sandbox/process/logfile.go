package process

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// DefaultLogBytes is the size at which a log file is rotated: enough to look back on a day of a quiet service, little
// enough that a dozen services fill no disk.
const DefaultLogBytes = 8 << 20

// rotatedSuffix names the one older generation that is kept.
const rotatedSuffix = ".1"

// LogFile is an append-only file that is renamed to its name with ".1" and begun anew when it would grow beyond a size,
// so it never takes more than twice that size on disk.
type LogFile struct {
	path string
	max  int64

	mu   sync.Mutex // guards file, size
	file *os.File
	size int64
}

// OpenLogFile opens the log file at path for appending, and makes its directory. maxBytes <= 0 means
// [DefaultLogBytes].
func OpenLogFile(path string, maxBytes int64) (*LogFile, error) {
	if maxBytes <= 0 {
		maxBytes = DefaultLogBytes
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l := &LogFile{path: path, max: maxBytes}
	if err := l.open(); err != nil {
		return nil, err
	}
	return l, nil
}

// Path is where the current generation is.
func (l *LogFile) Path() string { return l.path }

func (l *LogFile) open() error {
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return fmt.Errorf("open log: %w", err)
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write appends p; a single write is never split over two generations.
func (l *LogFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return 0, os.ErrClosed
	}
	if l.size > 0 && l.size+int64(len(p)) > l.max {
		if err := l.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(p)
	l.size += int64(n)
	return n, err
}

func (l *LogFile) rotate() error {
	err := l.file.Close()
	l.file = nil
	if err != nil {
		return fmt.Errorf("rotate log: %w", err)
	}
	if err := os.Rename(l.path, l.path+rotatedSuffix); err != nil {
		return fmt.Errorf("rotate log: %w", err)
	}
	return l.open()
}

// Close closes the file; a later Write fails.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// lastLineBytes bounds how much of a log is quoted in an error.
const lastLineBytes = 400

// lastLine is the last line that is not empty, at most lastLineBytes of it; "" if there is none.
func (l *LogFile) lastLine() string {
	file, err := os.Open(l.path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	tail := make([]byte, min(info.Size(), lastLineBytes))
	if _, err := file.ReadAt(tail, info.Size()-int64(len(tail))); err != nil && err != io.EOF {
		return ""
	}
	tail = bytes.TrimSpace(tail)
	return string(tail[bytes.LastIndexByte(tail, '\n')+1:])
}
