package sandbox

import (
	"path/filepath"

	"github.com/spillway/spillway/pkg/sandbox/lambda"
)

// mappingStore is where event source mappings are kept, or nil if they are not.
func (s *Sandbox) mappingStore() (lambda.MappingStore, error) {
	if !s.cfg.Persist {
		return nil, nil //nolint:nilnil // no store is what the configuration asks for
	}
	return lambda.NewMappingFiles(filepath.Join(s.cfg.StateDir, "lambda", "mappings"))
}
