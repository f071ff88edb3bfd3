package cloudformation

import (
	"maps"
	"slices"
)

func (t *template) readOutputs(sections map[string]any) error {
	m, err := section(sections, "Outputs", maxOutputs)
	if err != nil {
		return err
	}
	t.outputs = make(map[string]outputDecl, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		body, ok := m[name].(map[string]any)
		if _, has := body["Value"]; !ok || !has {
			return validationError("Template format error: Every Outputs member must contain a Value object; %s does not.", name)
		}
		if t.outputs[name], err = readOutput(name, body); err != nil {
			return err
		}
	}
	return nil
}

func readOutput(name string, body map[string]any) (d outputDecl, err error) {
	for _, key := range slices.Sorted(maps.Keys(body)) {
		switch key {
		case "Description":
			d.description, _ = body[key].(string)
		case "Condition":
			if d.condition, _ = body[key].(string); d.condition == "" {
				return d, validationError("Template format error: Every Condition member must be a string; [/Outputs/%s/Condition] is not.", name)
			}
		case "Value":
			d.value, err = parseExpression(body[key])
		case "Export":
			d.export, err = readExport(name, body[key])
		default:
			return d, validationError("Template format error: [/Outputs/%s] encountered unsupported property %s", name, clip(key))
		}
		if err != nil {
			return d, err
		}
	}
	return d, nil
}

func readExport(name string, v any) (expression, error) {
	export, _ := v.(map[string]any)
	exportName, ok := export["Name"]
	if !ok || len(export) != 1 {
		return nil, validationError("Template format error: Output %s is malformed. The Export field must be an object with the single key Name.", name)
	}
	return parseExpression(exportName)
}
