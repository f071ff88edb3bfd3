package code

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

const (
	// MaxUnzippedBytes is the most that all files of an archive may have: Lambda's 250 MB.
	MaxUnzippedBytes = 262144000
	// MaxFiles bounds the entries of an archive: far more than a bundle has, few enough that an archive of empty files
	// cannot fill a disk's inodes.
	MaxFiles = 50_000
)

var (
	// ErrInvalid says that the bytes are not an archive that can be unpacked safely.
	ErrInvalid = errors.New("invalid zip archive")
	// ErrTooLarge says that the archive's files are larger than MaxUnzippedBytes, or more than MaxFiles.
	ErrTooLarge = errors.New("unzipped files are too large")
)

// Unpack writes the files of archive below dir, which it makes and which must not exist. What it writes cannot be
// written to afterwards, as on AWS. When it fails, nothing is left.
func Unpack(archive []byte, dir string) error { return unpack(archive, dir, MaxUnzippedBytes) }

func unpack(archive []byte, dir string, maxBytes int64) error {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(r.File) > MaxFiles {
		return fmt.Errorf("%w: %d entries, at most %d are allowed", ErrTooLarge, len(r.File), MaxFiles)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	if err := unpackInto(r, dir, maxBytes); err != nil {
		return errors.Join(err, Remove(dir))
	}
	return nil
}

func unpackInto(r *zip.Reader, dir string, left int64) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	defer func() { _ = root.Close() }()
	for _, f := range r.File {
		n, err := unpackEntry(root, f, left)
		if err != nil {
			return err
		}
		left -= n
	}
	return seal(dir)
}

// unpackEntry writes one entry and returns how many bytes it had.
func unpackEntry(root *os.Root, f *zip.File, left int64) (int64, error) {
	name := filepath.FromSlash(f.Name)
	if !filepath.IsLocal(name) {
		return 0, fmt.Errorf("%w: entry %q leads out of the archive", ErrInvalid, f.Name)
	}
	mode := f.Mode()
	switch {
	case mode.IsDir():
		return 0, wrapEntry(f, root.MkdirAll(filepath.Clean(name), 0o755))
	case !mode.IsRegular():
		return 0, fmt.Errorf("%w: entry %q is no file or directory (%s)", ErrInvalid, f.Name, mode.Type())
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return 0, wrapEntry(f, err)
	}
	n, err := writeEntry(root, name, f, left)
	return n, wrapEntry(f, err)
}

// wrapEntry tells an archive that cannot be unpacked from a disk that cannot be written.
func wrapEntry(f *zip.File, err error) error {
	var path *fs.PathError
	switch {
	case err == nil || errors.Is(err, ErrTooLarge):
		return err
	case !errors.As(err, &path), // the archive's form, or the decompressor's complaint
		errors.Is(err, fs.ErrExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR),
		errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, syscall.EINVAL): // what its names lead to
		return fmt.Errorf("%w: entry %q: %w", ErrInvalid, f.Name, err)
	}
	return fmt.Errorf("unpack entry %q: %w", f.Name, err)
}

// writeEntry copies at most left bytes; the size that the archive states is not believed.
func writeEntry(root *os.Root, name string, f *zip.File, left int64) (n int64, err error) {
	in, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = in.Close() }()
	out, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644|f.Mode().Perm()&0o111)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	n, err = io.Copy(out, io.LimitReader(in, left+1))
	if err == nil && n > left {
		return n, fmt.Errorf("%w: entry %q passes the limit", ErrTooLarge, f.Name)
	}
	return n, err
}

// seal takes the permission to write from everything below dir.
func seal(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.Chmod(path, info.Mode().Perm()&^0o222) //nolint:gosec // the tree is ours alone, and has no links
	})
}

// Remove deletes dir, also when it is sealed. That it does not exist is no error.
func Remove(dir string) error {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o755) //nolint:gosec // the tree is ours alone, and has no links
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove code: %w", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove code: %w", err)
	}
	return nil
}
