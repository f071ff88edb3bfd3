package ecr

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Image is an image that a task can be made from.
type Image struct {
	// Digest is that of the image that was referred to, which may be an index.
	Digest string
	// Config is what the image says of itself.
	Config ImageConfig

	s      *Service
	layers []string
}

// ImageConfig is an image's configuration, as far as it matters to who runs it (OCI image specification, "Image Configuration").
type ImageConfig struct {
	User         string
	Env          []string // NAME=VALUE
	Entrypoint   []string
	Cmd          []string
	WorkingDir   string
	StopSignal   string
	ExposedPorts map[string]struct{} // as 8443/tcp
	Labels       map[string]string
}

// Image finds the image that ref names, for linux and an architecture in Go's words (amd64 or arm64). ref is
// HOST/NAME@DIGEST or HOST/NAME:TAG, latest where there is neither, with ECR's host in AWS or the sandbox's own. One with
// another host, or with none, is ErrForeign. An [Error] says that a repository or an image is not there.
func (s *Service) Image(ref, arch string) (Image, error) {
	name, id, err := s.parse(ref)
	if err != nil {
		return Image{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, missing := s.find("", name)
	if missing != nil {
		return Image{}, missing
	}
	m, failure := r.image(id)
	if failure != nil {
		return Image{}, errorf(CodeImageNotFound, "%s: %s", ref, failure.FailureReason)
	}
	found := Image{Digest: m.digest, s: s}
	text, err := s.single(r, m, arch)
	if err != nil {
		return Image{}, fmt.Errorf("image %s: %w", ref, err)
	}
	var config struct {
		Architecture string
		Config       ImageConfig
	}
	if err := json.Unmarshal(text.config, &config); err != nil {
		return Image{}, fmt.Errorf("image %s: configuration: %w", ref, err)
	}
	if config.Architecture != arch {
		return Image{}, fmt.Errorf("image %s: %w", ref, noPlatform(arch))
	}
	found.Config, found.layers = config.Config, text.layers
	return found, nil
}

// noPlatform is ECS's text (CannotPullContainerError) for an image that was built for something else.
func noPlatform(arch string) error {
	return fmt.Errorf("image Manifest does not contain descriptor matching platform 'linux/%s'", arch)
}

type singleImage struct {
	config []byte
	layers []string // digests
}

// single reads the image itself, of an index the one for arch; s.mu is held.
func (s *Service) single(r *repository, m *manifest, arch string) (singleImage, error) {
	text, err := s.read(m.digest)
	if err != nil {
		return singleImage{}, err
	}
	var doc manifestText
	if err := json.Unmarshal(text, &doc); err != nil {
		return singleImage{}, err
	}
	if doc.Config == nil {
		for _, d := range doc.Manifests {
			if d.Platform.OS == "linux" && d.Platform.Architecture == arch && r.images[d.Digest] != nil && r.images[d.Digest].images == nil {
				return s.single(r, r.images[d.Digest], arch)
			}
		}
		return singleImage{}, noPlatform(arch)
	}
	out := singleImage{layers: m.layers[1:]}
	out.config, err = s.read(doc.Config.Digest)
	return out, err
}

// parse reads a reference.
func (s *Service) parse(ref string) (name string, id ImageID, err error) {
	host, rest, ok := strings.Cut(ref, "/")
	if !ok || host != s.host && host != s.cfg.AccountID+".dkr.ecr."+s.cfg.Region+".amazonaws.com" {
		return "", id, fmt.Errorf("%s: %w", ref, ErrForeign)
	}
	if name, digest, ok := strings.Cut(rest, "@"); ok {
		name, _, _ = strings.Cut(name, ":")
		return name, ImageID{ImageDigest: digest}, nil
	}
	if name, tag, ok := strings.Cut(rest, ":"); ok {
		return name, ImageID{ImageTag: tag}, nil
	}
	return rest, ImageID{ImageTag: "latest"}, nil
}
