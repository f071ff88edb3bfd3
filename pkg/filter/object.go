package filter

import (
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// object is an object of JSON, to CEL a map of strings. Of a key that is there more than
// once the last value counts, as to most who read JSON.
type object node

var (
	_ traits.Mapper   = (*object)(nil)
	_ traits.Foldable = (*object)(nil)
)

// Find implements traits.Mapper.
func (o *object) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return nil, false
	}
	if n := o.member(string(name)); n != nil {
		return n.value(), true
	}
	return nil, false
}

// member returns the value of a key, or nil.
func (o *object) member(name string) *node {
	e := o.event
	e.spend(int(o.count) / keysPerUnit)
	var found *node
	nodes, i := e.nodes, o.self+1
	for range o.count {
		n := &nodes[i]
		if k := &n.key; (k.escaped || int(k.to-k.from) == len(name)) && e.spells(*k, name) { // most differ in length
			found = n
		}
		i = n.after
	}
	return found
}

// spells tells whether a span of the data is the string text.
func (e *Event) spells(s span, text string) bool {
	if s.escaped {
		return e.text(s) == text
	}
	return string(e.fields.Data[s.from:s.to]) == text
}

// Contains implements traits.Container.
func (o *object) Contains(key ref.Val) ref.Val {
	name, ok := key.(types.String)
	return types.Bool(ok && o.member(string(name)) != nil)
}

// Get implements traits.Indexer.
func (o *object) Get(key ref.Val) ref.Val {
	if v, ok := o.Find(key); ok {
		return v
	}
	return types.NewErr("no such key")
}

// Size implements traits.Sizer.
func (o *object) Size() ref.Val { return types.Int(o.count) }

// Iterator implements traits.Iterable, over the keys.
func (o *object) Iterator() traits.Iterator {
	keys := make([]ref.Val, 0, o.count)
	(*node)(o).children(func(n *node) bool {
		keys = append(keys, types.String(o.event.text(n.key)))
		return true
	})
	return types.NewRefValList(types.DefaultTypeAdapter, keys).Iterator()
}

// Fold implements traits.Foldable.
func (o *object) Fold(f traits.Folder) {
	(*node)(o).children(func(n *node) bool {
		return f.FoldEntry(types.String(o.event.text(n.key)), n.value())
	})
}

// Equal implements ref.Val.
func (o *object) Equal(other ref.Val) ref.Val {
	m, ok := other.(traits.Mapper)
	if !ok || m.Size() != o.Size() {
		return types.False
	}
	equal := types.True
	(*node)(o).children(func(n *node) bool {
		v, found := m.Find(types.String(o.event.text(n.key)))
		equal = types.Bool(found && types.Equal(n.value(), v) == types.True)
		return bool(equal)
	})
	return equal
}

// Type implements ref.Val.
func (*object) Type() ref.Type { return types.MapType }

// Value implements ref.Val.
func (o *object) Value() any { return o }

// ConvertToType implements ref.Val.
func (o *object) ConvertToType(t ref.Type) ref.Val {
	return convert(o, t)
}

// ConvertToNative implements ref.Val.
func (o *object) ConvertToNative(reflect.Type) (any, error) { return nil, errNative }
