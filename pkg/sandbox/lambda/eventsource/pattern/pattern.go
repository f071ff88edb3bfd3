package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Pattern is a parsed pattern.
type Pattern struct{ root *object }

// object is a pattern for an object: all its fields must match, and of each $or one alternative.
type object struct {
	fields map[string]node
	ors    [][]*object
}

// node is what a field of a pattern is: an *object or a leaf.
type node interface{ match(value any) bool }

// leaf lists rules of which one has to match.
type leaf []rule

// Parse reads a pattern. Its error says what is wrong with it.
func Parse(text string) (*Pattern, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	p := parser{dec: dec}
	if err := p.expect(json.Delim('{')); err != nil {
		return nil, fmt.Errorf("event pattern: %w", err)
	}
	root, err := p.object()
	if err != nil {
		return nil, fmt.Errorf("event pattern: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("event pattern: something follows the object")
	}
	return &Pattern{root: root}, nil
}

// Match tells whether a document, as package json decodes it with UseNumber, matches.
func (p *Pattern) Match(document map[string]any) bool { return p.root.match(document) }

// Mentions tells whether the pattern says anything of a field of the document, and whether it lists values for it in some
// place instead of naming its fields.
func (p *Pattern) Mentions(field string) (mentioned, listed bool) { return p.root.mentions(field) }

func (o *object) mentions(field string) (mentioned, listed bool) {
	if n, ok := o.fields[field]; ok {
		mentioned = true
		_, listed = n.(leaf)
	}
	for _, alternatives := range o.ors {
		for _, alternative := range alternatives {
			m, l := alternative.mentions(field)
			mentioned, listed = mentioned || m, listed || l
		}
	}
	return mentioned, listed
}

// match matches an object, or one of an array of them. What is neither has no fields.
func (o *object) match(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return o.matchFields(v)
	case []any:
		for _, element := range v {
			if o.match(element) {
				return true
			}
		}
		return len(v) == 0 && o.matchFields(nil)
	}
	return o.matchFields(nil)
}

func (o *object) matchFields(document map[string]any) bool {
	for name, n := range o.fields {
		value, present := document[name]
		if !present {
			value = absent{}
		}
		if !n.match(value) {
			return false
		}
	}
	for _, alternatives := range o.ors {
		if !anyMatches(alternatives, document) {
			return false
		}
	}
	return true
}

func anyMatches(alternatives []*object, document map[string]any) bool {
	for _, alternative := range alternatives {
		if alternative.matchFields(document) {
			return true
		}
	}
	return false
}

// absent stands for a field that is not there.
type absent struct{}

// match asks the rules about a value, or about the elements of an array. An object is no value: its fields are.
func (l leaf) match(value any) bool {
	values := scalars(nil, value)
	if len(values) == 0 {
		values = []any{absent{}}
	}
	for _, v := range values {
		for _, matches := range l {
			if matches(v) {
				return true
			}
		}
	}
	return false
}

func scalars(to []any, value any) []any {
	switch v := value.(type) {
	case absent, map[string]any:
		return to
	case []any:
		for _, element := range v {
			to = scalars(to, element)
		}
		return to
	}
	return append(to, value)
}
