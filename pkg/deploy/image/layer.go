package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// layer is the one layer of an image: the programs by their names, and the directories they may write to.
func (s Spec) layer(programs map[string][]byte) (v1.Layer, error) {
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	err := s.write(w, programs)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithCompressionLevel(gzip.BestSpeed), tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}

func (s Spec) write(w *tar.Writer, programs map[string][]byte) error {
	for _, dir := range s.directories() {
		h := header(dir+"/", tar.TypeDir)
		h.Mode = 0o755
		if slices.Contains(s.Writable, "/"+dir) {
			h.Uid, h.Gid = User, User
		}
		if dir == "tmp" {
			h.Mode = 0o1777
		}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		h := header(name, tar.TypeReg)
		h.Mode, h.Size = 0o555, int64(len(programs[name]))
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := w.Write(programs[name]); err != nil {
			return err
		}
	}
	return nil
}

// directories are those of Writable and all above them, each before what is in it.
func (s Spec) directories() []string {
	var dirs []string
	for _, dir := range s.Writable {
		dir = strings.TrimPrefix(dir, "/")
		for i, c := range dir + "/" {
			if c == '/' {
				dirs = append(dirs, dir[:i])
			}
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// header is that of a root's file without a time. The format is told, or it would depend on what the header needs.
func header(name string, kind byte) *tar.Header {
	return &tar.Header{Typeflag: kind, Name: name, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
}
