package cloudformation

import (
	"context"
	"path"
	"sync"
)

// sources are what an operation read before it began: the templates of its nested stacks by their address, and stored parameters
// by name. What was planned from them is what is carried out. It may be used concurrently.
type sources struct {
	mu         sync.Mutex // guards the maps
	templates  map[string]*template
	parameters map[string]string
}

func newSources() *sources {
	return &sources{templates: map[string]*template{}, parameters: map[string]string{}}
}

// template returns what was read from an address, nil where nothing was.
func (s *sources) template(address string) *template {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.templates[address]
}

// Parameter implements ParameterStore with what was read.
func (s *sources) Parameter(_ context.Context, name string) (string, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.parameters[name]
	return v, ok, nil
}

// recorder is a ParameterStore that keeps what it reads.
type recorder struct {
	store ParameterStore
	into  *sources
}

// Parameter implements ParameterStore.
func (r recorder) Parameter(ctx context.Context, name string) (string, bool, error) {
	if v, ok, err := r.into.Parameter(ctx, name); ok || err != nil || r.store == nil {
		return v, ok, err
	}
	v, ok, err := r.store.Parameter(ctx, name)
	if err == nil && ok {
		r.into.mu.Lock()
		defer r.into.mu.Unlock()
		r.into.parameters[name] = v
	}
	return v, ok, err
}

// nestedTemplate returns the template at an address, which it reads where nothing did before.
func (s *Service) nestedTemplate(ctx context.Context, src *sources, address string) (*template, error) {
	if t := src.template(address); t != nil {
		return t, nil
	}
	body, err := s.fetchTemplate(ctx, address)
	if err != nil {
		return nil, err
	}
	t, err := s.parseKnown(body)
	if err != nil {
		return nil, err
	}
	_, key, _ := bucketAndKey(address)
	t.source = path.Base(key)
	src.mu.Lock()
	defer src.mu.Unlock()
	src.templates[address] = t
	return t, nil
}
