package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spillway/spillway/pkg/client"
)

// durableName is what a position may be called; the length leaves room for what is
// added to make file names.
const durableName = `^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`

// positionPath returns where the position called name is kept: at name if that is a
// path, else among the user's state. It is empty without a name.
func positionPath(getenv func(string) string, name string) (string, error) {
	switch {
	case name == "":
		return "", nil
	case strings.ContainsRune(name, '/') || strings.ContainsRune(name, filepath.Separator):
		if strings.HasSuffix(name, "/") || strings.HasSuffix(name, string(filepath.Separator)) {
			return "", fmt.Errorf("--durable is %q, which is a directory; must be a name, or the path of a file", name)
		}
		return filepath.Clean(name), nil
	case !regexp.MustCompile(durableName).MatchString(name):
		return "", fmt.Errorf("--durable is %.200q, must be a name of at most 100 letters, digits, dots, dashes and underscores, the first a letter, a digit or an underscore, or a path with a slash", name)
	}
	state := getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // which is to be ignored, says the XDG specification
		home := getenv("HOME")
		if !filepath.IsAbs(home) {
			return "", errors.New("--durable: there is no directory for a name, since neither XDG_STATE_HOME nor HOME is an absolute path; give a path with a slash")
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "spillway", name+".position"), nil
}

// openPosition opens the position at path, and makes its directory; without a path,
// there is none.
// stdout, if it is a file, is brought to the disk before the position is.
func openPosition(path string, sub client.Subscription, stdout io.Writer) (*client.FileStore, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no position is asked for
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	config := client.FileStoreConfig{Path: path, Patterns: sub.Patterns, Filter: sub.Filter}
	if out, _, err := regularFile(stdout); err != nil {
		return nil, err
	} else if out != nil {
		config.BeforeSync = out.Sync
	}
	store, err := client.OpenFileStore(config)
	var other *client.PatternsError
	if errors.As(err, &other) {
		return nil, usageError{err}
	}
	return store, err
}

// regularFile returns w with its size if it is a file on a disk, else nil.
func regularFile(w io.Writer) (*os.File, int64, error) {
	f, ok := w.(*os.File)
	if !ok {
		return nil, 0, nil
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// endTornLine ends the line that a process before this one was killed in, so that
// it does not spoil the next. Only a file that is appended to can have one.
func endTornLine(stdout io.Writer) error {
	out, size, err := regularFile(stdout)
	if err != nil || size == 0 {
		return err
	}
	// What a shell opens to append may not be read, but opened again.
	again, err := os.Open(fmt.Sprintf("/dev/fd/%d", out.Fd()))
	if err != nil {
		return nil // whoever may write and not read has to see to it
	}
	defer again.Close()
	var last [1]byte
	if _, err := again.ReadAt(last[:], size-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = out.WriteString("\n")
	return err
}
