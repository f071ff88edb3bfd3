package mockcognito

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// stateVersion changes when the file's form does; another version is refused, not guessed at.
const stateVersion = 1

// state is the content of the state file.
type state struct {
	Version int `json:"version"`
	// Pools are those of the configuration, by name.
	Pools map[string]*poolState `json:"pools"`
	// Created is what requests to the API have made, by the id of the pool it belongs to.
	Created map[string]*createdState `json:"created,omitempty"`
}

// keyState are keys, newest first: the pair in use, then the previous one, which is still published.
type keyState struct {
	IDKeys     []string `json:"id_keys,omitempty"`
	AccessKeys []string `json:"access_keys,omitempty"`
}

// poolState is what was generated for a pool of the configuration.
type poolState struct {
	ID string `json:"id,omitempty"`
	keyState
	Clients map[string]*clientState `json:"clients,omitempty"`
}

// clientState is what was generated for a client of the configuration. Secret is its first one that is not configured,
// Added are those that AddUserPoolClientSecret has put beside it.
type clientState struct {
	ID      string    `json:"id,omitempty"`
	Secret  string    `json:"secret,omitempty"`
	Created time.Time `json:"secret_created,omitzero"`
	Added   []secret  `json:"added_secrets,omitempty"`
}

func emptyState() *state {
	return &state{Version: stateVersion, Pools: map[string]*poolState{}, Created: map[string]*createdState{}}
}

func decodeState(data []byte) (*state, error) {
	s := emptyState()
	s.Version = 0
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	dec.UseNumber()
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
	if s.Created == nil {
		s.Created = map[string]*createdState{}
	}
	v := newValidator()
	for _, id := range slices.Sorted(maps.Keys(s.Created)) {
		s.Created[id].check(v, fmt.Sprintf("created[%q]", id), id)
	}
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
	p.keyState.check(v, path)
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
		checkSecrets(v, at+".added_secrets", c.Added)
	}
}

func checkSecrets(v *validator, path string, secrets []secret) {
	v.atMost(path, len(secrets), maxSecrets)
	for i, s := range secrets {
		v.secret(fmt.Sprintf("%s[%d].value", path, i), s.Value)
	}
}

func (k keyState) check(v *validator, path string) {
	if len(k.IDKeys) != len(k.AccessKeys) || len(k.IDKeys) > 2 {
		v.add(path, "must have as many id_keys as access_keys, at most 2, has %d and %d", len(k.IDKeys), len(k.AccessKeys))
	}
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
func (k keyState) keyPairs() ([]keyPair, error) {
	pairs := make([]keyPair, len(k.IDKeys))
	for i := range pairs {
		var err error
		if pairs[i].id, err = parseSigningKey(k.IDKeys[i]); err != nil {
			return nil, fmt.Errorf("id_keys[%d] %w", i, err)
		}
		if pairs[i].access, err = parseSigningKey(k.AccessKeys[i]); err != nil {
			return nil, fmt.Errorf("access_keys[%d] %w", i, err)
		}
	}
	return pairs, nil
}

// keyStateOf encodes keys.
func keyStateOf(pairs []keyPair) (keyState, error) {
	k := keyState{IDKeys: make([]string, len(pairs)), AccessKeys: make([]string, len(pairs))}
	for i, pair := range pairs {
		var err error
		if k.IDKeys[i], err = pair.id.pem(); err != nil {
			return keyState{}, err
		}
		if k.AccessKeys[i], err = pair.access.pem(); err != nil {
			return keyState{}, err
		}
	}
	return k, nil
}
