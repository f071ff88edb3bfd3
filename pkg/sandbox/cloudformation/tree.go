package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What no tree may be, with or without a change set: working it out would take for ever.
var (
	errTooDeeplyNested = validationError("Stacks are nested deeper than %d levels", maxNesting)
	errTreeTooLarge    = validationError("Stack and what it nests have more than %d resources", maxTreeResources)
)

// treeReader reads a root stack with all that it nests before anything is touched. It works without Service.mu, for it reads
// templates and stored parameters from where they are.
type treeReader struct {
	svc       *Service
	src       *sources
	tree      Tree
	templates map[string]*template // of each resource, by its path
	problems  []string
	absent    []string // what parameters name and does not exist
}

// readTree evaluates a settled template and everything that it nests. Problems that only a whole tree shows are in the reader; the
// error is the first thing that made reading on impossible.
func (s *Service) readTree(ctx context.Context, name string, sub submission) (*treeReader, error) {
	r := &treeReader{svc: s, src: sub.sources, tree: Tree{StackName: name}, templates: map[string]*template{}}
	_, err := r.stack(ctx, level{name: name, t: sub.template, set: sub.settings})
	slices.SortFunc(r.tree.Resources, func(a, b Planned) int { return strings.Compare(a.Path, b.Path) })
	return r, err
}

// level is one stack of a tree.
type level struct {
	name, path string // path ends with a slash, and is empty for the root; only a root has a name yet
	t          *template
	set        settings
}

// stack reads one level and returns its outputs.
func (r *treeReader) stack(ctx context.Context, l level) (map[string]any, error) {
	if strings.Count(l.path, "/") > maxNesting {
		return nil, errTooDeeplyNested
	}
	r.absent = append(r.absent, r.svc.absent(ctx, l.t, l.set.resolved)...)
	sc := r.svc.earlyScope(l.t, l.set, l.name, l.path)
	sc.export = func(name string) (value string, ok bool) {
		r.svc.do(func() { value, ok = r.svc.export(nil, name) })
		return value, ok
	}
	if err := evaluateConditions(l.t.conditions, sc); err != nil {
		return nil, err
	}
	nested := map[string]map[string]any{}
	sc.resource = func(id string) (resourceValue, bool) {
		d, declared := l.t.resources[id]
		v := resourceValue{typ: d.typ}
		if outputs, ok := nested[id]; ok {
			v.attributes = map[string]any{"Outputs": outputs}
		}
		return v, declared && l.t.wanted(id, sc)
	}
	order, _ := topological(slices.Sorted(maps.Keys(l.t.resources)), l.t.dependencies())
	for _, id := range order {
		if !l.t.wanted(id, sc) {
			continue
		}
		outputs, err := r.resource(ctx, l, sc, id)
		if err != nil {
			return nil, err
		}
		if outputs != nil {
			nested[id] = outputs
		}
	}
	outputs, err := l.t.evaluateOutputs(sc)
	return outputValues(outputs), err
}

// stackPlaceholders stand for the name and the id of a stack that is still to be made.
func stackPlaceholders(path string) (name, id string) {
	p := Placeholder{Path: strings.TrimSuffix(path, "/"), Attribute: "AWS::StackName"}
	name = p.String()
	p.Attribute = "AWS::StackId"
	return name, p.String()
}

func outputValues(outputs []output) map[string]any {
	out := make(map[string]any, len(outputs))
	for _, o := range outputs {
		out[o.key] = o.value
	}
	return out
}

// resource reads one resource; a nested stack's outputs are returned.
func (r *treeReader) resource(ctx context.Context, l level, sc *scope, id string) (map[string]any, error) {
	d := l.t.resources[id]
	properties, err := evaluateProperties(d, sc)
	if err != nil {
		return nil, l.t.locate(err, "/Resources/"+id)
	}
	conformed, problems := r.svc.schemas[d.typ].check(properties)
	if problems != nil {
		r.note(l, id, problems)
	} else {
		properties = conformed
	}
	if len(r.tree.Resources) >= maxTreeResources {
		return nil, errTreeTooLarge
	}
	r.tree.Resources = append(r.tree.Resources, Planned{Path: l.path + id, Type: d.typ, Properties: properties})
	r.templates[l.path+id] = l.t
	if d.typ != stackResourceType || problems != nil {
		return nil, nil
	}
	return r.nested(ctx, l, id, properties)
}

// note keeps refused properties, with where it is.
func (r *treeReader) note(l level, id string, problems []problem) {
	for _, p := range problems {
		at := "/Resources/" + id + "/Properties" + p.path
		r.problems = append(r.problems, fmt.Sprintf("%s: %s%s/Properties%s: %s", l.t.place(at), l.path, id, p.path, p.text))
	}
}

// place is file:line of a path in the template.
func (t *template) place(path string) string {
	if line := t.lines.at(path); line > 0 {
		return fmt.Sprintf("%s:%d", t.sourceName(), line)
	}
	return t.sourceName()
}

func (t *template) sourceName() string {
	if t.source == "" {
		return "template"
	}
	return t.source
}

// locate puts file and line before an error's text.
func (t *template) locate(err error, path string) error {
	e := *asAPIError(err)
	e.message = t.place(path) + ": " + e.message
	return &e
}

// nested reads a nested stack, unless its template's address is still to be made.
func (r *treeReader) nested(ctx context.Context, l level, id string, properties map[string]any) (map[string]any, error) {
	address, _ := properties["TemplateURL"].(string)
	if unmade(address) || isDynamic(address) {
		return nil, nil
	}
	t, err := r.svc.nestedTemplate(ctx, r.src, address)
	if err == nil {
		child := level{path: l.path + id + "/"}
		store := recorder{r.svc.parameters, r.src}
		if child.t, child.set, err = r.svc.nestedSettings(ctx, nestedInput{t, properties, l.set, child.path}, store); err == nil {
			return r.stack(ctx, child)
		}
	}
	return nil, l.t.locate(fmt.Errorf("%s%s: %w", l.path, id, errors.New(reasonText(err))), "/Resources/"+id)
}

// refusal is what forbids the operation: parameters that name nothing, else properties that do not fit, else findings of Config.Check.
func (r *treeReader) refusal() error {
	if r.absent != nil {
		return absentError(r.absent)
	}
	if r.problems != nil {
		return validationError("The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. %s", strings.Join(r.problems, "; "))
	}
	return r.judge()
}

// judge asks Config.Check about the tree and returns what refuses it.
func (r *treeReader) judge() error {
	if r.svc.check == nil {
		return nil
	}
	var wrong []string
	for _, f := range r.svc.check(r.tree) {
		text := f.String()
		if t := r.templates[f.Path]; t != nil {
			id := f.Path[strings.LastIndexByte(f.Path, '/')+1:]
			text = t.place(strings.TrimSuffix("/Resources/"+id+"/Properties/"+f.Property, "/Properties/")) + ": " + text
		}
		if f.Warning {
			r.svc.log.Warn("template finding", "stack", r.tree.StackName, "finding", text)
			continue
		}
		wrong = append(wrong, text)
	}
	if wrong == nil {
		return nil
	}
	return validationError("Template validation failed: %s", strings.Join(wrong, "; "))
}
