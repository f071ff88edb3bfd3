package input

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxColumns bounds the header.
const maxColumns = 1000

// CSV reads comma-separated values (RFC 4180) whose first row names the columns,
// and makes a JSON object of each further row, with the columns in their order. A
// value that is a JSON number becomes one, unless asText; every other is a string.
func CSV(r io.Reader, asText bool) Documents {
	return func(yield func(*Document, error) bool) {
		bounded := &boundedReader{in: skipMark(r)}
		in := csv.NewReader(bounded)
		in.ReuseRecord = true
		bounded.allow()
		header, err := readHeader(in)
		if err != nil {
			yield(nil, err)
			return
		}
		for {
			bounded.allow()
			row, err := in.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yieldRow(in, header, row, err, asText, yield) {
				return
			}
		}
	}
}

// yieldRow yields a row or what is wrong with it; false ends the iteration.
func yieldRow(in *csv.Reader, header [][]byte, row []string, err error, asText bool, yield func(*Document, error) bool) bool {
	var parse *csv.ParseError
	switch {
	case errors.As(err, &parse) && errors.Is(err, csv.ErrFieldCount):
		return yield(nil, &BadLine{parse.StartLine, fmt.Errorf("has %d values, the header has %d", len(row), len(header))})
	case errors.As(err, &parse):
		return yield(nil, &BadLine{parse.StartLine, parse.Err})
	case err != nil:
		yield(nil, fmt.Errorf("read CSV: %w", err))
		return false
	}
	line, _ := in.FieldPos(0)
	object, err := objectOf(header, row, asText)
	if err != nil {
		return yield(nil, &BadLine{line, err})
	}
	return yield(&Document{Line: line, JSON: object}, nil)
}

// readHeader returns the columns' names, encoded as JSON.
func readHeader(in *csv.Reader) ([][]byte, error) {
	row, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("line 1: the header row is missing")
	}
	if err != nil {
		return nil, fmt.Errorf("header row: %w", err)
	}
	if len(row) > maxColumns {
		return nil, fmt.Errorf("line 1: the header has %d columns, at most %d", len(row), maxColumns)
	}
	names := make([][]byte, len(row))
	seen := make(map[string]bool, len(row))
	for i, name := range row {
		if name == "" || seen[name] {
			return nil, fmt.Errorf("line 1: column %d: name %q must not be empty nor come twice", i+1, name)
		}
		if !utf8.ValidString(name) {
			return nil, fmt.Errorf("line 1: column %d: must be UTF-8", i+1)
		}
		seen[name] = true
		if names[i], err = encode(name); err != nil {
			return nil, fmt.Errorf("line 1: column %d: %w", i+1, err)
		}
	}
	return names, nil
}

func objectOf(header [][]byte, row []string, asText bool) ([]byte, error) {
	b := []byte{'{'}
	for i, value := range row {
		if i > 0 {
			b = append(b, ',')
		}
		if !utf8.ValidString(value) {
			return nil, fmt.Errorf("column %d: must be UTF-8", i+1)
		}
		b = append(append(b, header[i]...), ':')
		if !asText && isNumber(value) {
			b = append(b, value...)
			continue
		}
		text, err := encode(value)
		if err != nil {
			return nil, fmt.Errorf("column %d: %w", i+1, err)
		}
		b = append(b, text...)
	}
	return append(b, '}'), nil
}

// isNumber tells whether text, as a whole, is a JSON number: 007 is not.
func isNumber(text string) bool {
	return strings.Trim(text, "+-.eE0123456789") == "" && json.Valid([]byte(text))
}

func skipMark(r io.Reader) io.Reader {
	in := bufio.NewReader(r)
	if start, _ := in.Peek(len(byteOrderMark)); string(start) == byteOrderMark {
		in.Discard(len(byteOrderMark)) //nolint:errcheck // they have just been peeked
	}
	return in
}

// boundedReader fails when one row takes more than MaxLineBytes, as an
// opening quote without its closing one would.
type boundedReader struct {
	in   io.Reader
	left int
}

// readAhead is more than what csv's buffer reads ahead of the row.
const readAhead = 64 << 10

// allow lets another row be read.
func (b *boundedReader) allow() { b.left = MaxLineBytes + readAhead }

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, fmt.Errorf("a row is longer than %d bytes; is a quote left open?", MaxLineBytes)
	}
	n, err := b.in.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
