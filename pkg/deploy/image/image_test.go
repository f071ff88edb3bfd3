package image

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/spillway/spillway/pkg/deploy/binary/binarytest"
)

func spec(t *testing.T) Spec {
	return Spec{
		Name: "gateway", Programs: []string{binarytest.Write(t, elf.EM_X86_64, false, "amd64"), binarytest.Write(t, elf.EM_AARCH64, false, "arm64")},
		Env: map[string]string{"B": "2", "A": "1"}, Ports: []int{8443}, Labels: map[string]string{"k": "v"}, Writable: []string{"/var/lib/x", "/tmp"},
	}
}

func mustNew(t *testing.T, s Spec) *Image {
	t.Helper()
	i, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestImageIsReproducible(t *testing.T) {
	t.Parallel()
	s := spec(t)
	first := mustNew(t, s)
	for _, program := range s.Programs {
		if err := os.Chtimes(program, time.Now(), time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	s.Programs[0], s.Programs[1] = s.Programs[1], s.Programs[0]
	if again := mustNew(t, s); again.Digest() != first.Digest() {
		t.Errorf("%s, then %s", first.Digest(), again.Digest())
	}
	s.Env["A"] = "other"
	if other := mustNew(t, s); other.Digest() == first.Digest() {
		t.Error("another environment has the same digest")
	}
}

// TestDigestFor: what one machine builds for itself is the same image as in an index of more.
func TestDigestFor(t *testing.T) {
	t.Parallel()
	all, one := spec(t), spec(t)
	one.Programs = one.Programs[:1]
	both, single := mustNew(t, all), mustNew(t, one)
	want, err := both.DigestFor("amd64")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := single.DigestFor("amd64"); err != nil || got != want {
		t.Errorf("alone %s (%v), beside another %s", got, err, want)
	}
	if got, err := both.DigestFor("arm64"); err != nil || got == want {
		t.Errorf("of another architecture: %s (%v)", got, err)
	}
	if _, err := single.DigestFor("arm64"); err == nil {
		t.Error("there is a digest of what is not there")
	}
}

func TestImageContents(t *testing.T) {
	t.Parallel()
	i := mustNew(t, spec(t))
	if !i.Has("amd64") || !i.Has("arm64") || i.Has("386") {
		t.Error("wrong architectures")
	}
	single := i.arches["arm64"]
	cfg, err := single.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	want := v1.Config{
		User: "65532:65532", Entrypoint: []string{"/gateway"}, WorkingDir: "/", Env: []string{"A=1", "B=2"},
		Labels: map[string]string{"k": "v"}, ExposedPorts: map[string]struct{}{"8443/tcp": {}},
	}
	if diff := cmp.Diff(want, cfg.Config); diff != "" {
		t.Error(diff)
	}
	if cfg.Architecture != "arm64" || cfg.OS != "linux" || !cfg.Created.Equal(time.Unix(0, 0)) {
		t.Errorf("%s %s %v", cfg.OS, cfg.Architecture, cfg.Created)
	}
	layers, err := single.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	files, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	type file struct {
		Name      string
		Mode      int64
		Owner     int
		Directory bool
	}
	var got []file
	for r := tar.NewReader(files); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !h.ModTime.Equal(time.Unix(0, 0)) || h.Uid != h.Gid {
			t.Errorf("%s: time %v, owner %d:%d", h.Name, h.ModTime, h.Uid, h.Gid)
		}
		got = append(got, file{h.Name, h.Mode, h.Uid, h.Typeflag == tar.TypeDir})
	}
	if diff := cmp.Diff([]file{{"tmp/", 0o1777, User, true}, {"var/", 0o755, 0, true}, {"var/lib/", 0o755, 0, true}, {"var/lib/x/", 0o755, User, true}, {"gateway", 0o555, 0, false}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPush(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	i := mustNew(t, spec(t))
	repository := strings.TrimPrefix(server.URL, "http://") + "/a/gateway"
	for range 2 {
		if err := i.Push(t.Context(), Target{Repository: repository, Insecure: true}); err != nil {
			t.Fatal(err)
		}
	}
	ref, err := name.NewDigest(repository + "@" + i.Digest())
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	pulled, err := remote.Image(ref, remote.WithPlatform(v1.Platform{OS: "linux", Architecture: "arm64"}))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := i.arches["arm64"].Digest()
	if got, err := pulled.Digest(); got != want || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestTarballAndLayout(t *testing.T) {
	t.Parallel()
	i := mustNew(t, spec(t))
	var out bytes.Buffer
	if err := i.WriteTarball(&out, "amd64", "spillway/gateway:local"); err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag("spillway/gateway:local")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := tarball.Image(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(out.Bytes())), nil }, &tag)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(loaded); err != nil {
		t.Error(err)
	}
	if err := i.WriteTarball(io.Discard, "386", "x:y"); err == nil {
		t.Error("an image for 386")
	}
	dir := t.TempDir()
	if err := i.WriteLayout(dir); err != nil {
		t.Fatal(err)
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := index.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Manifests []struct{ Digest string } }
	if err := json.Unmarshal(raw, &manifest); err != nil || len(manifest.Manifests) != 1 || manifest.Manifests[0].Digest != i.Digest() {
		t.Errorf("%s, %v", raw, err)
	}
}

func TestSpecMistakes(t *testing.T) {
	t.Parallel()
	amd64 := binarytest.Write(t, elf.EM_X86_64, false, "")
	dynamic := binarytest.Write(t, elf.EM_X86_64, true, "")
	tests := []struct {
		name string
		spec Spec
		want []string
	}{
		{"everything at once", Spec{Name: "Up", Writable: []string{"tmp"}, Ports: []int{0}}, []string{`name "Up"`, "programs: want one", `writable "tmp"`, "port 0"}},
		{"two of one", Spec{Name: "x", Programs: []string{amd64, amd64}}, []string{"another program for amd64"}},
		{"dynamic", Spec{Name: "x", Programs: []string{dynamic}}, []string{"dynamically linked"}},
		{"dynamic, on purpose", Spec{Name: "x", Programs: []string{dynamic}, Dynamic: true}, nil},
	}
	for _, tt := range tests {
		_, err := New(tt.spec)
		if (err != nil) != (tt.want != nil) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		for _, want := range tt.want {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", tt.name, err, want)
			}
		}
	}
}
