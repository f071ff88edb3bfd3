package mockcognito

import (
	"maps"
	"slices"
)

// with returns the state after the pools have become next instead of before. What it knows of pools that are in
// neither, because the configuration does not have them any more, it keeps: they may come back.
func (s *state) with(before, next *directory) (*state, error) {
	out := &state{Version: stateVersion, Pools: maps.Clone(s.Pools), Created: maps.Clone(s.Created)}
	for _, p := range before.pools {
		delete(out.Created, p.id)
	}
	for _, p := range next.pools {
		if p.origin == fromConfig {
			generated, err := s.pool(p.key).with(p)
			if err != nil {
				return nil, err
			}
			out.Pools[p.key] = generated
		}
		created, err := createdStateOf(p)
		if err != nil {
			return nil, err
		}
		if created != nil {
			out.Created[p.id] = created
		}
	}
	return out, nil
}

// with returns what was generated for of. Clients that a request has deleted stay: the next start has them again.
func (p *poolState) with(of *pool) (*poolState, error) {
	keys, err := keyStateOf(of.keys)
	if err != nil {
		return nil, err
	}
	out := &poolState{keyState: keys, Clients: maps.Clone(p.Clients)}
	if of.generatedID {
		out.ID = of.id
	}
	for _, c := range of.clients {
		if c.origin == fromConfig {
			out.Clients[c.key] = clientStateOf(c)
		}
	}
	return out, nil
}

func clientStateOf(c *client) *clientState {
	out := &clientState{}
	if c.generatedID {
		out.ID = c.id
	}
	added := slices.DeleteFunc(slices.Clone(c.secrets), func(s secret) bool { return s.configured })
	if c.generatedSecret && len(added) > 0 {
		out.Secret, out.Created = added[0].Value, added[0].Created
		added = added[1:]
	}
	if len(added) > 0 {
		out.Added = added
	}
	return out
}
