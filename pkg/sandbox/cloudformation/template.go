package cloudformation

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// template is a parsed template: everything in it has been checked except what depends on parameter values. One with a transform
// has conditions, resources and outputs only after expand.
type template struct {
	body        string
	source      string         // where it came from, for errors
	document    map[string]any // as it was read
	lines       lines
	transforms  []string
	original    *template // before its transform; nil where there is none
	rules       []rule
	version     string
	description string
	metadata    any
	parameters  map[string]parameterDecl
	mappings    map[string]mapping
	conditions  map[string]expression
	resources   map[string]resourceDecl
	outputs     map[string]outputDecl
}

// resourceDecl is one entry of the Resources block.
type resourceDecl struct {
	typ           string
	condition     string
	properties    expression
	explicit      []string // DependsOn
	dependsOn     []string // DependsOn and every resource the properties refer to
	deletion      policy
	updateReplace policy
	metadata      any
}

// policy is what happens to a physical resource that its stack no longer has.
type policy string

const (
	policyDelete               policy = "Delete"
	policyRetain               policy = "Retain"
	policyRetainExceptOnCreate policy = "RetainExceptOnCreate"
	policySnapshot             policy = "Snapshot"
)

// outputDecl is one entry of the Outputs block.
type outputDecl struct {
	description string
	condition   string
	value       expression
	export      expression // nil without Export
}

var (
	logicalIDPattern = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)
	typePattern      = regexp.MustCompile(`^[A-Za-z0-9]{2,64}::[A-Za-z0-9]{2,64}(::[A-Za-z0-9]{2,64}){0,2}$`)
)

// parseTemplate reads a template of either format and checks its shape and that everything referred to is there.
func parseTemplate(body []byte) (*template, error) {
	root, found, err := decodeDocument(body)
	if err != nil {
		return nil, err
	}
	sections, ok := root.(map[string]any)
	if !ok {
		return nil, validationError("Template format error: unsupported structure.")
	}
	t := &template{body: string(body), metadata: sections["Metadata"], document: sections, lines: found}
	if err := checkSections(sections); err != nil {
		return nil, err
	}
	for _, read := range []func(map[string]any) error{
		t.readHeader, t.readTransforms, t.readParameters, t.readRules, t.readMappings,
	} {
		if err := read(sections); err != nil {
			return nil, err
		}
	}
	if t.extended() {
		return t, requireResources(sections)
	}
	if err := refuseExtensions(sections); err != nil {
		return nil, err
	}
	return t, t.complete(sections)
}

// complete reads what a transform may have made.
func (t *template) complete(sections map[string]any) error {
	for _, read := range []func(map[string]any) error{t.readConditions, t.readResources, t.readOutputs} {
		if err := read(sections); err != nil {
			return err
		}
	}
	return t.check()
}

func checkSections(sections map[string]any) error {
	var invalid []string
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		switch name {
		case "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Transform", "Rules":
		case "Hooks":
			// Ignoring one of these would deploy something else than AWS does.
			return validationError("Template format error: the %s section is not supported by this emulator.", name)
		default:
			invalid = append(invalid, clip(name))
		}
	}
	if invalid != nil {
		return validationError("Invalid template property or properties [%s]", strings.Join(invalid, ", "))
	}
	return nil
}

func (t *template) readHeader(sections map[string]any) error {
	if v, ok := sections["AWSTemplateFormatVersion"]; ok {
		if v != templateFormat {
			return validationError("Template format error: unsupported value for AWSTemplateFormatVersion.")
		}
		t.version = templateFormat
	}
	if v, ok := sections["Description"]; ok {
		text, isText := v.(string)
		if !isText {
			return validationError("Template format error: Description must be a string.")
		}
		if len(text) > maxDescription {
			return validationError("Template format error: 'Description' length is greater than %d.", maxDescription)
		}
		t.description = text
	}
	return nil
}

// section returns a block's entries; an absent block is empty.
func section(sections map[string]any, name string, limit int) (map[string]any, error) {
	v, ok := sections[name]
	if !ok {
		return nil, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, validationError("Template format error: [/%s] '%s' must be an object.", name, name)
	}
	if len(m) > limit {
		return nil, validationError("Template format error: Number of %s, %d, is greater than maximum allowed, %d", strings.ToLower(name), len(m), limit)
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if !logicalIDPattern.MatchString(k) {
			return nil, validationError("Template format error: %s name '%s' is non alphanumeric.", strings.TrimSuffix(name, "s"), clip(k))
		}
	}
	return m, nil
}

func (t *template) readMappings(sections map[string]any) error {
	m, err := section(sections, "Mappings", maxMappings)
	if err != nil {
		return err
	}
	t.mappings = make(map[string]mapping, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if t.mappings[name], err = readMapping(name, m[name]); err != nil {
			return err
		}
	}
	return nil
}

func readMapping(name string, v any) (mapping, error) {
	top, ok := v.(map[string]any)
	if !ok {
		return nil, validationError("Template format error: Every Mappings member %s must be a map", name)
	}
	out := make(mapping, len(top))
	for key, inner := range top {
		values, ok := inner.(map[string]any)
		if !ok {
			return nil, validationError("Template format error: Every Mappings attribute must be a map; %s::%s is not.", name, clip(key))
		}
		for second, value := range values {
			if _, isMap := value.(map[string]any); isMap || value == nil {
				return nil, validationError("Template format error: Every Mappings attribute must be a String or a List; %s::%s::%s is not.", name, clip(key), clip(second))
			}
		}
		out[key] = values
	}
	return out, nil
}

func (t *template) readConditions(sections map[string]any) error {
	m, err := section(sections, "Conditions", maxResources)
	if err != nil {
		return err
	}
	t.conditions = make(map[string]expression, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if t.conditions[name], err = parseCondition(m[name]); err != nil {
			return err
		}
	}
	return nil
}
