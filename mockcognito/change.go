package mockcognito

import (
	"fmt"
	"slices"
)

// directory is every pool at this moment.
func (s *Server) directory() *directory {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.dir
}

// change replaces the pools by what do makes of a copy of the list. If do fails or the state file cannot be saved,
// nothing has changed.
func (s *Server) change(do func(d *directory) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := &directory{pools: slices.Clone(s.dir.pools)}
	if err := do(next); err != nil {
		return err
	}
	return s.publish(next)
}

// changePool replaces a pool by what do makes of a copy of it. The copy shares slices and maps with the pool, which do
// must replace, not change. The error is [ErrUnknownPool], do's, or that the state file could not be saved; then
// nothing has changed.
func (s *Server) changePool(id string, do func(d *directory, p *pool) error) error {
	return s.change(func(d *directory) error {
		i := slices.IndexFunc(d.pools, func(p *pool) bool { return p.id == id })
		if i < 0 {
			return fmt.Errorf("%w %s", ErrUnknownPool, clip(id))
		}
		next := *d.pools[i]
		if err := do(d, &next); err != nil {
			return err
		}
		d.pools[i] = &next
		return nil
	})
}

// publish is called with mu held. Who reads sees next only once it is saved.
func (s *Server) publish(next *directory) error {
	if s.stateFile != "" {
		st, err := s.state.with(s.dir, next)
		if err == nil {
			err = st.save(s.stateFile)
		}
		if err != nil {
			return err
		}
		s.state = st
	}
	s.dir = next
	return nil
}

// replaced returns a copy of list with one element replaced.
func replaced[T any](list []T, i int, by T) []T {
	list = slices.Clone(list)
	list[i] = by
	return list
}

// without returns a copy of list without one element.
func without[T any](list []T, i int) []T {
	return slices.Delete(slices.Clone(list), i, i+1)
}
