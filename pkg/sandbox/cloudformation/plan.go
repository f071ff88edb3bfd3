package cloudformation

import (
	"maps"
	"reflect"
	"slices"
)

// plan is what an operation would do to a stack, worked out before anything is touched.
type plan struct {
	changes []change
	// outputsChanged and tagsChanged are changes that need no resource.
	outputsChanged, tagsChanged bool
	// imported are the exports of other stacks that the template reads.
	imported map[string]bool
}

func (p plan) empty() bool { return len(p.changes) == 0 && !p.outputsChanged && !p.tagsChanged }

// change is one resource that an operation would make, change or remove.
type change struct {
	action                     string // Add, Modify, Remove
	logicalID, physicalID, typ string
	replacement                string // True, False, Conditional; empty for Add and Remove
	scope                      []string
	details                    []changeDetail
	policyAction               string
}

// changeDetail says which attribute of a resource changes.
type changeDetail struct {
	attribute, name, recreation string // Properties with the property's name, or another attribute
	dynamic                     bool   // known only while the change is made
}

// planner evaluates a template against a stack without touching it. Service.mu is held.
type planner struct {
	svc    *Service
	st     *stack
	t      *template
	scope  *scope
	unsure map[string]bool // resources whose physical id and attributes the operation will decide
}

// plan works out what t with set would change. Errors in the template that show before anything is made are returned.
func (s *Service) plan(st *stack, t *template, set settings) (plan, error) {
	p := &planner{svc: s, st: st, t: t, unsure: map[string]bool{}}
	sc, err := s.scopeOf(st, t, set)
	if err != nil {
		return plan{}, err
	}
	p.scope = sc
	sc.resource = p.resource
	order, _ := topological(slices.Sorted(maps.Keys(t.resources)), t.dependencies())
	var out plan
	for _, id := range order {
		c, err := p.resourceChange(id)
		if err != nil {
			return plan{}, err
		}
		if c != nil {
			out.changes = append(out.changes, *c)
		}
	}
	out.changes = append(out.changes, p.removals()...)
	slices.SortStableFunc(out.changes, func(a, b change) int { return compareStrings(a.logicalID, b.logicalID) })
	outputs, err := t.evaluateOutputs(sc)
	if err != nil {
		return plan{}, err
	}
	out.outputsChanged = !reflect.DeepEqual(outputs, st.outputs) && (len(outputs) > 0 || len(st.outputs) > 0)
	out.tagsChanged = !slices.Equal(set.tags, st.settings.tags)
	out.imported = sc.imported
	return out, nil
}

func compareStrings(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// resource is the planner's view: what exists keeps its id unless the plan replaces it.
func (p *planner) resource(id string) (resourceValue, bool) {
	d, declared := p.t.resources[id]
	if !declared || !p.t.wanted(id, p.scope) {
		return resourceValue{}, false
	}
	r, ok := p.st.resources[id]
	if !ok || !r.exists() || p.unsure[id] {
		return resourceValue{typ: d.typ}, true
	}
	return resourceValue{known: true, physicalID: r.physicalID, attributes: r.attributes, typ: r.typ}, true
}

// wanted says whether a resource's condition holds.
func (t *template) wanted(id string, s *scope) bool {
	c := t.resources[id].condition
	return c == "" || s.conditions[c]
}

func (p *planner) resourceChange(id string) (*change, error) {
	if !p.t.wanted(id, p.scope) {
		return nil, nil
	}
	d := p.t.resources[id]
	properties, err := evaluateProperties(d, p.scope)
	if err != nil {
		return nil, err
	}
	old, had := p.st.resources[id]
	if !had || !old.exists() {
		p.unsure[id] = true
		return &change{action: "Add", logicalID: id, typ: d.typ}, nil
	}
	if old.typ != d.typ {
		return nil, validationError("Update of resource type is not permitted. The new template modifies resource type of the following resources: [%s]", id)
	}
	sch := p.svc.schemas[d.typ]
	if conformed, err := sch.conform(id, properties); err == nil {
		properties = conformed // what does not conform fails when the resource is made, as in AWS
	}
	c := compare(sch, old, d, properties)
	if c != nil && c.replacement != "False" {
		p.unsure[id] = true
	}
	return c, nil
}

// compare returns the change from old to the declaration with its evaluated properties, nil without one.
func compare(sch *schema, old *resource, d resourceDecl, properties map[string]any) *change {
	c := change{action: "Modify", logicalID: old.logicalID, physicalID: old.physicalID, typ: d.typ, replacement: "False"}
	for _, name := range changedProperties(old.properties, properties) {
		detail := changeDetail{attribute: "Properties", name: name, recreation: "Never", dynamic: unmade(properties[name])}
		if sch.recreates(name) {
			detail.recreation = "Always"
			switch {
			case !detail.dynamic:
				c.replacement = "True"
			case c.replacement == "False":
				c.replacement = "Conditional"
			}
		}
		c.details = append(c.details, detail)
	}
	if c.details != nil {
		c.scope = append(c.scope, "Properties")
	}
	for _, a := range []struct {
		name    string
		changed bool
	}{
		{"Metadata", !reflect.DeepEqual(old.metadata, d.metadata)},
		{"DeletionPolicy", old.deletion != d.deletion},
		{"UpdateReplacePolicy", old.updateReplace != d.updateReplace},
	} {
		if a.changed {
			c.scope = append(c.scope, a.name)
			c.details = append(c.details, changeDetail{attribute: a.name, recreation: "Never"})
		}
	}
	if c.details == nil {
		return nil
	}
	return c.withPolicy(d.updateReplace)
}

func (c *change) withPolicy(p policy) *change {
	if c.replacement != "False" {
		c.policyAction = "ReplaceAndDelete"
		if p == policyRetain {
			c.policyAction = "ReplaceAndRetain"
		}
	}
	return c
}

// changedProperties are the top-level properties that differ.
func changedProperties(old, fresh map[string]any) []string {
	var out []string
	for k, v := range fresh {
		if was, ok := old[k]; !ok || !reflect.DeepEqual(was, v) {
			out = append(out, k)
		}
	}
	for k := range old {
		if _, ok := fresh[k]; !ok {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

func (p *planner) removals() []change {
	var out []change
	for _, r := range p.st.sortedResources() {
		_, declared := p.t.resources[r.logicalID]
		if !r.exists() || declared && p.t.wanted(r.logicalID, p.scope) {
			continue
		}
		c := change{action: "Remove", logicalID: r.logicalID, physicalID: r.physicalID, typ: r.typ, policyAction: "Delete"}
		if r.deletion != policyDelete {
			c.policyAction = "Retain"
		}
		out = append(out, c)
	}
	return out
}

// scopeOf makes the scope a template is evaluated in, with its conditions decided.
func (s *Service) scopeOf(st *stack, t *template, set settings) (*scope, error) {
	sc := &scope{
		region: s.region, pseudo: pseudoParameters(s.region, s.account, st.name, st.id, set.notificationARNs),
		parameters: t.values(set.resolved), mappings: t.mappings, imported: map[string]bool{},
		export: func(name string) (string, bool) { return s.export(st, name) },
	}
	return sc, evaluateConditions(t.conditions, sc)
}

func evaluateProperties(d resourceDecl, sc *scope) (map[string]any, error) {
	v, err := d.properties.evaluate(sc)
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, validationError("Template format error: 'Properties' must be an object")
	}
	return m, nil
}
