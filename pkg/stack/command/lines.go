package command

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// maxLine is the longest line that is kept together; a longer one is broken, so that a program that writes no line
// ends fills no memory.
const maxLine = 64 << 10

// Lines merges the output of several programs line by line. The zero value is not usable: see [NewLines].
type Lines struct {
	mu  sync.Mutex // guards out and the pending text of every writer
	out io.Writer
}

// NewLines returns Lines that write to out.
func NewLines(out io.Writer) *Lines { return &Lines{out: out} }

// Writer returns a writer that puts name before each of its lines, padded to width. Close writes a last line without
// an end.
func (l *Lines) Writer(name string, width int) io.WriteCloser {
	return &lineWriter{lines: l, prefix: fmt.Sprintf("%-*s | ", width, name)}
}

type lineWriter struct {
	lines   *Lines
	prefix  string
	pending []byte
}

// Write writes the lines that p completes.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.lines.mu.Lock()
	defer w.lines.mu.Unlock()
	w.pending = append(w.pending, p...)
	for {
		end := bytes.IndexByte(w.pending, '\n') + 1
		if end == 0 && len(w.pending) <= maxLine {
			return len(p), nil
		}
		if end == 0 || end > maxLine {
			end = maxLine
		}
		if err := w.line(w.pending[:end]); err != nil {
			return 0, err
		}
		w.pending = w.pending[end:]
	}
}

// line writes text as one line.
func (w *lineWriter) line(text []byte) error {
	_, err := fmt.Fprintf(w.lines.out, "%s%s\n", w.prefix, bytes.TrimRight(text, "\r\n"))
	return err
}

// Close writes what is left.
func (w *lineWriter) Close() error {
	w.lines.mu.Lock()
	defer w.lines.mu.Unlock()
	if len(w.pending) == 0 {
		return nil
	}
	err := w.line(w.pending)
	w.pending = nil
	return err
}
