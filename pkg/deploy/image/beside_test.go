package image

import (
	"archive/tar"
	"debug/elf"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/deploy/binary/binarytest"
)

// A program may have others beside it, each for the same architecture, and tells its health by a command.
func TestBesideAndHealth(t *testing.T) {
	t.Parallel()
	s := spec(t)
	s.Beside = map[string][]string{"bootstrap": {binarytest.Write(t, elf.EM_AARCH64, false, "its arm64"), binarytest.Write(t, elf.EM_X86_64, false, "its amd64")}}
	s.Health = []string{"/gateway", "health"}
	single := mustNew(t, s).arches["arm64"]
	cfg, err := single.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"CMD", "/gateway", "health"}, cfg.Config.Healthcheck.Test); diff != "" {
		t.Error(diff)
	}
	layers, err := single.Layers()
	if err != nil {
		t.Fatal(err)
	}
	files, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	ends := map[string]string{}
	for r := tar.NewReader(files); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			ends[h.Name] = string(body[len(body)-len("arm64"):])
		}
	}
	if diff := cmp.Diff(map[string]string{"gateway": "arm64", "bootstrap": "arm64"}, ends); diff != "" {
		t.Errorf("the ends of the programs (-want +got):\n%s", diff)
	}
}

func TestBesideMistakes(t *testing.T) {
	t.Parallel()
	amd64 := binarytest.Write(t, elf.EM_X86_64, false, "")
	for _, tt := range []struct {
		beside map[string][]string
		want   string
	}{
		{map[string][]string{"gateway": {amd64}}, "another program is called gateway"},
		{map[string][]string{"a/b": {amd64}}, `name "a/b"`},
		{map[string][]string{"bootstrap": {amd64}}, "bootstrap: there is no build for arm64"},
	} {
		s := spec(t)
		s.Beside = tt.beside
		if _, err := New(s); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want %q", tt.beside, err, tt.want)
		}
	}
}
