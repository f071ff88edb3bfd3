package ecr

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// serveManifest answers GET, HEAD and PUT of an image by its digest or a tag.
func (s *Service) serveManifest(w http.ResponseWriter, r *http.Request, at place) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return s.getManifest(w, r, at)
	case http.MethodPut:
		return s.putManifest(w, r, at)
	default:
		return unsupported(r) // ECR deletes by its API
	}
}

// imageID reads a reference of the registry.
func (at place) imageID() (ImageID, error) {
	switch {
	case digestExpr.MatchString(at.ref):
		return ImageID{ImageDigest: at.ref}, nil
	case tagExpr.MatchString(at.ref):
		return ImageID{ImageTag: at.ref}, nil
	}
	return ImageID{}, wire(http.StatusBadRequest, "MANIFEST_INVALID", "%s is neither a digest nor a tag", at.ref)
}

func (s *Service) getManifest(w http.ResponseWriter, r *http.Request, at place) error {
	id, err := at.imageID()
	if err != nil {
		return err
	}
	m, text, err := s.lookup(at.name, id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", m.mediaType)
	w.Header().Set("Docker-Content-Digest", m.digest)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	if r.Method == http.MethodGet {
		_, err = w.Write(text)
	}
	_ = err // the connection is gone, and nobody is left to be told
	return nil
}

func (s *Service) lookup(name string, id ImageID) (*manifest, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.repository(name)
	if err != nil {
		return nil, nil, err
	}
	m, failure := repo.image(id)
	if failure != nil {
		return nil, nil, manifestUnknown(id.ImageDigest + id.ImageTag)
	}
	text, err := s.read(m.digest)
	return m, text, err
}

func (s *Service) putManifest(w http.ResponseWriter, r *http.Request, at place) error {
	id, err := at.imageID()
	if err != nil {
		return err
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxManifestBytes))
	if err != nil {
		return wire(http.StatusBadRequest, "MANIFEST_INVALID", "the manifest could not be read, or has more than %d bytes", maxManifestBytes)
	}
	m, err := parseManifest(r.Header.Get("Content-Type"), text)
	if err != nil {
		return err
	}
	if err := s.addManifest(at.name, id, m, text); err != nil {
		return err
	}
	w.Header().Set("Location", RegistryPrefix+at.name+"/manifests/"+m.digest)
	w.Header().Set("Docker-Content-Digest", m.digest)
	w.WriteHeader(http.StatusCreated)
	return nil
}

// descriptor is a manifest's reference.
type descriptor struct {
	Digest   string
	Size     int64
	Platform struct{ OS, Architecture string }
}

// manifestText is what is read of a manifest or an index.
type manifestText struct {
	SchemaVersion int
	MediaType     string
	Config        *descriptor
	Layers        []descriptor
	Manifests     []descriptor
}

func parseManifest(contentType string, text []byte) (*manifest, error) {
	var doc manifestText
	if err := json.Unmarshal(text, &doc); err != nil || doc.SchemaVersion != 2 {
		return nil, wire(http.StatusBadRequest, "MANIFEST_INVALID", "the manifest is no JSON of schema version 2")
	}
	m := &manifest{mediaType: doc.MediaType, size: int64(len(text))}
	if m.mediaType == "" {
		m.mediaType, _, _ = strings.Cut(contentType, ";")
	}
	for _, d := range doc.Manifests {
		m.images = append(m.images, d.Digest)
	}
	if doc.Config != nil {
		m.layers = append(m.layers, doc.Config.Digest)
	}
	for _, d := range doc.Layers {
		m.layers = append(m.layers, d.Digest)
		m.bytes += d.Size
	}
	if n := len(m.images) + len(m.layers); n == 0 || n > maxLayers || m.mediaType == "" || doc.Manifests == nil && doc.Config == nil {
		return nil, wire(http.StatusBadRequest, "MANIFEST_INVALID", "the manifest is neither an image nor an index, or has more than %d parts", maxLayers)
	}
	return m, nil
}

// addManifest adds an image whose parts are there, and tags it.
func (s *Service) addManifest(name string, id ImageID, m *manifest, text []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.repository(name)
	if err != nil {
		return err
	}
	if err := repo.complete(m); err != nil {
		return err
	}
	if len(repo.images) >= MaxImages || len(repo.tags) >= MaxImages {
		return wire(http.StatusTooManyRequests, "TOOMANYREQUESTS", "the sandbox keeps at most %d images in a repository", MaxImages)
	}
	if m.digest, err = s.keep(text); err != nil {
		return err
	}
	defer s.sweep() // if it is refused
	if id.ImageDigest != "" && id.ImageDigest != m.digest {
		return wire(http.StatusBadRequest, "DIGEST_INVALID", "the manifest has the digest %s, not %s", m.digest, id.ImageDigest)
	}
	if old := repo.tags[id.ImageTag]; id.ImageTag != "" && old != "" && old != m.digest && repo.ImageTagMutability == "IMMUTABLE" {
		return wire(http.StatusBadRequest, "TAG_INVALID", "The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is immutable.", id.ImageTag, name)
	}
	if repo.images[m.digest] == nil {
		m.pushed = s.cfg.Clock()
		repo.images[m.digest] = m
	}
	if id.ImageTag != "" {
		repo.tags[id.ImageTag] = m.digest
	}
	return nil
}

// complete refuses an image whose parts are not there, and adds up the size of an index.
func (r *repository) complete(m *manifest) error {
	for _, digest := range m.layers {
		if !r.layers[digest] {
			return wire(http.StatusNotFound, "MANIFEST_BLOB_UNKNOWN", "%s", fmt.Sprintf("Layer with digest '%s' required by the manifest does not exist", digest))
		}
	}
	for _, digest := range m.images {
		child := r.images[digest]
		if child == nil {
			return wire(http.StatusNotFound, "MANIFEST_BLOB_UNKNOWN", "%s", fmt.Sprintf("Image with digest '%s' required by the manifest does not exist", digest))
		}
		m.bytes += child.bytes
	}
	return nil
}
