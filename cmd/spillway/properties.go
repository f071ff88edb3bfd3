package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

const (
	propertiesName = "properties.yaml"
	// localProperties is where a local stack writes how to reach it.
	localProperties = ".spillway/" + propertiesName

	// maxPropertiesBytes is much more than the known keys need.
	maxPropertiesBytes = 64 << 10
)

// properties are the values of a properties file by key.
type properties map[string]string

// loadProperties reads the file at path, or the first of the default ones that
// exists; none is fine unless path names it.
func (p *program) loadProperties(path string) (properties, error) {
	if path != "" {
		return p.readProperties(path)
	}
	for _, path := range []string{propertiesName, localProperties} {
		file, err := p.readProperties(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return nil, nil
}

func (p *program) readProperties(path string) (properties, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxPropertiesBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxPropertiesBytes {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxPropertiesBytes)
	}
	file, err := parseProperties(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, s := range []setting{settingCAFile, settingCertFile, settingKeyFile, settingSecretFile} {
		if named := file[s.places().key]; named != "" && !filepath.IsAbs(named) {
			file[s.places().key] = filepath.Join(filepath.Dir(path), named)
		}
	}
	if file[settingSecret.places().key] != "" {
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		if err := guard(info, path, "a client secret", p.note); err != nil {
			return nil, err
		}
	}
	return file, nil
}

// parseProperties reads YAML: known keys with plain values. The error lists every
// mistake.
func parseProperties(text []byte) (properties, error) {
	if len(strings.TrimSpace(string(text))) == 0 {
		return nil, nil
	}
	var raw map[string]any
	if err := yaml.Load(text, &raw); err != nil {
		return nil, fmt.Errorf("must be YAML, one `key: value` per line%s", whereOf(err))
	}
	known := knownKeys()
	file := make(properties, len(raw))
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		value, ok := plain(raw[key])
		switch {
		case !slices.Contains(known, key):
			errs = append(errs, fmt.Errorf("%s is unknown; the known ones are %s", keyText(key), strings.Join(known, ", ")))
		case !ok:
			errs = append(errs, fmt.Errorf("key %s must have a text, true or false, or a list of texts", key))
		default:
			file[key] = value
		}
	}
	return file, errors.Join(errs...)
}

// whereOf tells in which line YAML is wrong. What the error says of it may be a secret.
func whereOf(err error) string {
	line := 0
	var one *yaml.LoadError
	var all *yaml.LoadErrors
	switch {
	case errors.As(err, &all) && len(all.Errors) > 0:
		line = all.Errors[0].Mark.Line
	case errors.As(err, &one):
		line = one.Mark.Line
	}
	if line < 1 {
		return ""
	}
	return fmt.Sprintf("; line %d is not", line)
}

// keyText names a key, unless it is rather a secret than one.
func keyText(key string) string {
	if len(key) > 30 || strings.ContainsFunc(key, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && r != '_' && r != '-' }) {
		return "a key that is no word"
	}
	return fmt.Sprintf("key %q", key)
}

// plain returns the text of a scalar, or of a list of them with blanks between.
func plain(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool, int:
		return fmt.Sprint(v), true
	case []any:
		var texts []string
		for _, e := range v {
			text, ok := e.(string)
			if !ok {
				return "", false
			}
			texts = append(texts, text)
		}
		return strings.Join(texts, " "), true
	}
	return "", false
}
