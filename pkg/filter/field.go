package filter

import (
	"bytes"
	"cmp"
	"strconv"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// field is a variable, or what is at the end of a path into the data.
type field struct {
	variable variable
	path     []string
}

// fieldOf returns the field that an expression names, if it is one that a test may ask
// for: the data as a whole is not.
func fieldOf(e ast.Expr) (field, bool) {
	f, ok := holderOf(e)
	if ok && len(f.path) == 0 {
		return f, false
	}
	if !ok && e.Kind() == ast.IdentKind {
		f.variable, ok = variableOf(e.AsIdent())
		ok = ok && f.variable != varTime
	}
	return f, ok
}

// holderOf returns the field of the data, or the data, that an expression names.
func holderOf(e ast.Expr) (field, bool) {
	switch e.Kind() {
	case ast.IdentKind:
		v, ok := variableOf(e.AsIdent())
		return field{variable: v}, ok && v == varData
	case ast.SelectKind:
		sel := e.AsSelect()
		f, ok := holderOf(sel.Operand())
		f.path = append(f.path, sel.FieldName())
		return f, ok && !sel.IsTestOnly()
	case ast.CallKind:
		if call := e.AsCall(); call.FunctionName() == operators.Index {
			f, ok := holderOf(call.Args()[0])
			key, isKey := constantOf(call.Args()[1])
			f.path = append(f.path, string(key.text))
			return f, ok && isKey && key.kind == kindString
		}
	}
	return field{}, false
}

// value makes v the value of f in an event. It returns false where that is an error to
// CEL. To return an atom takes longer.
func (f *field) value(e *Event, v *atom) bool {
	switch f.variable {
	case varData:
		n := f.node(e)
		return n != nil && n.read(v)
	case varTopic:
		v.kind, v.text = kindString, e.raw.Topic
		return true
	}
	if !e.readFields() {
		return false
	}
	switch f.variable {
	case varID:
		v.kind, v.text = kindString, e.fields.ID
	case varPartitionKey:
		v.kind, v.text = kindString, e.fields.PartitionKey
	default:
		v.kind, v.number = kindNumber, float64(len(e.fields.Data))
	}
	return true
}

// node returns the node at the end of the path; nil if there is none.
func (f *field) node(e *Event) *node {
	if !e.readData() {
		return nil
	}
	n := &e.nodes[0]
	for _, name := range f.path {
		if n.kind != kindObject {
			n.charge()
			return nil
		}
		if n = (*object)(n).member(name); n == nil {
			return nil
		}
	}
	return n
}

// flag tests a bool. What is none has the result other.
func (f field) flag(other Result) test {
	return func(e *Event) Result {
		var v atom
		if !f.value(e, &v) {
			return None
		}
		switch v.kind {
		case kindTrue:
			return True
		case kindFalse:
			return False
		default:
			return other
		}
	}
}

// atom is a value as tests see it, which takes no memory.
type atom struct {
	kind   kind
	number float64
	text   []byte // of a string
}

// charge has what is no object be paid for as if CEL had its value.
func (n *node) charge() bool {
	if n.self == 0 {
		v, _ := n.event.ResolveName("data") // which is paid for once
		_, none := v.(*types.Err)
		return !none
	}
	var v atom
	return n.read(&v)
}

// read makes v the value of n. It returns false if n has none. It costs what value costs.
func (n *node) read(v *atom) bool {
	v.kind = n.kind
	switch n.kind {
	case kindNumber:
		b := n.event.fields.Data[n.text.from:n.text.to]
		n.event.spend(len(b) / bytesPerUnit)
		var err error
		v.number, err = strconv.ParseFloat(string(b), 64)
		return err == nil
	case kindString:
		if n.text.escaped {
			v.text = []byte(n.event.text(n.text))
			return true
		}
		v.text = n.event.fields.Data[n.text.from:n.text.to]
		n.event.spend(len(v.text) / bytesPerUnit)
	}
	return true
}

// equal tells whether v is a constant.
func (v *atom) equal(c *atom) bool {
	if v.kind != c.kind {
		return false
	}
	switch v.kind {
	case kindNumber:
		return v.number == c.number
	case kindString:
		return bytes.Equal(v.text, c.text)
	}
	return true
}

// compare compares v with a constant. ok is false if they have no order.
func (v *atom) compare(c *atom) (order int, ok bool) {
	switch {
	case v.isBool() && c.isBool():
		return cmp.Compare(v.kind, c.kind), true
	case v.kind != c.kind:
		return 0, false
	case v.kind == kindNumber:
		return cmp.Compare(v.number, c.number), true
	case v.kind == kindString:
		return bytes.Compare(v.text, c.text), true
	}
	return 0, false
}

func (v *atom) isBool() bool { return v.kind == kindTrue || v.kind == kindFalse }

// set is a list of constants that is looked through at once.
type set struct {
	strings map[string]bool
	numbers map[float64]bool
	words   [kindTrue + 1]bool
}

func (s *set) add(c *atom) {
	switch c.kind {
	case kindString:
		s.strings[string(c.text)] = true
	case kindNumber:
		s.numbers[c.number] = true
	default:
		s.words[c.kind] = true
	}
}

func (s *set) has(v *atom) bool {
	switch v.kind {
	case kindString:
		return s.strings[string(v.text)]
	case kindNumber:
		return s.numbers[v.number]
	case kindNull, kindFalse, kindTrue:
		return s.words[v.kind]
	}
	return false
}
