package cloudformation

import "fmt"

// Tree is a root stack with its nested stacks as their templates ask for it, before anything of it is made or changed.
type Tree struct {
	// StackName is the root stack's.
	StackName string
	// Resources are those of all stacks in it whose conditions hold, sorted by Path.
	Resources []Planned
}

// Planned is one resource of a Tree.
type Planned struct {
	// Path leads to the resource: logical ids from the root stack down, such as Network/Vpc.
	Path string
	Type string
	// Properties are evaluated and have the types of their schema. What only a made resource has is a Placeholder's text, for
	// resources that exist already, too, so that a relation always reads the same: Placeholder{Path: "Network/Vpc"}.String().
	Properties map[string]any
}

// Finding is something wrong with a Tree that no schema tells: a relation between resources that does not hold.
type Finding struct {
	// Path is the resource that it is about, and Property where in its properties, such as SubnetIds/0; Property may be empty.
	Path, Property string
	// Rule is a short name of what was checked, such as route-to-internet.
	Rule string
	// Message says what is wrong, as a sentence.
	Message string
	// Warning is only logged; anything else refuses the operation before it touches anything.
	Warning bool
}

// String is the finding in one line.
func (f Finding) String() string {
	where := f.Path
	if f.Property != "" {
		where += "/Properties/" + f.Property
	}
	return fmt.Sprintf("%s: %s (%s)", where, f.Message, f.Rule)
}
