package filter

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/spillway/spillway/pkg/event"
)

// Event is an encoded event as filters see it. What a filter asks for is taken out of
// the encoding when the first one asks, and kept for the others. Use one for many events,
// by Reset, for it keeps its memory, at most 3 MiB. It belongs to one goroutine.
type Event struct {
	raw     event.Raw
	fields  event.Fields
	read    bool // fields are those of raw
	broken  bool // raw has none
	named   bool // values has any
	scanned bool // nodes are those of the data, or empty if that is not JSON

	nodes  []node // of the data
	values [numVariables]ref.Val
	spent  uint64 // by the filter that looks at it
}

// Reset has e be another event, whose bytes must not change until the next Reset.
func (e *Event) Reset(raw event.Raw) {
	e.raw, e.read, e.scanned = raw, false, false
	if e.named {
		clear(e.values[:])
		e.named = false
	}
}

// ResolveName implements cel.Activation.
func (e *Event) ResolveName(name string) (any, bool) {
	v, ok := variableOf(name)
	if !ok {
		return nil, false
	}
	if e.values[v] == nil {
		e.values[v], e.named = e.value(v), true
	}
	return e.values[v], true
}

// Parent implements cel.Activation.
func (*Event) Parent() cel.Activation { return nil }

// value takes the value of a variable out of the event.
func (e *Event) value(v variable) ref.Val {
	if v == varTopic {
		return types.String(e.raw.Topic)
	}
	if !e.readFields() {
		return types.NewErr("the event is malformed")
	}
	switch v {
	case varID:
		return types.String(e.fields.ID)
	case varPartitionKey:
		return types.String(e.fields.PartitionKey)
	case varTime:
		return types.Timestamp{Time: e.fields.Arrival()}
	case varSize:
		return types.Int(len(e.fields.Data))
	default:
		return e.data()
	}
}

// readFields reads the fields of the event, and tells whether it has them.
func (e *Event) readFields() bool {
	if !e.read {
		var err error
		e.fields, err = e.raw.Fields()
		e.read, e.broken = true, err != nil
	}
	return !e.broken
}

// readData scans the data, and tells whether it is JSON.
func (e *Event) readData() bool {
	if !e.scanned {
		if !e.readFields() || !e.scan(e.fields.Data) {
			e.nodes = e.nodes[:0]
		}
		e.scanned = true
	}
	return len(e.nodes) > 0
}

// data returns the data as JSON.
func (e *Event) data() ref.Val {
	if !e.readData() {
		return types.NewErr("the data is not JSON")
	}
	return e.nodes[0].value()
}
