package authn

import (
	"bytes"
	"encoding/json"
)

// Whether a field must be there.
const required, optional = true, false

// object is a JSON object of a token, read strictly: package json finds fields in any
// case, and takes the last of several with the same name.
type object struct {
	fields map[string]json.RawMessage
	err    error // the first mistake
}

// parseObject reads the names of an object, of which each must be there once.
func parseObject(data []byte) (*object, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, notJWT()
	}
	o := &object{fields: make(map[string]json.RawMessage)}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, notJWT()
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, notJWT()
		}
		text, _ := name.(string)
		if _, twice := o.fields[text]; twice {
			return nil, refuse("the token has a field twice")
		}
		o.fields[text] = value
	}
	return o, nil
}

func (o *object) has(name string) bool { _, ok := o.fields[name]; return ok }

func (o *object) field(name string, must bool) (json.RawMessage, bool) {
	raw, ok := o.fields[name]
	if !ok && must {
		o.fail("the token has no %s", name)
	}
	return raw, ok
}

func (o *object) text(name string, must bool) string {
	raw, ok := o.field(name, must)
	if !ok {
		return ""
	}
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		o.fail("the token's %s must be a text", name)
		return ""
	}
	return *s
}

func (o *object) fail(format string, args ...any) {
	if o.err == nil {
		o.err = refuse(format, args...)
	}
}
