package s3

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// newBytesReader lets a stored body be read once more.
func newBytesReader(b []byte) io.Reader { return bytes.NewReader(b) }

// errChunk says that a body is not in the aws-chunked encoding that its header promised.
var errChunk = errors.New("malformed aws-chunked body")

const (
	// maxChunkLine bounds the line that begins a chunk: a size, and a signature of 64 digits.
	maxChunkLine = 256
	// maxTrailers bounds the lines after the last chunk: a checksum and its signature.
	maxTrailers = 8
)

// chunkReader reads the payload of a body in the aws-chunked encoding: chunks of a hexadecimal size, optionally a
// signature, CRLF, data, CRLF; a chunk of size 0 and perhaps trailers end it. Signatures and trailers are read over.
type chunkReader struct {
	in   *bufio.Reader
	left int64 // of the present chunk
	err  error
}

func newChunkReader(in io.Reader) *chunkReader {
	return &chunkReader{in: bufio.NewReaderSize(in, 32<<10)}
}

// Read reads payload.
func (c *chunkReader) Read(p []byte) (int, error) {
	if c.err == nil && c.left == 0 {
		c.err = c.begin()
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.in.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	switch {
	case err != nil:
		c.err = unexpected(err)
	case c.left == 0:
		c.err = c.endOfLine()
	}
	return n, nil
}

// begin reads the line of the next chunk; io.EOF after the last.
func (c *chunkReader) begin() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	digits, _, _ := strings.Cut(line, ";")
	size, err := strconv.ParseInt(digits, 16, 64)
	if err != nil || size < 0 {
		return fmt.Errorf("%w: size %q", errChunk, digits)
	}
	if c.left = size; size > 0 {
		return nil
	}
	for range maxTrailers {
		switch line, err := c.line(); {
		case errors.Is(err, io.ErrUnexpectedEOF), err == nil && line == "": // some clients leave the last empty line out
			return io.EOF
		case err != nil:
			return err
		}
	}
	return fmt.Errorf("%w: more than %d trailers", errChunk, maxTrailers)
}

// line reads a line that ends with CRLF.
func (c *chunkReader) line() (string, error) {
	text, err := c.in.ReadSlice('\n')
	if err != nil {
		return "", unexpected(err)
	}
	if len(text) > maxChunkLine {
		return "", fmt.Errorf("%w: line of more than %d bytes", errChunk, maxChunkLine)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

func (c *chunkReader) endOfLine() error {
	line, err := c.line()
	if err == nil && line != "" {
		err = fmt.Errorf("%w: no line end after a chunk", errChunk)
	}
	return err
}

// unexpected is the error of a body that ends, or does not end, where it should not.
func unexpected(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case errors.Is(err, bufio.ErrBufferFull):
		return fmt.Errorf("%w: endless line", errChunk)
	}
	return err
}
