package filter

import (
	"encoding/json"
	"fmt"
	"strconv"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// charge units: what costs about as much as a step of an evaluation.
const (
	keysPerUnit  = 16 // keys that are compared
	bytesPerUnit = 64 // bytes of a string that are copied, and handled later
)

// spend has the evaluation that goes on pay for work, and ends it if it has paid MaxCost.
// CEL's own count cannot do it alone: to it an access to a member costs the same however
// many members there are, and what is read from a text costs nothing.
func (e *Event) spend(units int) {
	if e.spent += uint64(units); e.spent > MaxCost {
		panic(interpreter.EvalCancelledError{Cause: interpreter.CostLimitExceeded, Message: "the data is too large for the filter"})
	}
}

// value returns what n is to CEL. Objects and lists are the node itself.
func (n *node) value() ref.Val {
	switch n.kind {
	case kindNull:
		return types.NullValue
	case kindFalse:
		return types.False
	case kindTrue:
		return types.True
	case kindNumber:
		return n.number()
	case kindString:
		return types.String(n.event.text(n.text))
	case kindList:
		return (*list)(n)
	default:
		return (*object)(n)
	}
}

// number returns the double that n is. One that is too large for it has no value.
func (n *node) number() ref.Val {
	b := n.event.fields.Data[n.text.from:n.text.to]
	n.event.spend(len(b) / bytesPerUnit)
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return types.NewErr("a number of the data is too large")
	}
	return types.Double(f)
}

// text returns the string that a span of the data spells.
func (e *Event) text(s span) string {
	b := e.fields.Data[s.from:s.to]
	e.spend(len(b) / bytesPerUnit)
	if !s.escaped {
		return string(b)
	}
	var text string
	if err := json.Unmarshal(e.fields.Data[s.from-1:s.to+1], &text); err != nil {
		panic(fmt.Sprintf("filter: a string that was scanned is none: %v", err))
	}
	return text
}

// children calls f for the nodes right in n, for as long as it returns true.
func (n *node) children(f func(*node) bool) {
	i := n.self + 1
	for range n.count {
		n.event.spend(1)
		child := &n.event.nodes[i]
		if !f(child) {
			return
		}
		i = child.after
	}
}
