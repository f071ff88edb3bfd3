package client

import (
	"encoding/base64"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

const (
	// cursorPrefix marks the text form and its version.
	cursorPrefix = "c1."
	// maxCursorText bounds what is decoded: a position in each of thousands of lanes.
	maxCursorText = 256 << 10
)

// Cursor is a position in the log, opaque, and text to keep it: it implements
// encoding.TextMarshaler. The zero Cursor is no position.
type Cursor struct {
	wire string // the encoded spillway.v1.Cursor
}

// ParseCursor reads what Cursor.String wrote.
func ParseCursor(text string) (Cursor, error) {
	var c Cursor
	err := c.UnmarshalText([]byte(text))
	return c, err
}

// IsZero tells whether c is no position.
func (c Cursor) IsZero() bool { return c.wire == "" }

// String returns the text form: letters, digits, dot, dash and underscore; empty
// for the zero Cursor.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return cursorPrefix + base64.RawURLEncoding.EncodeToString([]byte(c.wire))
}

// MarshalText returns the text form.
func (c Cursor) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the text form; empty text is the zero Cursor.
func (c *Cursor) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = Cursor{}
		return nil
	}
	if len(text) > maxCursorText {
		return fmt.Errorf("cursor is %d bytes long, at most %d", len(text), maxCursorText)
	}
	encoded, ok := strings.CutPrefix(string(text), cursorPrefix)
	if !ok {
		return fmt.Errorf("cursor must begin with %q", cursorPrefix)
	}
	wire, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return fmt.Errorf("cursor is damaged: %w", err)
	}
	message := new(spillwayv1.Cursor)
	if err := proto.Unmarshal(wire, message); err != nil || len(wire) == 0 {
		return fmt.Errorf("cursor is damaged: it holds no position")
	}
	*c = Cursor{string(wire)}
	return nil
}

// newCursor returns m as a value; nil and empty are the zero Cursor.
func newCursor(m *spillwayv1.Cursor) Cursor {
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil { // two byte fields and unknown ones always encode
		panic("encode cursor: " + err.Error())
	}
	return Cursor{string(wire)}
}

// message returns c for a request.
func (c Cursor) message() *spillwayv1.Cursor {
	m := new(spillwayv1.Cursor)
	if err := proto.Unmarshal([]byte(c.wire), m); err != nil { // checked when c was made
		panic("decode cursor: " + err.Error())
	}
	return m
}
