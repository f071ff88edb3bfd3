package ecr

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// blobPath is where a blob is; its digest has been checked.
func (s *Service) blobPath(digest string) string {
	return filepath.Join(s.cfg.Dir, "blobs", strings.TrimPrefix(digest, "sha256:"))
}

// read returns a blob that fits into memory, as manifests and configurations do.
func (s *Service) read(digest string) ([]byte, error) {
	f, err := os.Open(s.blobPath(digest))
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", digest, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxManifestBytes+1))
	if err == nil && len(text) > maxManifestBytes {
		err = fmt.Errorf("larger than %d bytes", maxManifestBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", digest, err)
	}
	return text, nil
}

// keep makes a blob of bytes; s.mu is held.
func (s *Service) keep(text []byte) (string, error) {
	sum := sha256.Sum256(text)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	if _, ok := s.blobs[digest]; ok {
		return digest, nil
	}
	if !s.reserve(int64(len(text))) {
		return "", full(s.cfg.MaxBytes)
	}
	if err := os.WriteFile(s.blobPath(digest), text, 0o600); err != nil {
		s.used -= int64(len(text))
		return "", fmt.Errorf("keep blob %s: %w", digest, err)
	}
	s.blobs[digest] = int64(len(text))
	return digest, nil
}

// reserve counts bytes that are about to be written; s.mu is held.
func (s *Service) reserve(n int64) bool {
	if s.used+n > s.cfg.MaxBytes {
		return false
	}
	s.used += n
	return true
}

// sweep deletes the blobs that no repository has any more; s.mu is held.
func (s *Service) sweep() {
	used := map[string]bool{}
	for _, r := range s.repositories {
		for digest := range r.images {
			used[digest] = true
		}
		for digest := range r.layers {
			used[digest] = true
		}
	}
	for digest, size := range s.blobs {
		if !used[digest] {
			_ = os.Remove(s.blobPath(digest)) // it stays on the disk until the next start
			delete(s.blobs, digest)
			s.used -= size
		}
	}
}

// budgetWriter writes to a file as long as the budget lasts.
type budgetWriter struct {
	s *Service
	f io.Writer
	n int64 // written
}

func (w *budgetWriter) Write(p []byte) (int, error) {
	w.s.mu.Lock()
	ok := w.s.reserve(int64(len(p)))
	w.s.mu.Unlock()
	if !ok {
		return 0, full(w.s.cfg.MaxBytes)
	}
	n, err := w.f.Write(p)
	w.n += int64(n)
	return n, err
}

// digestOf reads all of a file.
func digestOf(f io.ReadSeeker) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.CopyBuffer(h, f, bytes.Repeat([]byte{0}, 1<<20)); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
