package cloudformation

import (
	"maps"
	"slices"
	"strings"
)

// evaluateOutputs returns the outputs whose conditions hold, sorted by key. In a plan, one that reads what is still to be made has no value.
func (t *template) evaluateOutputs(sc *scope) ([]output, error) {
	var out []output
	for _, key := range slices.Sorted(maps.Keys(t.outputs)) {
		d := t.outputs[key]
		if d.condition != "" && !sc.conditions[d.condition] {
			continue
		}
		o := output{key: key, description: d.description}
		var err error
		if o.value, err = outputText(d.value, key, sc); err != nil {
			return nil, err
		}
		if d.export != nil {
			if o.exportName, err = outputText(d.export, key, sc); err != nil {
				return nil, err
			}
		}
		out = append(out, o)
	}
	return out, nil
}

func outputText(e expression, key string, sc *scope) (string, error) {
	v, err := e.evaluate(sc)
	if err != nil {
		return "", err
	}
	if _, ok := v.([]any); ok {
		return "", validationError("Template format error: The Value field of every Outputs member must evaluate to a String; %s does not.", key)
	}
	text, ok := scalarText(v)
	if !ok {
		return "", validationError("Template format error: Every Value member must be a string; [/Outputs/%s/Value] is not.", key)
	}
	return text, nil
}

// export finds an exported value; a stack does not see its own.
func (s *Service) export(reader *stack, name string) (string, bool) {
	for _, st := range s.stacks {
		if st == reader || !st.deleted.IsZero() {
			continue
		}
		for _, o := range st.outputs {
			if o.exportName == name {
				return o.value, true
			}
		}
	}
	return "", false
}

// checkExports refuses outputs that take another stack's export name, or that change or drop one that is imported.
func (s *Service) checkExports(st *stack, fresh []output) error {
	values := map[string]string{}
	for _, o := range fresh {
		if o.exportName == "" {
			continue
		}
		if _, twice := values[o.exportName]; twice {
			return validationError("Export with name %s is already exported by stack %s", o.exportName, st.name)
		}
		values[o.exportName] = o.value
		if owner := s.exporter(o.exportName); owner != nil && owner != st {
			return validationError("Export with name %s is already exported by stack %s", o.exportName, owner.name)
		}
	}
	for _, o := range st.outputs {
		if o.exportName == "" {
			continue
		}
		users := s.importers(o.exportName)
		if users == nil {
			continue
		}
		value, kept := values[o.exportName]
		if !kept {
			return validationError("Cannot delete export %s as it is in use by %s", o.exportName, strings.Join(users, ", "))
		}
		if value != o.value {
			return validationError("Cannot update export %s as it is in use by %s", o.exportName, strings.Join(users, ", "))
		}
	}
	return nil
}

func (s *Service) exporter(name string) *stack {
	for _, st := range s.stacks {
		if st.deleted.IsZero() && slices.ContainsFunc(st.outputs, func(o output) bool { return o.exportName == name }) {
			return st
		}
	}
	return nil
}

// importers are the names of the stacks that read an export, sorted.
func (s *Service) importers(name string) []string {
	var out []string
	for _, st := range s.stacks {
		if st.deleted.IsZero() && st.imports[name] {
			out = append(out, st.name)
		}
	}
	slices.Sort(out)
	return out
}
