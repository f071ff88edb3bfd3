package relations

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// Check returns what is wrong between the resources of a tree that is to be made in a region by an account, sorted by paths.
func Check(region, accountID string, t cloudformation.Tree) []cloudformation.Finding {
	tr := newTree(t)
	tr.region, tr.account = region, accountID
	var all []cloudformation.Finding
	for _, check := range checks() {
		all = append(all, check(tr)...)
	}
	slices.SortStableFunc(all, func(a, b cloudformation.Finding) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// checks are all of them.
func checks() []func(*tree) []cloudformation.Finding {
	return []func(*tree) []cloudformation.Finding{
		reachRedis, reachTarget, reachEndpoint, routeOut, routePublic, oneVPC,
		roleTrust, roleFunction, roleMapping, roleTask, targetPort, listeners, logGroups,
	}
}

// tree is a tree of stacks, by paths and types.
type tree struct {
	region, account string
	all             []*resource
	byPath          map[string]*resource
}

// resource is one of the tree.
type resource struct {
	path, typ  string
	properties map[string]any
}

func newTree(t cloudformation.Tree) *tree {
	tr := &tree{byPath: make(map[string]*resource, len(t.Resources))}
	for _, p := range t.Resources {
		r := &resource{p.Path, p.Type, p.Properties}
		tr.all = append(tr.all, r)
		tr.byPath[p.Path] = r
	}
	return tr
}

// of lists the resources of a type.
func (t *tree) of(typ string) []*resource {
	var out []*resource
	for _, r := range t.all {
		if r.typ == typ {
			out = append(out, r)
		}
	}
	return out
}

// made returns the resource whose id or attribute a property is; nil is one that the tree has not.
func (t *tree) made(v any) *resource {
	s, _ := v.(string)
	p, ok := cloudformation.ParsePlaceholder(s)
	if !ok || p.Derived {
		return nil
	}
	return t.byPath[p.Path]
}

// madeAll returns those of a list, and whether it has all of them.
func (t *tree) madeAll(v any) (found []*resource, whole bool) {
	whole = true
	for _, item := range list(v) {
		if r := t.made(item); r != nil {
			found = append(found, r)
		} else {
			whole = false
		}
	}
	return found, whole
}

// id is what other resources say that mean this one's id.
func (r *resource) id() string { return cloudformation.Placeholder{Path: r.path}.String() }

func (r *resource) attribute(name string) string {
	return cloudformation.Placeholder{Path: r.path, Attribute: name}.String()
}

// at follows property names into a resource.
func (r *resource) at(names ...string) any { return at(r.properties, names...) }

func at(v any, names ...string) any {
	for _, name := range names {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func text(v any) string {
	switch t := v.(type) {
	case nil:
		return ""
	case string:
		return t
	}
	return fmt.Sprint(v)
}

// list is a value as a list: one that is none is its only item.
func list(v any) []any {
	switch t := v.(type) {
	case nil:
		return nil
	case []any:
		return t
	}
	return []any{v}
}

// number is a port or a count; ok is false where it is none, or not known yet.
func number(v any) (n int, ok bool) {
	switch t := v.(type) {
	case int64:
		return int(t), true
	case int:
		return t, true
	case float64:
		return int(t), true
	case string:
		_, err := fmt.Sscanf(t, "%d", &n)
		return n, err == nil && fmt.Sprint(n) == t
	}
	return 0, false
}

// problem is what is wrong, what AWS does then, and what mends it.
type problem struct{ wrong, aws, mend string }

// finding is a problem of a resource.
func (r *resource) finding(rule, property string, p problem) cloudformation.Finding {
	return cloudformation.Finding{
		Path: r.path, Property: property, Rule: rule, Message: fmt.Sprintf("%s. On AWS %s. To mend it, %s", p.wrong, p.aws, p.mend),
	}
}
