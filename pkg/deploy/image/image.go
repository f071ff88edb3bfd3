package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/spillway/spillway/pkg/deploy/binary"
)

// Image is an index of images of one program, by architecture. Make it with New.
type Image struct {
	index  v1.ImageIndex
	digest string
	arches map[string]v1.Image
}

// New makes the image that s describes. Its error names all mistakes in s.
func New(s Spec) (*Image, error) {
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	i, err := build(s)
	if err != nil {
		return nil, fmt.Errorf("image of %s: %w", s.Name, err)
	}
	return i, nil
}

func build(s Spec) (*Image, error) {
	builds, err := s.builds(s.Programs)
	if err != nil {
		return nil, err
	}
	beside := map[string][]binary.Binary{}
	for name, paths := range s.Beside {
		if beside[name], err = s.builds(paths); err != nil {
			return nil, err
		}
	}
	made := &Image{arches: map[string]v1.Image{}, index: mutate.IndexMediaType(empty.Index, types.OCIImageIndex)}
	for _, b := range builds {
		programs := map[string][]byte{s.Name: b.Body}
		for name, others := range beside {
			i := slices.IndexFunc(others, func(other binary.Binary) bool { return other.Arch == b.Arch })
			if i < 0 {
				return nil, fmt.Errorf("%s: there is no build for %s", name, b.Arch)
			}
			programs[name] = others[i].Body
		}
		layer, err := s.layer(programs)
		if err != nil {
			return nil, err
		}
		single := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
		if single, err = mutate.ConfigFile(single, s.configFile(b.Arch)); err != nil {
			return nil, err
		}
		if single, err = mutate.AppendLayers(single, layer); err != nil {
			return nil, err
		}
		made.arches[b.Arch] = single
		made.index = mutate.AppendManifests(made.index, mutate.IndexAddendum{
			Add: single, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: b.Arch}},
		})
	}
	digest, err := made.index.Digest()
	if err != nil {
		return nil, err
	}
	made.digest = digest.String()
	return made, nil
}

// Digest names the index, and with it all that is in it: sha256:HEX.
func (i *Image) Digest() string { return i.digest }

// Has says whether there is an image for an architecture, in Go's words: amd64 or arm64.
func (i *Image) Has(arch string) bool { return i.arches[arch] != nil }

// DigestFor names the image of one architecture, which is the same whatever else the index has; there is none if Has says so.
func (i *Image) DigestFor(arch string) (string, error) {
	single := i.arches[arch]
	if single == nil {
		return "", fmt.Errorf("image for %s: there is none", arch)
	}
	digest, err := single.Digest()
	return digest.String(), err
}

// Target is a repository to push to.
type Target struct {
	// Repository is HOST/NAME.
	Repository string
	// User and Password are what the registry is told; both empty for none.
	User, Password string
	// Insecure speaks plain HTTP, for a registry on this machine.
	Insecure bool
	// Transport carries the requests; nil is remote's own.
	Transport http.RoundTripper
}

// Push pushes the index and all that it has, skipping what is there, and returns once the registry has all of it. It is pushed
// by its digest, without a tag.
func (i *Image) Push(ctx context.Context, t Target) error {
	var options []name.Option
	if t.Insecure {
		options = append(options, name.Insecure)
	}
	ref, err := name.NewDigest(t.Repository+"@"+i.digest, options...)
	if err != nil {
		return fmt.Errorf("push: %w", err)
	}
	remotes := []remote.Option{remote.WithContext(ctx)}
	if t.User != "" {
		remotes = append(remotes, remote.WithAuth(&authn.Basic{Username: t.User, Password: t.Password}))
	}
	if t.Transport != nil {
		remotes = append(remotes, remote.WithTransport(t.Transport))
	}
	if err := remote.WriteIndex(ref, i.index, remotes...); err != nil {
		return fmt.Errorf("push %s: %w", ref, err)
	}
	return nil
}

// WriteTarball writes the image of one architecture as "docker load" takes it, tagged tag, such as spillway/gateway:local.
func (i *Image) WriteTarball(w io.Writer, arch, tag string) error {
	single := i.arches[arch]
	if single == nil {
		return fmt.Errorf("image for %s: there is none", arch)
	}
	ref, err := name.NewTag(tag)
	if err != nil {
		return err
	}
	if err := tarball.Write(ref, single, w); err != nil {
		return fmt.Errorf("write %s: %w", tag, err)
	}
	return nil
}

// WriteLayout writes the index as an OCI layout to a directory, which is made.
func (i *Image) WriteLayout(dir string) error {
	path, err := layout.Write(dir, empty.Index)
	if err = errors.Join(err, path.AppendIndex(i.index)); err != nil {
		return fmt.Errorf("write the layout %s: %w", dir, err)
	}
	return nil
}
