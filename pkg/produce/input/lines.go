package input

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// byteOrderMark is what some editors and spreadsheets put before UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// Lines reads one JSON value per line. Blank lines are skipped.
func Lines(r io.Reader) Documents {
	return func(yield func(*Document, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		for n := 1; ; n++ {
			line, err := readLine(in)
			if n == 1 {
				line = bytes.TrimPrefix(line, []byte(byteOrderMark))
			}
			line = bytes.TrimSpace(line)
			switch {
			case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errTooLong):
				yield(nil, fmt.Errorf("line %d: %w", n, err))
				return
			case errors.Is(err, errTooLong):
				if !yield(nil, &BadLine{n, err}) {
					return
				}
				continue
			case len(line) > 0 && !yieldLine(n, line, yield):
				return
			}
			if errors.Is(err, io.EOF) {
				return
			}
		}
	}
}

func yieldLine(n int, line []byte, yield func(*Document, error) bool) bool {
	if !json.Valid(line) {
		return yield(nil, &BadLine{n, jsonError(line)})
	}
	return yield(&Document{Line: n, JSON: line}, nil)
}

// jsonError says where line stops being JSON.
func jsonError(line []byte) error {
	var v any
	err := json.Unmarshal(line, &v)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("must be JSON: %w at byte %d", err, syntax.Offset)
	}
	return fmt.Errorf("must be JSON: %w", err)
}

var errTooLong = fmt.Errorf("is longer than %d bytes", MaxLineBytes)

// readLine returns a line of its own memory. It reads a line that is too long to
// its end, without keeping it, and returns errTooLong.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		part, err := in.ReadSlice('\n')
		if tooLong = tooLong || len(line)+len(part) > MaxLineBytes; !tooLong {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case tooLong && (err == nil || errors.Is(err, io.EOF)):
			return nil, errTooLong
		}
		return line, err
	}
}
