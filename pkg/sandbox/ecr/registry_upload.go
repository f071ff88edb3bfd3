package ecr

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// upload is a blob that is coming.
type upload struct {
	id, repository, path string
	begun                int64 // the clock's time, to tell the oldest

	mu   sync.Mutex // guards what follows, and the file
	size int64
	over bool // completed, cancelled or given up
}

// serveUpload answers POST (begin), PATCH (more), PUT (complete), GET (how far) and DELETE (cancel).
func (s *Service) serveUpload(w http.ResponseWriter, r *http.Request, at place) error {
	if r.Method == http.MethodPost {
		return s.beginUpload(w, r, at)
	}
	s.mu.Lock()
	up := s.uploads[at.ref]
	s.mu.Unlock()
	if up == nil || up.repository != at.name {
		return uploadUnknown()
	}
	up.mu.Lock()
	defer up.mu.Unlock()
	if up.over {
		return uploadUnknown()
	}
	switch r.Method {
	case http.MethodPatch:
		if err := s.appendTo(up, r); err != nil {
			return err
		}
		up.progress(w, http.StatusAccepted)
	case http.MethodPut:
		if err := s.appendTo(up, r); err != nil {
			return err
		}
		return s.completeUpload(w, up, r.URL.Query().Get("digest"))
	case http.MethodGet:
		up.progress(w, http.StatusNoContent)
	case http.MethodDelete:
		s.endUpload(up, up.size)
		w.WriteHeader(http.StatusNoContent)
	default:
		return unsupported(r)
	}
	return nil
}

// progress says how to go on. An empty upload has the range 0-0, as one of one byte does.
func (up *upload) progress(w http.ResponseWriter, status int) {
	w.Header().Set("Location", RegistryPrefix+up.repository+"/blobs/uploads/"+up.id)
	w.Header().Set("Range", "0-"+strconv.FormatInt(max(up.size-1, 0), 10))
	w.Header().Set("Docker-Upload-Uuid", up.id)
	w.WriteHeader(status)
}

// beginUpload makes an upload; with a digest the body is all of it.
func (s *Service) beginUpload(w http.ResponseWriter, r *http.Request, at place) error {
	up := &upload{id: uuid.NewString(), repository: at.name, begun: s.cfg.Clock().UnixNano()}
	up.path = filepath.Join(s.cfg.Dir, "uploads", up.id)
	f, err := os.OpenFile(up.path, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("begin an upload: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("begin an upload: %w", err)
	}
	if err := s.register(up); err != nil {
		return errors.Join(err, os.Remove(up.path))
	}
	up.mu.Lock()
	defer up.mu.Unlock()
	if digest := r.URL.Query().Get("digest"); digest != "" {
		if err := s.appendTo(up, r); err != nil {
			s.endUpload(up, up.size)
			return err
		}
		return s.completeUpload(w, up, digest)
	}
	up.progress(w, http.StatusAccepted)
	return nil
}

// register remembers an upload. If there are too many, the oldest that nobody writes to is given up for it.
func (s *Service) register(up *upload) error {
	s.mu.Lock()
	oldest := s.oldestIdle()
	full := len(s.uploads) >= maxUploads
	if !full || oldest != nil {
		s.uploads[up.id] = up
	}
	s.mu.Unlock()
	if oldest != nil {
		s.endUpload(oldest, oldest.size)
		oldest.mu.Unlock()
	} else if full {
		return wire(http.StatusTooManyRequests, "TOOMANYREQUESTS", "the sandbox takes at most %d uploads at a time", maxUploads)
	}
	return nil
}

// oldestIdle is the upload to give up when there are too many, locked; s.mu is held.
func (s *Service) oldestIdle() *upload {
	var oldest *upload
	if len(s.uploads) < maxUploads {
		return nil
	}
	for _, up := range s.uploads {
		if oldest != nil && up.begun >= oldest.begun || !up.mu.TryLock() {
			continue
		}
		if oldest != nil {
			oldest.mu.Unlock()
		}
		oldest = up
	}
	return oldest
}

// appendTo writes a request's body to an upload, whose mutex is held. One that breaks off leaves what has come, and a client
// that asks how far it is goes on from there; one that there is no room for is over.
func (s *Service) appendTo(up *upload, r *http.Request) error {
	if begin, _, ok := strings.Cut(r.Header.Get("Content-Range"), "-"); ok && begin != strconv.FormatInt(up.size, 10) {
		return wire(http.StatusRequestedRangeNotSatisfiable, "BLOB_UPLOAD_INVALID", "the upload is at %d, not at %s", up.size, begin)
	}
	f, err := os.OpenFile(up.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("write to an upload: %w", err)
	}
	w := &budgetWriter{s: s, f: f}
	_, err = io.Copy(w, r.Body)
	up.size += w.n
	if refused := new(wireError); errors.As(err, &refused) {
		s.endUpload(up, up.size)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write to an upload: %w", err)
	}
	return nil
}

// completeUpload makes a blob of an upload, whose mutex is held.
func (s *Service) completeUpload(w http.ResponseWriter, up *upload, digest string) error {
	if !digestExpr.MatchString(digest) {
		return wire(http.StatusBadRequest, "DIGEST_INVALID", "invalid digest %s", digest)
	}
	f, err := os.Open(up.path)
	if err != nil {
		return fmt.Errorf("complete an upload: %w", err)
	}
	got, err := digestOf(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("complete an upload: %w", err)
	}
	if got != digest {
		s.endUpload(up, up.size)
		return wire(http.StatusBadRequest, "DIGEST_INVALID", "the upload has the digest %s, not %s", got, digest)
	}
	if err := s.adopt(up, digest); err != nil {
		return err
	}
	w.Header().Set("Location", RegistryPrefix+up.repository+"/blobs/"+digest)
	w.Header().Set("Docker-Content-Digest", digest)
	w.WriteHeader(http.StatusCreated)
	return nil
}

// adopt moves a whole upload, whose mutex is held, to the blobs, unless it is there.
func (s *Service) adopt(up *upload, digest string) error {
	s.mu.Lock()
	repo, err := s.repository(up.repository)
	if _, there := s.blobs[digest]; err == nil && !there {
		if err = os.Rename(up.path, s.blobPath(digest)); err == nil {
			s.blobs[digest] = up.size
		}
		if err == nil {
			repo.layers[digest] = true
			delete(s.uploads, up.id)
			up.over = true
			s.mu.Unlock()
			return nil
		}
	}
	if err == nil {
		repo.layers[digest] = true
	}
	s.mu.Unlock()
	s.endUpload(up, up.size)
	return err
}

// endUpload forgets an upload, whose mutex is held, and gives its bytes back.
func (s *Service) endUpload(up *upload, size int64) {
	if up.over {
		return
	}
	up.over = true
	_ = os.Remove(up.path) // it stays on the disk until the next start
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.uploads, up.id)
	s.used -= size
}
