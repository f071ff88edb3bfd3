package policy

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spillway/spillway/pkg/topic"
)

// together checks the filters that any client has on one grant: each may be right, and
// all of them too much. If that were not told here, the client could not subscribe.
func (d *decoder) together() {
	if d.check == nil {
		return
	}
	grants := map[topic.Pattern][]placed{}
	for _, a := range d.sound {
		grants[a.pattern] = append(grants[a.pattern], a)
	}
	for _, a := range d.sound { // in the order of the file
		if on := grants[a.pattern]; len(on) > 1 {
			d.grant(on)
			delete(grants, a.pattern)
		}
	}
}

// grant checks what is attached to one grant.
func (d *decoder) grant(on []placed) {
	var all []int // that every client has
	own := map[string][]int{}
	for i, a := range on {
		if len(a.clients) == 0 {
			all = append(all, i)
		}
		for _, c := range a.clients {
			own[c] = append(own[c], i)
		}
	}
	if !d.joined(on, all, "every client") {
		return // nor are they right with others
	}
	checked := map[string]bool{fmt.Sprint(all): true}
	for _, client := range slices.Sorted(maps.Keys(own)) {
		has := slices.Sorted(slices.Values(slices.Concat(all, own[client])))
		if key := fmt.Sprint(has); !checked[key] {
			checked[key] = true
			d.joined(on, has, "client "+quote(client))
		}
	}
}

// joined checks some of what is attached to one grant, and tells whether it is right.
func (d *decoder) joined(on []placed, has []int, whose string) bool {
	if len(has) < 2 {
		return true
	}
	filters := make([]string, len(has))
	for i, at := range has {
		filters[i] = on[at].filter
	}
	err := d.check(filters)
	if err != nil {
		last, first, more := on[has[len(has)-1]], on[has[0]].path, ""
		if n := len(has) - 2; n > 0 {
			more = fmt.Sprintf(" and %d more", n)
		}
		d.add(last.path, last.node, "together with %s%s, for %s: %v", first, more, whose, err)
	}
	return err == nil
}
