package deploy

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spillway/spillway/pkg/deploy/binary"
)

// bundle is the zip file that a function's code is deployed from.
type bundle struct {
	body         []byte
	arch         string // arm64 or amd64
	architecture string // arm64 or x86_64, CloudFormation's words for it
}

// newBundle zips a static Linux binary as "bootstrap". The same binary gives the same bytes: no times, one mode, one order.
func newBundle(path string) (bundle, error) {
	program, err := binary.Read(path, maxBootstrap)
	if err != nil {
		return bundle{}, fmt.Errorf("the function: %w", err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	// The zip format's own zero: it cannot tell an earlier time.
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err == nil {
		_, err = entry.Write(program.Body)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return bundle{}, fmt.Errorf("zip %s: %w", path, err)
	}
	return bundle{body: out.Bytes(), arch: program.Arch, architecture: architecture(program.Arch)}, nil
}

// architecture is CloudFormation's word for Go's.
func architecture(arch string) string {
	if arch == "amd64" {
		return "x86_64"
	}
	return arch
}
