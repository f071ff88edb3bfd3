package mockcognito

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// maxStateFile bounds the state file: 20 pools of 1,000 clients and 4 keys each are below 32 MiB.
const maxStateFile = 32 << 20

// stateMode keeps private keys and client secrets from other users.
const stateMode fs.FileMode = 0o600

// loadState reads the state file; one that does not exist yet is an empty state.
func loadState(path string) (*state, error) {
	if path == "" {
		return emptyState(), nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return emptyState(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("state file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("state file %s is not a regular file", path)
	}
	if open := info.Mode().Perm() &^ stateMode; open != 0 {
		return nil, fmt.Errorf("state file %s holds private keys but has mode %04o: chmod 600 it, or delete it to get new keys",
			path, info.Mode().Perm())
	}
	data, err := readBounded(path, maxStateFile)
	if err != nil {
		return nil, fmt.Errorf("state file: %w", err)
	}
	s, err := decodeState(data)
	if err != nil {
		return nil, fmt.Errorf("state file %s: %w", path, err)
	}
	return s, nil
}

// save replaces the file in one step, so that a crash leaves either the old or the new one.
func (s *state) save(path string) error {
	if path == "" {
		return nil
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	if len(data) >= maxStateFile {
		return fmt.Errorf("save state file: it would be larger than %d bytes", maxStateFile)
	}
	// CreateTemp makes the file with mode 0600.
	f, err := os.CreateTemp(filepath.Dir(path), ".mockcognito-state-*")
	if err != nil {
		return fmt.Errorf("save state file: %w", err)
	}
	err = writeAndClose(f, append(data, '\n'))
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("save state file: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

func writeAndClose(f *os.File, data []byte) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
