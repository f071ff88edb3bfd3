package ecr

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Unpack makes the files of the image below dir, which exists. Nothing is written outside of it, whatever the image says.
// Owners and times are not kept, nor are devices; permissions are, so that who unpacked it is who may write.
func (i Image) Unpack(ctx context.Context, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	defer root.Close()
	u := unpacker{root: root}
	for _, layer := range i.layers {
		if err := u.layer(ctx, i.s.blobPath(layer)); err != nil {
			return fmt.Errorf("unpack layer %s: %w", layer, err)
		}
	}
	return nil
}

// unpacker counts what an image unpacks to.
type unpacker struct {
	root  *os.Root
	bytes int64
	files int
}

// layer unpacks one layer, which is a tar archive, compressed with gzip or not.
func (u *unpacker) layer(ctx context.Context, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader = f
	if z, err := gzip.NewReader(f); err == nil {
		r = z
	} else if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if u.files++; u.files > maxUnpackedFiles {
			return fmt.Errorf("more than %d files", maxUnpackedFiles)
		}
		if err := u.entry(h, archive); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

// The marks of what a layer deletes of those below it (OCI image specification, "Whiteouts").
const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
)

func (u *unpacker) entry(h *tar.Header, content io.Reader) error {
	name := strings.TrimPrefix(path.Clean("/"+h.Name), "/")
	if name == "" {
		return nil // the root itself
	}
	dir, base := path.Split(name)
	dir = strings.TrimSuffix(dir, "/")
	if dir != "" {
		if err := u.root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	switch {
	case base == opaque:
		return u.empty(dir)
	case strings.HasPrefix(base, whiteout):
		return u.root.RemoveAll(path.Join(dir, strings.TrimPrefix(base, whiteout)))
	}
	mode := h.FileInfo().Mode()
	if info, err := u.root.Lstat(name); err == nil && (h.Typeflag != tar.TypeDir || !info.IsDir()) {
		if err := u.root.RemoveAll(name); err != nil {
			return err
		}
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return errors.Join(u.root.MkdirAll(name, 0o755), u.root.Chmod(name, mode.Perm()|mode&fs.ModeSticky|0o700))
	case tar.TypeReg:
		return u.file(name, mode.Perm(), content)
	case tar.TypeSymlink:
		return u.root.Symlink(h.Linkname, name)
	case tar.TypeLink:
		return u.root.Link(strings.TrimPrefix(path.Clean("/"+h.Linkname), "/"), name)
	}
	return nil // devices and pipes
}

func (u *unpacker) file(name string, mode fs.FileMode, content io.Reader) error {
	f, err := u.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(content, maxUnpackedBytes-u.bytes+1))
	if u.bytes += n; err == nil && u.bytes > maxUnpackedBytes {
		err = fmt.Errorf("the image is larger than %d bytes", maxUnpackedBytes)
	}
	return errors.Join(err, f.Chmod(mode), f.Close())
}

// empty deletes what is in a directory.
func (u *unpacker) empty(dir string) error {
	if dir == "" {
		dir = "."
	}
	entries, err := fs.ReadDir(u.root.FS(), dir)
	for _, e := range entries {
		err = errors.Join(err, u.root.RemoveAll(path.Join(dir, e.Name())))
	}
	return err
}
