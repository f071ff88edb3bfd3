package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// MappingStore keeps event source mappings and how far they are, so that a later service goes on with them
// ([Service.RestoreMappings]). Its methods may be called concurrently, though never for one mapping twice at once but for
// SaveMapping and SaveCheckpoints.
type MappingStore interface {
	eventsource.Saver
	// SaveMapping keeps a mapping's configuration, new or changed.
	SaveMapping(ctx context.Context, m StoredMapping) error
	// DeleteMapping forgets a mapping and its checkpoints; it need not exist.
	DeleteMapping(ctx context.Context, uuid string) error
	// Mappings are all that are kept.
	Mappings(ctx context.Context) ([]StoredMapping, error)
}

// StoredMapping is a mapping as a [MappingStore] keeps it.
type StoredMapping struct {
	Config  EventSourceMapping
	Enabled bool
	// Checkpoints are what was kept by SaveCheckpoints; SaveMapping leaves them alone.
	Checkpoints eventsource.Checkpoints `json:"-"`
}

// MappingFiles is a [MappingStore] in a directory: UUID.json and UUID.checkpoints.json for each mapping. A file is replaced
// as a whole or not at all; that the disk has it after a crash of the machine is not awaited.
type MappingFiles struct{ dir string }

// NewMappingFiles makes the directory if need be.
func NewMappingFiles(dir string) (*MappingFiles, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("directory of event source mappings: %w", err)
	}
	return &MappingFiles{dir: dir}, nil
}

const (
	configSuffix     = ".json"
	checkpointSuffix = ".checkpoints.json"
)

// SaveMapping implements [MappingStore].
func (f *MappingFiles) SaveMapping(_ context.Context, m StoredMapping) error {
	return f.write(m.Config.UUID+configSuffix, m)
}

// SaveCheckpoints implements [eventsource.Saver].
func (f *MappingFiles) SaveCheckpoints(_ context.Context, mappingID string, marks eventsource.Checkpoints) error {
	return f.write(mappingID+checkpointSuffix, marks)
}

// DeleteMapping implements [MappingStore].
func (f *MappingFiles) DeleteMapping(_ context.Context, id string) error {
	var errs []error
	for _, suffix := range []string{configSuffix, checkpointSuffix} {
		if err := os.Remove(filepath.Join(f.dir, id+suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Mappings implements [MappingStore].
func (f *MappingFiles) Mappings(context.Context) ([]StoredMapping, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	var out []StoredMapping
	for _, entry := range entries {
		id, isConfig := strings.CutSuffix(entry.Name(), configSuffix)
		if !isConfig || uuid.Validate(id) != nil { // checkpoints, or what is not ours
			continue
		}
		var m StoredMapping
		if err := f.read(entry.Name(), &m); err != nil {
			return nil, err
		}
		if err := f.read(id+checkpointSuffix, &m.Checkpoints); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func (f *MappingFiles) read(name string, into any) error {
	text, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (f *MappingFiles) write(name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	temp, err := os.CreateTemp(f.dir, name+".*")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), filepath.Join(f.dir, name)) //nolint:gosec // names are UUIDs of mappings
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name())) //nolint:gosec // likewise
	}
	return nil
}
