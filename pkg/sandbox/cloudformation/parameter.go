package cloudformation

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parameterDecl is one entry of the Parameters block.
type parameterDecl struct {
	typ            string
	value          *string // Default
	description    string
	constraint     string // ConstraintDescription
	noEcho         bool
	allowed        []string
	pattern        *regexp.Regexp
	patternText    string
	minLen, maxLen *int
	minVal, maxVal *float64
}

// givenParameter is a parameter as a request has it.
type givenParameter struct {
	value       string
	usePrevious bool
}

const ssmPrefix = "AWS::SSM::Parameter::Value<"

func (d parameterDecl) isList() bool {
	inner, _ := strings.CutPrefix(d.typ, ssmPrefix)
	return strings.HasPrefix(inner, "CommaDelimitedList") || strings.HasPrefix(inner, "List<")
}

func (d parameterDecl) isSSM() bool { return strings.HasPrefix(d.typ, ssmPrefix) }

func knownParameterType(typ string) bool {
	if inner, ok := strings.CutPrefix(typ, ssmPrefix); ok {
		typ, ok = strings.CutSuffix(inner, ">")
		return ok && typ != "Number" && typ != "List<Number>" && !strings.HasPrefix(typ, "AWS::SSM") && knownParameterType(typ)
	}
	switch typ {
	case "String", "Number", "CommaDelimitedList", "List<Number>", "List<String>", parameterNameType:
		return true
	}
	if item, isList := strings.CutPrefix(typ, "List<"); isList {
		item, closed := strings.CutSuffix(item, ">")
		_, listed := awsType(item)
		return closed && listed
	}
	known, _ := awsType(typ)
	return known
}

func (t *template) readParameters(sections map[string]any) error {
	m, err := section(sections, "Parameters", maxParameters)
	if err != nil {
		return err
	}
	t.parameters = make(map[string]parameterDecl, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		body, ok := m[name].(map[string]any)
		if !ok {
			return validationError("Template format error: [/Parameters/%s] parameter definition is malformed", name)
		}
		if t.parameters[name], err = readParameter(name, body); err != nil {
			return err
		}
	}
	return nil
}

func readParameter(name string, body map[string]any) (d parameterDecl, err error) {
	d.typ, _ = body["Type"].(string)
	if d.typ == "" {
		return d, validationError("Template format error: Every Parameters object must contain a Type member; %s does not.", name)
	}
	if !knownParameterType(d.typ) {
		return d, validationError("Template format error: Unrecognized parameter type: %s", clip(d.typ))
	}
	for _, key := range slices.Sorted(maps.Keys(body)) {
		if err := d.readAttribute(key, body[key]); err != nil {
			return d, validationError("Template format error: [/Parameters/%s/%s] %s", name, key, reasonText(err))
		}
	}
	if d.value != nil {
		return d, d.validate(name, *d.value)
	}
	return d, nil
}

func (d *parameterDecl) readAttribute(key string, v any) (err error) {
	text, isScalar := scalarText(v)
	if key != "AllowedValues" && !isScalar {
		return validationError("must be a scalar value")
	}
	switch key {
	case "Type":
	case "Default":
		d.value = &text
	case "Description":
		d.description = text
	case "ConstraintDescription":
		d.constraint = text
	case "NoEcho":
		d.noEcho, err = strconv.ParseBool(text)
	case "AllowedValues":
		return d.readAllowed(v)
	case "AllowedPattern":
		d.patternText = text
		// AWS uses Java's syntax; what RE2 lacks (look-around) is refused here.
		d.pattern, err = regexp.Compile(`^(?:` + text + `)$`)
	case "MinLength":
		d.minLen, err = parsed(text, strconv.Atoi)
	case "MaxLength":
		d.maxLen, err = parsed(text, strconv.Atoi)
	case "MinValue":
		d.minVal, err = parsed(text, parseFloat)
	case "MaxValue":
		d.maxVal, err = parsed(text, parseFloat)
	default:
		return validationError("encountered unsupported property %s", clip(key))
	}
	return err
}

func parseFloat(s string) (float64, error) { return strconv.ParseFloat(s, 64) }

func parsed[T any](text string, parse func(string) (T, error)) (*T, error) {
	v, err := parse(text)
	return &v, err
}

func (d *parameterDecl) readAllowed(v any) error {
	items, _ := v.([]any)
	if len(items) == 0 {
		return validationError("must be a non-empty list")
	}
	for _, item := range items {
		text, ok := scalarText(item)
		if !ok {
			return validationError("must be a list of scalars")
		}
		d.allowed = append(d.allowed, text)
	}
	return nil
}

// validate checks a value against the declaration. The value of a parameter of an SSM type is a name, and that is what its constraints
// are for, not what is stored by it; recorded against AWS in github.com/cdktn-io/terraform-provider-cfncompat ("Constraints on SSM-typed
// Parameters").
func (d parameterDecl) validate(name, value string) error {
	if len(value) > maxParameterBytes {
		return validationError("Parameter '%s' must contain at most %d bytes", name, maxParameterBytes)
	}
	if unmade(value) {
		return nil
	}
	if err := d.constraintsHold(name, value); err != nil {
		if d.constraint != "" {
			return validationError("Parameter %s failed to satisfy constraint: %s", name, d.constraint)
		}
		return err
	}
	return nil
}

func (d parameterDecl) constraintsHold(name, value string) error {
	items := []string{value}
	if d.isList() && !d.isSSM() {
		items = splitList(value)
	}
	for _, item := range items {
		if d.allowed != nil && !slices.Contains(d.allowed, item) {
			return validationError("Parameter '%s' must be one of AllowedValues", name)
		}
		if d.pattern != nil && !d.pattern.MatchString(item) {
			return validationError("Parameter '%s' must match pattern %s", name, d.patternText)
		}
		if strings.Contains(d.typ, "Number") {
			if err := d.numberHolds(name, item); err != nil {
				return err
			}
		}
	}
	return d.lengthHolds(name, value)
}

func (d parameterDecl) lengthHolds(name, value string) error {
	n := len([]rune(value))
	if d.minLen != nil && n < *d.minLen {
		return validationError("Parameter '%s' must contain at least %d characters", name, *d.minLen)
	}
	if d.maxLen != nil && n > *d.maxLen {
		return validationError("Parameter '%s' must contain at most %d characters", name, *d.maxLen)
	}
	return nil
}

func (d parameterDecl) numberHolds(name, value string) error {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return validationError("Parameter '%s' must be a number", name)
	}
	if d.minVal != nil && f < *d.minVal {
		return validationError("Parameter '%s' must be a number not less than %v", name, *d.minVal)
	}
	if d.maxVal != nil && f > *d.maxVal {
		return validationError("Parameter '%s' must be a number not greater than %v", name, *d.maxVal)
	}
	return nil
}

// splitList is how CloudFormation reads a list parameter: items around commas, spaces trimmed; an empty text is one empty item.
func splitList(value string) []string {
	items := strings.Split(value, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}
