package mockcognito

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// stateVersion changes when the file's form does; another version is refused, not guessed at.
const stateVersion = 1

// maxStateFile bounds the state file: 20 pools of 1,000 clients and 4 keys each are below 4 MiB.
const maxStateFile = 8 << 20

// stateMode keeps private keys and client secrets from other users.
const stateMode fs.FileMode = 0o600

// state is the content of the state file.
type state struct {
	Version int                   `json:"version"`
	Pools   map[string]*poolState `json:"pools"`
}

// poolState is what was generated for the pool of that name. Keys are newest first: the pair in use, then the
// previous one, which is still published.
type poolState struct {
	ID         string                  `json:"id,omitempty"`
	IDKeys     []string                `json:"id_keys,omitempty"`
	AccessKeys []string                `json:"access_keys,omitempty"`
	Clients    map[string]*clientState `json:"clients,omitempty"`
}

type clientState struct {
	ID     string `json:"id,omitempty"`
	Secret string `json:"secret,omitempty"`
}

func emptyState() *state {
	return &state{Version: stateVersion, Pools: map[string]*poolState{}}
}

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

func decodeState(data []byte) (*state, error) {
	s := emptyState()
	s.Version = 0
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(s); err != nil {
		return nil, fmt.Errorf("not the JSON this program writes: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not the JSON this program writes: something follows the object")
	}
	if s.Version != stateVersion {
		return nil, fmt.Errorf("version: is %d, must be %d", s.Version, stateVersion)
	}
	if s.Pools == nil {
		s.Pools = map[string]*poolState{}
	}
	v := newValidator()
	for _, name := range slices.Sorted(maps.Keys(s.Pools)) {
		s.Pools[name].check(v, fmt.Sprintf("pools[%q]", name))
	}
	if len(v.list) > 0 {
		return nil, errors.New(strings.Join(v.list, "; "))
	}
	return s, nil
}

func (p *poolState) check(v *validator, path string) {
	if p == nil {
		v.add(path, "must not be null")
		return
	}
	if p.ID != "" {
		v.text(path+".id", p.ID, v.rules.poolID)
	}
	if len(p.IDKeys) != len(p.AccessKeys) || len(p.IDKeys) > 2 {
		v.add(path, "must have as many id_keys as access_keys, at most 2, has %d and %d", len(p.IDKeys), len(p.AccessKeys))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Clients)) {
		c, at := p.Clients[name], fmt.Sprintf("%s.clients[%q]", path, name)
		if c == nil {
			v.add(at, "must not be null")
			continue
		}
		if c.ID != "" {
			v.text(at+".id", c.ID, v.rules.clientID)
		}
		if c.Secret != "" {
			v.secret(at+".secret", c.Secret)
		}
	}
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

// pool returns the entry of the pool with that name, which it adds if it is not there.
func (s *state) pool(name string) *poolState {
	p := s.Pools[name]
	if p == nil {
		p = &poolState{}
		s.Pools[name] = p
	}
	if p.Clients == nil {
		p.Clients = map[string]*clientState{}
	}
	return p
}

func (p *poolState) client(name string) *clientState {
	c := p.Clients[name]
	if c == nil {
		c = &clientState{}
		p.Clients[name] = c
	}
	return c
}

// keyPairs decodes the keys, newest first.
func (p *poolState) keyPairs() ([]keyPair, error) {
	pairs := make([]keyPair, len(p.IDKeys))
	for i := range pairs {
		var err error
		if pairs[i].id, err = parseSigningKey(p.IDKeys[i]); err != nil {
			return nil, fmt.Errorf("id_keys[%d] %w", i, err)
		}
		if pairs[i].access, err = parseSigningKey(p.AccessKeys[i]); err != nil {
			return nil, fmt.Errorf("access_keys[%d] %w", i, err)
		}
	}
	return pairs, nil
}

func (p *poolState) setKeyPairs(pairs []keyPair) error {
	ids, accesses := make([]string, len(pairs)), make([]string, len(pairs))
	for i, pair := range pairs {
		var err error
		if ids[i], err = pair.id.pem(); err != nil {
			return err
		}
		if accesses[i], err = pair.access.pem(); err != nil {
			return err
		}
	}
	p.IDKeys, p.AccessKeys = ids, accesses
	return nil
}
