package filter

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/spillway/spillway/pkg/event"
)

// Event is an encoded event as filters see it. What a filter asks for is taken out of
// the encoding when the first one asks, and kept for the others. Use one for many events,
// by Reset, for it keeps its memory. It belongs to one goroutine.
type Event struct {
	raw    event.Raw
	fields event.Fields
	// read and scanned tell what has been taken out of raw so far; broken, that the
	// encoding is none.
	read, broken, scanned, isJSON bool

	nodes  []node // of the data
	values [numVariables]ref.Val
	spent  uint64 // by the filter that looks at it
}

// keepNodes is how many nodes an Event keeps memory for between events: those of an
// unusually large one are given back.
const keepNodes = 1 << 12

// Reset has e be another event, whose bytes must not change until the next Reset.
func (e *Event) Reset(raw event.Raw) {
	nodes := e.nodes[:0]
	if cap(nodes) > keepNodes {
		nodes = nil
	}
	*e = Event{raw: raw, nodes: nodes}
}

// ResolveName implements cel.Activation.
func (e *Event) ResolveName(name string) (any, bool) {
	v, ok := variableOf(name)
	if !ok {
		return nil, false
	}
	if e.values[v] == nil {
		e.values[v] = e.value(v)
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
	if !e.read {
		var err error
		e.fields, err = e.raw.Fields()
		e.read, e.broken = true, err != nil
	}
	if e.broken {
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

// data returns the data as JSON.
func (e *Event) data() ref.Val {
	s := scanner{event: e, text: e.fields.Data, nodes: e.nodes[:0]}
	ok := s.scan()
	e.nodes = s.nodes
	if !ok {
		return types.NewErr("the data is not JSON")
	}
	return e.nodes[0].value()
}
