package cloudformation

import (
	"reflect"
	"slices"
)

// changeDetail says which attribute of a resource changes, and why.
type changeDetail struct {
	attribute, name, recreation string // Properties with the property's name, or another attribute
	kind                        string // Add, Modify or Remove, for properties
	dynamic                     bool   // known only while the change is made
	source, cause               string // ParameterReference and so on, with the entity; empty is DirectModification
}

// compare returns the change from old to the declaration with its evaluated properties, nil without one.
func compare(sch *schema, old *resource, d resourceDecl, properties map[string]any) *change {
	c := change{action: "Modify", logicalID: old.logicalID, physicalID: old.physicalID, typ: d.typ, replacement: "False"}
	for _, name := range changedProperties(old.properties, properties) {
		detail := changeDetail{
			attribute: "Properties", name: name, recreation: sch.recreation(name), kind: kindOf(old.properties, properties, name), dynamic: unmade(properties[name]),
		}
		switch {
		case detail.recreation == "Always" && !detail.dynamic:
			c.replacement = "True"
		case detail.recreation != "Never" && c.replacement == "False":
			c.replacement = "Conditional"
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

func kindOf(old, fresh map[string]any, name string) string {
	if _, had := old[name]; !had {
		return "Add"
	}
	if _, has := fresh[name]; !has {
		return "Remove"
	}
	return "Modify"
}

func (c *change) withPolicy(p policy) *change {
	if c.replacement == "False" {
		return c
	}
	switch p {
	case policyRetain:
		c.policyAction = "ReplaceAndRetain"
	case policySnapshot:
		c.policyAction = "ReplaceAndSnapshot"
	default:
		c.policyAction = "ReplaceAndDelete"
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

// withTags adds that a stack's tags change, to a resource that takes them over.
func (p *planner) withTags(c *change, sch *schema, old *resource, d resourceDecl) *change {
	if slices.Equal(p.set.tags, p.st.settings.tags) || !sch.takesTags() {
		return c
	}
	if c == nil {
		c = &change{action: "Modify", logicalID: old.logicalID, physicalID: old.physicalID, typ: d.typ, replacement: "False"}
	}
	c.scope = append(c.scope, "Tags")
	c.details = append(c.details, changeDetail{attribute: "Tags", recreation: "Never"})
	return c
}

// explain replaces each detail about a property by one for each cause of its change.
func (p *planner) explain(c *change, d resourceDecl) {
	var out []changeDetail
	for _, detail := range c.details {
		if detail.attribute != "Properties" {
			out = append(out, detail)
			continue
		}
		out = append(out, p.causes(c.logicalID, detail, d)...)
	}
	c.details = out
}

// causes are the parameters and resources that a property's change comes from, and the template itself. For a property that
// refers to a changed parameter and was not edited AWS tells a dynamic direct modification, too.
func (p *planner) causes(id string, detail changeDetail, d resourceDecl) []changeDetail {
	var out []changeDetail
	m, _ := d.properties.(mapExpr)
	seen := map[reference]bool{}
	add := func(source, cause string, dynamic bool) {
		next := detail
		next.source, next.cause, next.dynamic = source, cause, dynamic
		out = append(out, next)
	}
	fromParameter := false
	walk(m[detail.name], func(e expression) {
		switch f := e.(type) {
		case refFn:
			if _, ok := p.t.parameters[f.name]; ok && !seen[reference{f.name, false}] && p.set.resolved[f.name] != p.st.settings.resolved[f.name] {
				add("ParameterReference", f.name, detail.dynamic)
				fromParameter = true
			} else if p.unsure[f.name] && !seen[reference{f.name, false}] {
				add("ResourceReference", f.name, true)
			}
			seen[reference{f.name, false}] = true
		case getAttFn:
			if text, ok := f.attribute.(literal); ok && p.changed[f.logicalID] {
				name, _ := text.value.(string)
				if cause := (reference{f.logicalID + "." + name, true}); !seen[cause] {
					add("ResourceAttribute", cause.name, true)
					seen[cause] = true
				}
			}
		}
	})
	switch edited := p.edited(id, detail.name); {
	case edited || out == nil:
		add("", "", detail.dynamic)
	case fromParameter:
		add("", "", true)
	}
	return out
}

// edited says whether a property's text in the template differs from the one before.
func (p *planner) edited(id, name string) bool {
	return !reflect.DeepEqual(p.t.rawProperty(id, name), p.st.template.rawProperty(id, name))
}

// rawProperty is a property as the template has it, nil where there is none.
func (t *template) rawProperty(id, name string) any {
	if t == nil {
		return nil
	}
	resources, _ := t.document["Resources"].(map[string]any)
	body, _ := resources[id].(map[string]any)
	properties, _ := body["Properties"].(map[string]any)
	return properties[name]
}
