package ecr

import (
	"net/http"
	"os"
	"time"
)

// serveBlob answers whether a blob is there, and with it.
func (s *Service) serveBlob(w http.ResponseWriter, r *http.Request, at place) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return unsupported(r)
	}
	if !digestExpr.MatchString(at.ref) {
		return wire(http.StatusBadRequest, "DIGEST_INVALID", "invalid digest %s", at.ref)
	}
	s.mu.Lock()
	repo, err := s.repository(at.name)
	there := err == nil && repo.layers[at.ref]
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if !there {
		return blobUnknown(at.ref)
	}
	f, err := os.Open(s.blobPath(at.ref))
	if err != nil {
		return blobUnknown(at.ref) // deleted meanwhile
	}
	defer f.Close()
	w.Header().Set("Docker-Content-Digest", at.ref)
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}
