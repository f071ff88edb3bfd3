package client

import (
	"sync"

	"google.golang.org/protobuf/proto"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// position is the cursor of a stream, as the responses that were handled left it.
type position struct {
	mu     sync.Mutex // guards cursor
	cursor *spillwayv1.Cursor

	// begun tells that the present call has given a base of its own. Only the reader
	// of the stream uses it.
	begun bool
}

// begin says that a new call starts: its steps will be relative to its own base.
func (p *position) begin() { p.begun = false }

// advance merges the cursor of a response. The first base of a call replaces the
// cursor as a whole: what was a step before is relative to another base.
func (p *position) advance(c *spillwayv1.Cursor) {
	if c == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cursor == nil || !p.begun && c.Base != nil {
		p.cursor = new(spillwayv1.Cursor)
	}
	p.begun = p.begun || c.Base != nil
	proto.Merge(p.cursor, c)
}

// message returns a copy of the cursor, nil where there is none yet.
func (p *position) message() *spillwayv1.Cursor {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cursor == nil {
		return nil
	}
	return proto.CloneOf(p.cursor)
}
