package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
)

// parser reads a pattern token by token, so that a name that comes twice is seen.
type parser struct{ dec *json.Decoder }

func (p parser) expect(want json.Token) error {
	got, err := p.dec.Token()
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%v where %v is expected", got, want)
	}
	return nil
}

// object reads what follows an opening brace.
func (p parser) object() (*object, error) {
	o := &object{fields: map[string]node{}}
	for p.dec.More() {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		if _, twice := o.fields[name]; twice {
			return nil, fmt.Errorf("%q comes twice", name)
		}
		if name == "$or" {
			err = p.or(o)
		} else {
			o.fields[name], err = p.node()
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
	}
	if len(o.fields) == 0 && len(o.ors) == 0 {
		return nil, errors.New("an empty object is not allowed")
	}
	return o, p.expect(json.Delim('}'))
}

func (p parser) name() (string, error) {
	t, err := p.dec.Token()
	name, ok := t.(string)
	if err == nil && !ok {
		err = fmt.Errorf("%v where a name is expected", t)
	}
	return name, err
}

func (p parser) node() (node, error) {
	t, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		return p.object()
	case json.Delim('['):
		return p.leaf()
	}
	return nil, errors.New("must be an object or an array")
}

// or reads the alternatives of a $or.
func (p parser) or(o *object) error {
	if err := p.expect(json.Delim('[')); err != nil {
		return err
	}
	var alternatives []*object
	for p.dec.More() {
		if err := p.expect(json.Delim('{')); err != nil {
			return err
		}
		alternative, err := p.object()
		if err != nil {
			return err
		}
		alternatives = append(alternatives, alternative)
	}
	if len(alternatives) < 2 {
		return errors.New("must have at least two alternatives")
	}
	o.ors = append(o.ors, alternatives)
	return p.expect(json.Delim(']'))
}

// leaf reads what follows the opening bracket of a list of rules.
func (p parser) leaf() (leaf, error) {
	var rules leaf
	for p.dec.More() {
		var raw json.RawMessage
		if err := p.dec.Decode(&raw); err != nil {
			return nil, err
		}
		r, err := parseRule(raw)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	if len(rules) == 0 {
		return nil, errors.New("an empty array is not allowed")
	}
	return rules, p.expect(json.Delim(']'))
}
