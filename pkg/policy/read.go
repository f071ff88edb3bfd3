package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v4"
)

// maxFileBytes bounds a file: ten thousand clients need half of it.
const maxFileBytes = 1 << 20

// Check says what is wrong with filters: of one, or of some that are all attached to one
// grant of a client, each of which it has been asked about before.
type Check func(filters []string) error

// Read reads a file. Its error lists all that is wrong with it, each with its path in
// the file, such as filters[2].pattern; check is asked about every filter, and about all
// that a grant of some client has together, and may be nil.
func Read(path string, check Check) (*Policy, error) {
	data, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	return parse(path, data, check)
}

// readBounded reads a regular file; another kind could keep it waiting for ever. The
// error has the path.
func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("policy: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("policy: %s is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("policy: %w", err)
	case len(data) > maxFileBytes:
		return nil, fmt.Errorf("policy: %s is larger than %d bytes", path, maxFileBytes)
	}
	return data, nil
}

func parse(path string, data []byte, check Check) (*Policy, error) {
	root, err := document(data)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", path, err)
	}
	d := decoder{check: check, attached: map[attached]string{}}
	p := d.policy(root)
	if len(d.mistakes) > 0 {
		return nil, fmt.Errorf("policy %s: %w", path, d.mistakes)
	}
	return p, nil
}

// document returns the one YAML document that data is.
func document(data []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var root, second yaml.Node
	switch err := loader.Load(&root); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("it is empty: {} is a policy that decides nothing")
	case err != nil:
		return nil, fmt.Errorf("it is no YAML (a pattern that begins with * or > needs quotes): %w", err)
	}
	if err := loader.Load(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the first document")
	}
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		return root.Content[0], nil
	}
	return &root, nil
}
