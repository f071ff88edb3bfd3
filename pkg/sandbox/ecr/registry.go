package ecr

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// RegistryPrefix begins the paths of the registry.
const RegistryPrefix = "/v2/"

// serveRegistry answers the distribution specification's requests.
func (s *Service) serveRegistry(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	if err := s.registry(w, r); err != nil {
		refuse(w, err)
	}
}

func (s *Service) registry(w http.ResponseWriter, r *http.Request) error {
	if err := s.authorize(r); err != nil {
		if err.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="`+s.cfg.Endpoint+`",service="ecr.amazonaws.com"`)
		}
		return err
	}
	path := strings.TrimPrefix(r.URL.Path, RegistryPrefix)
	if path == "" {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	for _, kind := range []struct {
		mark  string
		serve func(http.ResponseWriter, *http.Request, place) error
	}{{"/blobs/uploads/", s.serveUpload}, {"/blobs/", s.serveBlob}, {"/manifests/", s.serveManifest}, {"/tags/list", s.serveTags}} {
		i := strings.LastIndex(path, kind.mark)
		if i < 0 {
			continue
		}
		at := place{name: path[:i], ref: path[i+len(kind.mark):]}
		s.mu.Lock()
		_, err := s.find("", at.name)
		s.mu.Unlock()
		if err != nil {
			return wire(http.StatusNotFound, "NAME_UNKNOWN", "%s", err.Message)
		}
		return kind.serve(w, r, at)
	}
	return wire(http.StatusNotFound, "UNSUPPORTED", "The sandbox's registry has no %s", r.URL.Path)
}

// place is what a path names: a repository that exists, and something of it.
type place struct{ name, ref string }

// refuse writes an error as the specification has it.
func refuse(w http.ResponseWriter, err error) {
	e := new(wireError)
	if !errors.As(err, &e) {
		e = wire(http.StatusInternalServerError, "UNKNOWN", "%v", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.status)
	_ = json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]string{{"code": e.code, "message": e.message}}})
}

func unsupported(r *http.Request) error {
	return wire(http.StatusMethodNotAllowed, "UNSUPPORTED", "%s is not supported here", r.Method)
}

// repository returns a repository that may have been deleted meanwhile; s.mu is held.
func (s *Service) repository(name string) (*repository, error) {
	r, err := s.find("", name)
	if err != nil {
		return nil, wire(http.StatusNotFound, "NAME_UNKNOWN", "%s", err.Message)
	}
	return r, nil
}
