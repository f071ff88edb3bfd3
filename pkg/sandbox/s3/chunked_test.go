package s3

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestChunkReader(t *testing.T) {
	tests := map[string]struct {
		body string
		want string
		err  error
	}{
		"unsigned":          {"3\r\nabc\r\n0\r\n\r\n", "abc", nil},
		"signed":            {"3;chunk-signature=f00\r\nabc\r\n0;chunk-signature=f00\r\n\r\n", "abc", nil},
		"trailer":           {"1\r\na\r\n2\r\nbc\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n", "abc", nil},
		"no last line":      {"1\r\na\r\n0\r\n", "a", nil},
		"empty":             {"0\r\n\r\n", "", nil},
		"cut in a chunk":    {"5\r\nabc", "abc", io.ErrUnexpectedEOF},
		"cut before a line": {"3\r\nabc", "abc", io.ErrUnexpectedEOF},
		"no end":            {"3\r\nabc\r\n", "abc", io.ErrUnexpectedEOF},
		"no size":           {"x\r\nabc\r\n", "", errChunk},
		"negative size":     {"-1\r\nabc\r\n", "", errChunk},
		"size is a lie":     {"1\r\nabc\r\n0\r\n\r\n", "a", errChunk},
		"endless line":      {strings.Repeat("1", 100_000), "", errChunk},
		"endless trailers":  {"0\r\n" + strings.Repeat("a:b\r\n", 100), "", errChunk},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, in := range []io.Reader{strings.NewReader(tt.body), iotest.OneByteReader(strings.NewReader(tt.body))} {
				got, err := io.ReadAll(newChunkReader(in))
				if string(got) != tt.want || !errors.Is(err, tt.err) {
					t.Errorf("got %q, %v; want %q, %v", got, err, tt.want, tt.err)
				}
			}
		})
	}
}

func FuzzChunkReader(f *testing.F) {
	f.Add("3;chunk-signature=f00\r\nabc\r\n0\r\nx:y\r\n\r\n")
	f.Add("7fffffffffffffff\r\n")
	f.Fuzz(func(t *testing.T, body string) {
		got, err := io.ReadAll(newChunkReader(strings.NewReader(body)))
		if err == nil && len(got) > len(body) {
			t.Errorf("%d bytes from %d", len(got), len(body))
		}
	})
}
