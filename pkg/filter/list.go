package filter

import (
	"errors"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// list is a list of JSON.
type list node

var (
	_ traits.Lister   = (*list)(nil)
	_ traits.Foldable = (*list)(nil)
)

// Get implements traits.Indexer.
func (l *list) Get(index ref.Val) ref.Val {
	at, err := types.GetOrError(index)
	if err != nil {
		return types.WrapErr(err)
	}
	if at < 0 || at >= int(l.count) {
		return types.NewErr("index out of range")
	}
	l.event.spend(at / keysPerUnit)
	i := l.self + 1
	for range at {
		i = l.event.nodes[i].after
	}
	return l.event.nodes[i].value()
}

// Contains implements traits.Container.
func (l *list) Contains(v ref.Val) ref.Val {
	found := types.False
	(*node)(l).children(func(n *node) bool {
		found = types.Bool(types.Equal(n.value(), v) == types.True)
		return !bool(found)
	})
	return found
}

// Size implements traits.Sizer.
func (l *list) Size() ref.Val { return types.Int(l.count) }

// Add implements traits.Adder.
func (l *list) Add(other ref.Val) ref.Val { return l.native().Add(other) }

// Iterator implements traits.Iterable.
func (l *list) Iterator() traits.Iterator { return l.native().Iterator() }

// native returns l as a list that CEL has made.
func (l *list) native() traits.Lister {
	vs := make([]ref.Val, 0, l.count)
	(*node)(l).children(func(n *node) bool {
		vs = append(vs, n.value())
		return true
	})
	return types.NewRefValList(types.DefaultTypeAdapter, vs)
}

// Fold implements traits.Foldable.
func (l *list) Fold(f traits.Folder) {
	i := types.Int(0)
	(*node)(l).children(func(n *node) bool {
		i++
		return f.FoldEntry(i-1, n.value())
	})
}

// Equal implements ref.Val.
func (l *list) Equal(other ref.Val) ref.Val {
	o, ok := other.(traits.Lister)
	if !ok || o.Size() != l.Size() {
		return types.False
	}
	equal, it := types.True, o.Iterator()
	(*node)(l).children(func(n *node) bool {
		equal = types.Bool(types.Equal(n.value(), it.Next()) == types.True)
		return bool(equal)
	})
	return equal
}

// Type implements ref.Val.
func (*list) Type() ref.Type { return types.ListType }

// Value implements ref.Val.
func (l *list) Value() any { return l }

// ConvertToType implements ref.Val.
func (l *list) ConvertToType(t ref.Type) ref.Val { return convert(l, t) }

// ConvertToNative implements ref.Val.
func (l *list) ConvertToNative(reflect.Type) (any, error) { return nil, errNative }

var errNative = errors.New("has no native form")

// convert converts an object or a list to another type: itself, or its type.
func convert(v ref.Val, t ref.Type) ref.Val {
	switch t {
	case v.Type():
		return v
	case types.TypeType:
		return v.Type().(*types.Type)
	}
	return types.NewErr("no conversion from %s to %s", v.Type().TypeName(), t.TypeName())
}
