package ecr

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// serveTags lists the tags of a repository, of which there are at most MaxImages.
func (s *Service) serveTags(w http.ResponseWriter, r *http.Request, at place) error {
	if r.Method != http.MethodGet || at.ref != "" {
		return unsupported(r)
	}
	s.mu.Lock()
	repo, err := s.repository(at.name)
	tags := []string{}
	if err == nil {
		tags = slices.AppendSeq(tags, maps.Keys(repo.tags))
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	slices.Sort(tags)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"name": at.name, "tags": tags}) // or nobody is left to be told
	return nil
}
