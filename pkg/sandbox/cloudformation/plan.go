package cloudformation

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// plan is what an operation would do to a stack, worked out before anything is touched.
type plan struct {
	changes []change
	// outputsChanged and tagsChanged are changes that need no resource.
	outputsChanged, tagsChanged bool
	outputs                     []output
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
	before, after              map[string]any // properties; nil where there are none
	nested                     *nestedPlan
}

// nestedPlan is what would become of a nested stack.
type nestedPlan struct {
	st       *stack // nil for one that is still to be made
	template *template
	settings settings
	plan     plan
}

// intent is what a stack is planned with.
type intent struct {
	st      *stack // an empty one where there is none yet
	t       *template
	set     settings
	sources *sources
	path    string // of the stack, with a slash at its end; empty for a root
}

// planner evaluates a template against a stack without touching it. Service.mu is held.
type planner struct {
	intent
	svc     *Service
	scope   *scope
	unsure  map[string]bool           // resources whose physical id and attributes the operation will decide
	changed map[string]bool           // resources that the operation changes
	outputs map[string]map[string]any // of nested stacks, as they will be
}

// plan works out what an intent would change. Errors in the template that show before anything is made are returned.
func (s *Service) plan(in intent) (plan, error) {
	p := &planner{intent: in, svc: s, unsure: map[string]bool{}, changed: map[string]bool{}, outputs: map[string]map[string]any{}}
	sc, err := s.scopeOf(in.st, in.t, in.set)
	if err != nil {
		return plan{}, err
	}
	sc.path = in.path
	if in.st.id == "" {
		name, id := stackPlaceholders(in.path)
		sc.pseudo["AWS::StackName"], sc.pseudo["AWS::StackId"] = name, id
	}
	p.scope = sc
	sc.resource = p.resource
	order, _ := topological(slices.Sorted(maps.Keys(in.t.resources)), in.t.dependencies())
	var out plan
	for _, id := range order {
		c, err := p.resourceChange(id)
		if err != nil {
			return plan{}, err
		}
		if c != nil {
			p.changed[id] = true
			out.changes = append(out.changes, *c)
		}
	}
	out.changes = append(out.changes, p.removals()...)
	slices.SortStableFunc(out.changes, func(a, b change) int { return strings.Compare(a.logicalID, b.logicalID) })
	if out.outputs, err = in.t.evaluateOutputs(sc); err != nil {
		return plan{}, err
	}
	out.outputsChanged = !reflect.DeepEqual(out.outputs, in.st.outputs) && (len(out.outputs) > 0 || len(in.st.outputs) > 0)
	out.tagsChanged = !slices.Equal(in.set.tags, in.st.settings.tags)
	out.imported = sc.imported
	return out, nil
}

// resource is the planner's view: what exists keeps its id unless the plan replaces it.
func (p *planner) resource(id string) (resourceValue, bool) {
	d, declared := p.t.resources[id]
	if !declared || !p.t.wanted(id, p.scope) {
		return resourceValue{}, false
	}
	v := resourceValue{typ: d.typ}
	if r, ok := p.st.resources[id]; ok && r.exists() && !p.unsure[id] {
		v = resourceValue{known: true, physicalID: r.physicalID, attributes: r.attributes, typ: r.typ}
	}
	if outputs, ok := p.outputs[id]; ok {
		v.attributes = map[string]any{"Outputs": outputs}
	}
	return v, true
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
	sch := p.svc.schemas[d.typ]
	if conformed, err := sch.conform(id, properties); err == nil {
		properties = conformed // what does not conform fails when the resource is made, as in AWS
	}
	old, had := p.st.resources[id]
	had = had && old.exists()
	if had && old.typ != d.typ {
		return nil, validationError("Update of resource type is not permitted. The new template modifies resource type of the following resources: [%s]", id)
	}
	var nested *nestedPlan
	if d.typ == stackResourceType {
		nested = p.nested(id, old, properties)
	}
	if !had {
		p.unsure[id] = true
		return &change{action: "Add", logicalID: id, typ: d.typ, after: properties, nested: nested}, nil
	}
	c := compare(sch, old, d, properties)
	c = p.withTags(c, sch, old, d)
	if c != nil {
		p.explain(c, d)
	}
	if nested != nil && !nested.plan.empty() {
		c = nested.changeOf(c, old)
	}
	if c == nil {
		return nil, nil
	}
	if c.nested = nested; c.replacement != "False" {
		p.unsure[id] = true
	}
	c.before, c.after = old.properties, properties
	return c, nil
}

// nested plans a nested stack; nil where that cannot be done. A change set was refused for it before; without one it is met when the
// stack is made, as in AWS.
func (p *planner) nested(id string, old *resource, properties map[string]any) *nestedPlan {
	address, _ := properties["TemplateURL"].(string)
	t := p.sources.template(address)
	if t == nil || strings.Count(p.path, "/") >= maxNesting {
		return nil
	}
	path := p.path + id + "/"
	expanded, set, err := p.svc.nestedSettings(context.Background(), nestedInput{t, properties, p.set, path}, p.sources)
	if err != nil {
		return nil
	}
	out := &nestedPlan{template: expanded, settings: set}
	in := intent{st: &stack{resources: map[string]*resource{}}, t: expanded, set: set, sources: p.sources, path: path}
	if old != nil && old.exists() && p.svc.stacks[old.physicalID] != nil {
		out.st = p.svc.stacks[old.physicalID]
		in.st = out.st
	}
	if out.plan, err = p.svc.plan(in); err != nil {
		return nil
	}
	maps.Copy(p.scope.imported, out.plan.imported)
	p.outputs[id] = outputValues(out.plan.outputs)
	return out
}

// changeOf adds what changes inside of a nested stack to what changes about it.
func (n *nestedPlan) changeOf(c *change, old *resource) *change {
	if c == nil {
		c = &change{action: "Modify", logicalID: old.logicalID, physicalID: old.physicalID, typ: old.typ, replacement: "False", scope: []string{"Properties"}}
	}
	c.details = append(c.details, changeDetail{attribute: "Properties", recreation: "Never", dynamic: true, source: "Automatic"})
	return c
}

func (p *planner) removals() []change {
	var out []change
	for _, r := range p.st.sortedResources() {
		_, declared := p.t.resources[r.logicalID]
		if !r.exists() || declared && p.t.wanted(r.logicalID, p.scope) {
			continue
		}
		c := change{action: "Remove", logicalID: r.logicalID, physicalID: r.physicalID, typ: r.typ, before: r.properties}
		switch r.deletion {
		case policyDelete:
			c.policyAction = "Delete"
		case policySnapshot:
			c.policyAction = "Snapshot"
		default:
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
