package ingest

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spillway/spillway/pkg/topic"
)

const (
	// maxRouteBytes bounds a route's text: a topic has at most 256 bytes, and JSON
	// paths are longer than what they stand for.
	maxRouteBytes = 1024
	// maxIndexDigits bounds an array index, so that it fits an int anywhere.
	maxIndexDigits = 6

	jsonRoot        = "$."
	keyPartitionKey = "partition_key"
	keyStream       = "stream"
)

// routeParser holds what has been read of text so far.
type routeParser struct {
	text       string
	pos        int  // of the next byte to read
	tokenStart bool // pos is where a token of the topic starts
	route      Route
}

// ParseRoute returns the route that text spells, or an error that names the column
// (in characters, from 1) and the rule which text breaks there.
func ParseRoute(text string) (Route, error) {
	p := &routeParser{text: text, tokenStart: true, route: Route{text: text}}
	if text == "" {
		return Route{}, p.errorAt(0, "must not be empty")
	}
	if len(text) > maxRouteBytes {
		return Route{}, p.errorAt(0, "is %d bytes long, at most %d are allowed", len(text), maxRouteBytes)
	}
	if err := p.parse(); err != nil {
		return Route{}, err
	}
	if err := p.checkShape(); err != nil {
		return Route{}, err
	}
	r := p.route
	r.whole = len(r.parts) == 1 && r.parts[0].source == fromPartitionKey
	return r, nil
}

func (p *routeParser) parse() error {
	for p.pos < len(p.text) {
		next := p.literal
		if p.text[p.pos] == '{' {
			next = p.field
		}
		if err := next(); err != nil {
			return err
		}
	}
	if p.tokenStart {
		return p.errorAt(p.pos-1, "a token must not be empty")
	}
	return nil
}

// literal reads up to the next field.
func (p *routeParser) literal() error {
	start := p.pos
	for ; p.pos < len(p.text) && p.text[p.pos] != '{'; p.pos++ {
		if err := p.checkLiteral(p.text[p.pos]); err != nil {
			return err
		}
		p.tokenStart = p.text[p.pos] == '.'
	}
	p.route.parts = append(p.route.parts, part{literal: p.text[start:p.pos]})
	return nil
}

func (p *routeParser) checkLiteral(c byte) error {
	switch {
	case c == '.' && p.tokenStart:
		return p.errorAt(p.pos, "a token must not be empty")
	case c == '.':
		return nil
	case c == '}':
		return p.errorAt(p.pos, "} closes nothing")
	case string(c) == topic.OperatorPrefix && p.tokenStart:
		return p.errorAt(p.pos, "a token must not start with %s, which marks the operators' topics", topic.OperatorPrefix)
	case topic.Validate(string([]byte{c})) != nil:
		r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
		return p.errorAt(p.pos, "%q is not allowed in a topic", r)
	}
	return nil
}

// field reads from an opening brace to its closing one.
func (p *routeParser) field() error {
	start := p.pos
	length := strings.IndexAny(p.text[start+1:], "{}")
	if length < 0 || p.text[start+1+length] != '}' {
		return p.errorAt(start, "{ is not closed")
	}
	p.pos = start + length + 2
	p.tokenStart = false
	f := part{name: p.text[start:p.pos]}
	switch content := p.text[start+1 : p.pos-1]; content {
	case "":
		return p.errorAt(start, "{} names no field")
	case keyPartitionKey:
		f.source = fromPartitionKey
	case keyStream:
		f.source = fromStream
	default:
		path, err := p.path(start+1, content)
		if err != nil {
			return err
		}
		f.path, p.route.json = path, true
	}
	p.route.parts = append(p.route.parts, f)
	return nil
}

// path parses content, the JSON path that starts at byte pos of the text.
func (p *routeParser) path(pos int, content string) ([]step, error) {
	if rest, ok := strings.CutPrefix(content, jsonRoot); ok {
		pos, content = pos+len(jsonRoot), rest
	}
	var path []step
	for _, segment := range strings.Split(content, ".") {
		steps, err := p.segment(pos, segment)
		if err != nil {
			return nil, err
		}
		path = append(path, steps...)
		pos += len(segment) + 1
	}
	return path, nil
}

// segment parses a name with any number of array indexes behind it.
func (p *routeParser) segment(pos int, segment string) ([]step, error) {
	name, rest, indexed := strings.Cut(segment, "[")
	if name == "" {
		return nil, p.errorAt(pos, "a name in a JSON path must not be empty")
	}
	if i := strings.IndexFunc(name, notInName); i >= 0 {
		r, _ := utf8.DecodeRuneInString(name[i:])
		return nil, p.errorAt(pos+i, "%q is not allowed in a name of a JSON path", r)
	}
	steps := []step{{name: name}}
	pos += len(name)
	for indexed {
		var digits string
		digits, rest, indexed = strings.Cut(rest, "[")
		number, closed := strings.CutSuffix(digits, "]")
		index, err := strconv.ParseUint(number, 10, 0)
		if !closed || err != nil || len(number) > maxIndexDigits {
			return nil, p.errorAt(pos, "an array index is written [n], n of 1 to %d digits", maxIndexDigits)
		}
		steps = append(steps, step{index: int(index)})
		pos += len(digits) + 1
	}
	return steps, nil
}

func notInName(r rune) bool {
	return r == '"' || r == ']' || r == utf8.RuneError || unicode.IsControl(r)
}

// checkShape checks what no single column breaks: the number of tokens and the
// length of the shortest topic that the route can make.
func (p *routeParser) checkShape() error {
	var shortest strings.Builder
	for _, part := range p.route.parts {
		shortest.WriteString(part.literal)
		if part.name != "" {
			shortest.WriteByte('x')
		}
	}
	if err := topic.Validate(shortest.String()); err != nil {
		return p.errorAt(0, "makes no valid topic: %w", err)
	}
	return nil
}

func (p *routeParser) errorAt(pos int, format string, args ...any) error {
	column := utf8.RuneCountInString(p.text[:pos]) + 1
	return fmt.Errorf("route: column %d: "+format, append([]any{column}, args...)...)
}
