package schema

import (
	"maps"
	"regexp"
	"slices"
	"sync"
)

// Kind is the JSON-visible type of a shape.
type Kind int

// The kinds that occur in requests.
const (
	String Kind = iota + 1
	Integer
	Long
	Boolean
	Timestamp
	Blob
	List
	Map
	Structure
)

// Shape is one type of the API with its constraints.
type Shape struct {
	// Name is the shape's name in the model; lists of structures print it.
	Name string
	Kind Kind
	// Min and Max bound the value of a number, the length of everything else.
	Min, Max *int64
	// Pattern is the regular expression of a string, without anchors, as the service prints it.
	Pattern string
	Enum    []string
	// Member is the element of a list, or the value of a map.
	Member *Shape
	// Key is the key of a map.
	Key *Shape
	// Fields are a structure's members in the order in which faults are reported.
	Fields []Field

	// match compiles Pattern at its first use.
	match func() *regexp.Regexp
}

// Field is one member of a structure.
type Field struct {
	Name     string
	Required bool
	Shape    *Shape
}

// Operation is one operation of the API with the shape of its input.
type Operation struct {
	Name  string
	Input *Shape
}

// Table holds every operation of the API, served or not.
type Table struct {
	operations map[string]*Operation
}

// New builds the table of the Kinesis API.
func New() *Table {
	t := &Table{operations: map[string]*Operation{}}
	for name, input := range operations() {
		prepare(input)
		t.operations[name] = &Operation{Name: name, Input: input}
	}
	return t
}

// Operation gives the operation called name, if the API has it.
func (t *Table) Operation(name string) (*Operation, bool) {
	op, ok := t.operations[name]
	return op, ok
}

// Names gives the names of all operations in the order of the alphabet.
func (t *Table) Names() []string { return slices.Sorted(maps.Keys(t.operations)) }

// prepare readies the pattern of s and of all shapes below it.
func prepare(s *Shape) {
	if s == nil || s.match != nil {
		return
	}
	s.match = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:` + s.Pattern + `)$`)
	})
	prepare(s.Member)
	prepare(s.Key)
	for _, f := range s.Fields {
		prepare(f.Shape)
	}
}
