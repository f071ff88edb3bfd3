package schema

import "regexp"

// Kind is the JSON type of a shape.
type Kind int

// The kinds that occur in requests.
const (
	String Kind = iota + 1
	Integer
	Boolean
	List
	Map
	Structure
)

// Shape is one type of the API with its constraints.
type Shape struct {
	Kind Kind
	// Min and Max bound the value of a number and the length of everything else.
	Min, Max *int64
	// Pattern is the regular expression that a string must match, nil if any will do.
	Pattern *regexp.Regexp
	// Enum are the values a string may have, in the order in which they are told.
	Enum []string
	// Secret values are not repeated in a message.
	Secret bool
	// Member is the element of a list or the value of a map.
	Member *Shape
	// Key is the key of a map.
	Key *Shape
	// Fields are a structure's members.
	Fields []Field
}

// Field is one member of a structure.
type Field struct {
	Name     string
	Required bool
	Shape    *Shape
}

// Operation is an operation that is served, with the shape of its input.
type Operation struct {
	Name  string
	input *Shape
}

// Table holds every operation of the API.
type Table struct {
	served   map[string]*Shape
	unserved map[string]bool
}

// New builds the table.
func New() *Table {
	t := &Table{served: served(), unserved: map[string]bool{}}
	for _, name := range unserved() {
		t.unserved[name] = true
	}
	return t
}

// Operation returns the operation with that name, if it is served.
func (t *Table) Operation(name string) (*Operation, bool) {
	input, ok := t.served[name]
	return &Operation{Name: name, input: input}, ok
}

// Names returns the names of the operations that are served, in no particular order.
func (t *Table) Names() []string {
	names := make([]string, 0, len(t.served))
	for name := range t.served {
		names = append(names, name)
	}
	return names
}

// Unserved reports whether Cognito has an operation of that name that is not served.
func (t *Table) Unserved(name string) bool { return t.unserved[name] }
