package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/client"
)

const (
	// saveEvery bounds how often the file is written while events flow.
	saveEvery = time.Second
	// maxCursorFile is more than the longest cursor.
	maxCursorFile = 1 << 20
)

// cursorFile keeps the position of a subscription; with an empty path it keeps
// nothing.
type cursorFile struct {
	path    string
	saved   client.Cursor
	savedAt time.Time
}

// start returns the position in the file, or otherwise where there is none.
func (c *cursorFile) start(otherwise client.Start) (client.Start, error) {
	if c.path == "" {
		return otherwise, nil
	}
	info, err := os.Stat(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return otherwise, nil
	}
	if err != nil {
		return otherwise, err
	}
	if info.Size() > maxCursorFile {
		return otherwise, fmt.Errorf("cursor file %s is larger than %d bytes", c.path, maxCursorFile)
	}
	text, err := os.ReadFile(c.path)
	if err != nil {
		return otherwise, err
	}
	cursor, err := client.ParseCursor(strings.TrimSpace(string(text)))
	if err != nil {
		return otherwise, fmt.Errorf("cursor file %s: %w", c.path, err)
	}
	if cursor.IsZero() {
		return otherwise, nil
	}
	c.saved = cursor
	return client.After(cursor), nil
}

// saveNow saves unless it did so a moment ago.
func (c *cursorFile) saveNow(cursor client.Cursor, now time.Time) error {
	if now.Sub(c.savedAt) < saveEvery {
		return nil
	}
	c.savedAt = now
	return c.save(cursor)
}

// save replaces the file as a whole, so that it always holds a position.
func (c *cursorFile) save(cursor client.Cursor) error {
	if c.path == "" || cursor.IsZero() || cursor == c.saved {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(c.path), filepath.Base(c.path)+".*")
	if err != nil {
		return fmt.Errorf("keep the cursor: %w", err)
	}
	_, writeErr := f.WriteString(cursor.String() + "\n")
	err = errors.Join(writeErr, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), c.path)
	}
	if err != nil {
		return fmt.Errorf("keep the cursor: %w", errors.Join(err, os.Remove(f.Name())))
	}
	c.saved = cursor
	return nil
}
