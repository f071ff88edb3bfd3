package lambda

import (
	"context"
	"maps"
)

// GetFunctionOutput is what GetFunction tells.
type GetFunctionOutput struct {
	Configuration FunctionConfiguration
	Code          FunctionCodeLocation
	Tags          map[string]string `json:",omitempty"`
	Concurrency   *Concurrency      `json:",omitempty"`
}

// FunctionCodeLocation says where code is stored.
type FunctionCodeLocation struct {
	RepositoryType string
	Location       string `json:",omitempty"`
}

// GetFunction describes a function, with its tags.
func (s *Service) GetFunction(_ context.Context, name string) (GetFunctionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(name)
	if e != nil {
		return GetFunctionOutput{}, e
	}
	out := GetFunctionOutput{
		Configuration: f.snapshot(), Code: FunctionCodeLocation{RepositoryType: "S3"}, Tags: maps.Clone(f.tags),
	}
	if f.reserved != nil {
		out.Concurrency = &Concurrency{ReservedConcurrentExecutions: *f.reserved}
	}
	return out, nil
}

// GetFunctionConfiguration describes a function.
func (s *Service) GetFunctionConfiguration(_ context.Context, name string) (FunctionConfiguration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, e := s.find(name)
	if e != nil {
		return FunctionConfiguration{}, e
	}
	return f.snapshot(), nil
}
