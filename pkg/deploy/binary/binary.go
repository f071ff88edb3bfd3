// Package binary reads the programs that are deployed: Linux executables that need nothing beside them.
//
// [Read] is all of it; what it returns is plain data. It does not build programs. It may be called concurrently.
package binary

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
)

// Binary is a Linux program.
type Binary struct {
	// Body is the file, as it is.
	Body []byte
	// Arch is what it runs on, in Go's words: amd64 or arm64.
	Arch string
	// Static says that it needs no loader and no libraries.
	Static bool
}

// ErrDynamic is a program that needs libraries, which neither a function nor an image made from nothing has.
var ErrDynamic = errors.New("dynamically linked; build it with CGO_ENABLED=0")

// Read reads the program at path, of at most limit bytes. A program that is not static is returned with ErrDynamic, for who
// can run it nevertheless.
func Read(path string, limit int) (Binary, error) {
	f, err := os.Open(path)
	if err != nil {
		return Binary{}, fmt.Errorf("open the program: %w", err)
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return Binary{}, fmt.Errorf("read the program: %w", err)
	}
	if len(body) > limit {
		return Binary{}, fmt.Errorf("%s: larger than %d bytes", path, limit)
	}
	b, err := parse(body)
	if err != nil {
		return b, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

func parse(body []byte) (Binary, error) {
	f, err := elf.NewFile(bytes.NewReader(body))
	if err != nil {
		return Binary{}, fmt.Errorf("not a Linux binary: %w", err)
	}
	defer f.Close()
	b := Binary{Body: body, Static: true}
	switch f.Machine {
	case elf.EM_AARCH64:
		b.Arch = "arm64"
	case elf.EM_X86_64:
		b.Arch = "amd64"
	default:
		return Binary{}, fmt.Errorf("built for %s; want arm64 or x86_64", f.Machine)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			b.Static = false
			return b, ErrDynamic
		}
	}
	return b, nil
}
