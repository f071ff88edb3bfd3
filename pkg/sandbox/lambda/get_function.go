package lambda

import (
	"context"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
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

// GetFunction describes a function, with its tags. The location of its code is a URL of the sandbox.
func (s *Service) GetFunction(_ context.Context, name string) (GetFunctionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, r, e := s.resolve(name)
	if e != nil {
		return GetFunctionOutput{}, e
	}
	c, e := s.describe(name, r)
	if e != nil {
		return GetFunctionOutput{}, e
	}
	out := GetFunctionOutput{
		Configuration: c, Code: FunctionCodeLocation{RepositoryType: "S3"}, Tags: maps.Clone(f.tags),
	}
	if s.cfg.Endpoint != "" {
		out.Code.Location = s.cfg.Endpoint + archivePath + filepath.Base(archiveOf(r.taskRoot))
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
	_, r, e := s.resolve(name)
	if e != nil {
		return FunctionConfiguration{}, e
	}
	c, e := s.describe(name, r)
	if e != nil {
		return FunctionConfiguration{}, e
	}
	return c, nil
}

// archivePath begins the paths of archives, which are no part of AWS's API: there they are in S3.
const archivePath = "/2015-03-31/function-archives/"

// serveArchive sends an archive that a function has.
func (s *Service) serveArchive(w http.ResponseWriter, r *http.Request) {
	root := filepath.Join(s.codeDir(), strings.TrimSuffix(r.PathValue("archive"), archiveOf("")))
	s.mu.Lock()
	known := s.needs(root)
	s.mu.Unlock()
	if !known {
		errorf(codeNotFound, "The resource you requested does not exist.").write(w)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	http.ServeFile(w, r, archiveOf(root)) //nolint:gosec // only what a function has is served
}
