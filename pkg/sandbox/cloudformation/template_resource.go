package cloudformation

import (
	"maps"
	"slices"
)

func (t *template) readResources(sections map[string]any) error {
	m, err := section(sections, "Resources", maxResources)
	if err != nil {
		return err
	}
	if err := requireResources(sections); err != nil {
		return err
	}
	t.resources = make(map[string]resourceDecl, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		body, ok := m[name].(map[string]any)
		if !ok {
			return validationError("Template format error: [/Resources/%s] resource definition is malformed", name)
		}
		if t.resources[name], err = readResource(name, body); err != nil {
			return err
		}
	}
	return nil
}

func requireResources(sections map[string]any) error {
	if m, ok := sections["Resources"].(map[string]any); !ok || len(m) == 0 {
		return validationError("Template format error: At least one Resources member must be defined.")
	}
	return nil
}

func readResource(name string, body map[string]any) (resourceDecl, error) {
	d := resourceDecl{deletion: policyDelete, updateReplace: policyDelete, metadata: body["Metadata"], properties: mapExpr{}}
	typ, ok := body["Type"].(string)
	if !ok || typ == "" {
		return d, validationError("Template format error: [/Resources/%s] Every Resources object must contain a Type member.", name)
	}
	d.typ = typ
	for _, key := range slices.Sorted(maps.Keys(body)) {
		if err := d.readAttribute(name, key, body[key]); err != nil {
			return d, err
		}
	}
	d.dependsOn = slices.Clone(d.explicit)
	for _, r := range references(d.properties) {
		if !isPseudo(r.name) {
			d.dependsOn = append(d.dependsOn, r.name)
		}
	}
	return d, nil
}

func (d *resourceDecl) readAttribute(name, key string, v any) (err error) {
	switch key {
	case "Type", "Metadata":
	case "Properties":
		if _, ok := v.(map[string]any); !ok && v != nil {
			return validationError("Template format error: [/Resources/%s/Properties] 'Properties' must be an object", name)
		} else if ok {
			d.properties, err = parseExpression(v)
		}
	case "Condition":
		if d.condition, _ = v.(string); d.condition == "" {
			return validationError("Template format error: Every Condition member must be a string; [/Resources/%s/Condition] is not.", name)
		}
	case "DependsOn":
		d.explicit, err = readDependsOn(v)
	case "DeletionPolicy":
		d.deletion, err = readPolicy(key, v, policyDelete, policyRetain, policyRetainExceptOnCreate, policySnapshot)
	case "UpdateReplacePolicy":
		d.updateReplace, err = readPolicy(key, v, policyDelete, policyRetain, policySnapshot)
	case "UpdatePolicy":
		return readUpdatePolicy(name, d.typ, v)
	case "CreationPolicy":
		return validationError("Template format error: [/Resources/%s] %s is not supported by this emulator.", name, key)
	default:
		return validationError("Invalid template resource property '%s'", clip(key))
	}
	return err
}

// readUpdatePolicy admits UseOnlineResharding, which says how a replication group is changed and not what it becomes.
func readUpdatePolicy(name, typ string, v any) error {
	m, _ := v.(map[string]any)
	if _, ok := m["UseOnlineResharding"]; ok && len(m) == 1 && typ == replicationGroupType {
		return nil
	}
	return validationError("Template format error: [/Resources/%s] UpdatePolicy is not supported by this emulator for %s.", name, clip(typ))
}

func readDependsOn(v any) ([]string, error) {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	out := make([]string, 0, len(items))
	for _, item := range items {
		name, ok := item.(string)
		if !ok {
			return nil, validationError("Template format error: DependsOn must be a string or list of strings.")
		}
		out = append(out, name)
	}
	return out, nil
}

func readPolicy(key string, v any, allowed ...policy) (policy, error) {
	text, ok := v.(string)
	if !ok {
		return "", validationError("Template format error: Every %s member must be a string.", key)
	}
	if !slices.Contains(allowed, policy(text)) {
		return "", validationError("Template format error: Unrecognized %s %s; this emulator knows %v", key, clip(text), allowed)
	}
	return policy(text), nil
}
