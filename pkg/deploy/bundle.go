package deploy

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// bundle is the zip file that a function's code is deployed from.
type bundle struct {
	body         []byte
	architecture string // arm64 or x86_64
}

// newBundle zips a static Linux binary as "bootstrap". The same binary gives the same bytes: no times, one mode, one order.
func newBundle(path string) (bundle, error) {
	binary, err := readBinary(path)
	if err != nil {
		return bundle{}, err
	}
	architecture, err := architectureOf(binary)
	if err != nil {
		return bundle{}, fmt.Errorf("%s: %w", path, err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	// The zip format's own zero: it cannot tell an earlier time.
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err == nil {
		_, err = entry.Write(binary)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return bundle{}, fmt.Errorf("zip %s: %w", path, err)
	}
	return bundle{body: out.Bytes(), architecture: architecture}, nil
}

func readBinary(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the function's binary: %w", err)
	}
	defer f.Close()
	binary, err := io.ReadAll(io.LimitReader(f, maxBootstrap+1))
	if err != nil {
		return nil, fmt.Errorf("read the function's binary: %w", err)
	}
	if len(binary) > maxBootstrap {
		return nil, fmt.Errorf("%s: larger than %d bytes, the most a function's code may have", path, maxBootstrap)
	}
	return binary, nil
}

// architectureOf tells what a binary is built for, and refuses one that would not start in provided.al2023.
func architectureOf(binary []byte) (string, error) {
	f, err := elf.NewFile(bytes.NewReader(binary))
	if err != nil {
		return "", fmt.Errorf("not a Linux binary: %w", err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return "", errors.New("dynamically linked; build it with CGO_ENABLED=0")
		}
	}
	switch f.Machine {
	case elf.EM_AARCH64:
		return "arm64", nil
	case elf.EM_X86_64:
		return "x86_64", nil
	}
	return "", fmt.Errorf("built for %s; functions run on arm64 and x86_64", f.Machine)
}
