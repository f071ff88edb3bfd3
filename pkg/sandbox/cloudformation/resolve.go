package cloudformation

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// resolve decides the value of every parameter from what is given, what the stack had, and the defaults.
func (t *template) resolve(given map[string]givenParameter, previous map[string]string) (map[string]string, error) {
	var extra, missing []string
	for name := range given {
		if _, ok := t.parameters[name]; !ok {
			extra = append(extra, clip(name))
		}
	}
	if extra != nil {
		slices.Sort(extra)
		return nil, validationError("Parameters: [%s] do not exist in the template", strings.Join(extra, ", "))
	}
	out := make(map[string]string, len(t.parameters))
	for _, name := range slices.Sorted(maps.Keys(t.parameters)) {
		d := t.parameters[name]
		g, isGiven := given[name]
		value, had := previous[name]
		switch {
		case isGiven && g.usePrevious && !had:
			return nil, validationError("Invalid input for parameter key %s. Cannot specify usePreviousValue as true for a parameter key not in the previous template", name)
		case isGiven && g.usePrevious:
			out[name] = value
		case isGiven:
			out[name] = g.value
		case d.value != nil:
			out[name] = *d.value
		default:
			missing = append(missing, name)
			continue
		}
		if err := d.validate(name, out[name]); err != nil {
			return nil, err
		}
	}
	if missing != nil {
		return nil, validationError("Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	return out, nil
}

// lookUp replaces the names that parameters of an SSM type hold by the stored values.
func (t *template) lookUp(ctx context.Context, store ParameterStore, raw map[string]string) (map[string]string, error) {
	out := maps.Clone(raw)
	for _, name := range slices.Sorted(maps.Keys(t.parameters)) {
		d := t.parameters[name]
		if !d.isSSM() || unmade(raw[name]) {
			continue
		}
		if store == nil {
			return nil, validationError("Unable to fetch parameters [%s] from parameter store for this account.", clip(raw[name]))
		}
		v, ok, err := store.Parameter(ctx, raw[name])
		if err != nil || !ok {
			return nil, validationError("Unable to fetch parameters [%s] from parameter store for this account.", clip(raw[name]))
		}
		if d.isList() {
			v = strings.Join(splitList(v), ",")
		}
		out[name] = v
	}
	return out, nil
}

// values are the parameters as Ref answers them: text, or a list of texts.
func (t *template) values(resolved map[string]string) map[string]any {
	out := make(map[string]any, len(resolved))
	for name, v := range resolved {
		if !t.parameters[name].isList() {
			out[name] = v
			continue
		}
		list := []any{}
		for _, item := range splitList(v) {
			list = append(list, item)
		}
		out[name] = list
	}
	return out
}
