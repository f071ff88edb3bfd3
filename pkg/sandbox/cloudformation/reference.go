package cloudformation

// refFn is Ref: a parameter's value, a resource's physical id or a pseudo parameter.
type refFn struct{ name string }

func (refFn) children() []expression           { return nil }
func (f refFn) evaluate(s *scope) (any, error) { return s.ref(f.name) }

func parseRef(arg any) (expression, error) {
	name, ok := arg.(string)
	if !ok || name == "" {
		return nil, validationError("Template error: every Ref object must have a single String value.")
	}
	return refFn{name}, nil
}

// getAttFn is Fn::GetAtt; the attribute's name may itself be a Ref.
type getAttFn struct {
	logicalID string
	attribute expression
}

func (f getAttFn) children() []expression { return []expression{f.attribute} }

func (f getAttFn) evaluate(s *scope) (any, error) {
	name, err := s.text(f.attribute, "the attribute name of Fn::GetAtt")
	if err != nil {
		return nil, err
	}
	return s.attribute(f.logicalID, name)
}

func parseGetAtt(arg any) (expression, error) {
	list, _ := arg.([]any)
	if len(list) == 2 {
		id, isText := list[0].(string)
		attribute, err := parseExpression(list[1])
		if err != nil {
			return nil, err
		}
		if isText && id != "" && acceptsRefOrText(attribute) {
			return getAttFn{id, attribute}, nil
		}
	}
	return nil, validationError("Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute")
}

func acceptsRefOrText(e expression) bool {
	switch t := e.(type) {
	case refFn:
		return true
	case literal:
		text, ok := t.value.(string)
		return ok && text != ""
	}
	return false
}

// importFn is Fn::ImportValue.
type importFn struct{ name expression }

func (f importFn) children() []expression { return []expression{f.name} }

func (f importFn) evaluate(s *scope) (any, error) {
	name, err := s.text(f.name, "the argument of Fn::ImportValue")
	if err != nil {
		return nil, err
	}
	if hole, unsure := derived(name); unsure {
		return hole, nil
	}
	value, ok := "", false
	if s.export != nil {
		value, ok = s.export(name)
	}
	if !ok {
		return nil, &missingExportError{name}
	}
	if s.imported != nil {
		s.imported[name] = true
	}
	return value, nil
}

func parseImportValue(arg any) (expression, error) {
	name, err := parseExpression(arg)
	if err != nil {
		return nil, err
	}
	var unsupported bool
	walk(name, func(e expression) {
		if _, bad := e.(getAttFn); bad {
			unsupported = true
		}
	})
	if unsupported {
		return nil, validationError("Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs")
	}
	return importFn{name}, nil
}

// findInMapFn is Fn::FindInMap.
type findInMapFn struct{ mapName, top, second, otherwise expression } // otherwise is nil without DefaultValue

func (f findInMapFn) children() []expression {
	if f.otherwise == nil {
		return f.keys()
	}
	return append(f.keys(), f.otherwise)
}

func (f findInMapFn) keys() []expression { return []expression{f.mapName, f.top, f.second} }

func (f findInMapFn) evaluate(s *scope) (any, error) {
	var keys [3]string
	for i, e := range f.keys() {
		text, err := s.text(e, "every parameter of Fn::FindInMap")
		if err != nil {
			return nil, err
		}
		keys[i] = text
	}
	if hole, unsure := derived([]any{keys[0], keys[1], keys[2]}); unsure {
		return hole, nil
	}
	v, ok := s.mappings[keys[0]][keys[1]][keys[2]]
	if !ok && f.otherwise != nil {
		return f.otherwise.evaluate(s)
	}
	if !ok {
		return nil, validationError("Template error: Unable to get mapping for %s::%s::%s", clip(keys[0]), clip(keys[1]), clip(keys[2]))
	}
	return v, nil
}

func parseFindInMap(arg any) (expression, error) {
	list, _ := arg.([]any)
	if len(list) != 3 && len(list) != 4 {
		return nil, findInMapShape()
	}
	args, err := parseList(list[:3])
	if err != nil {
		return nil, err
	}
	f := findInMapFn{mapName: args[0], top: args[1], second: args[2]}
	if len(list) == 4 {
		m, _ := list[3].(map[string]any)
		otherwise, ok := m["DefaultValue"]
		if !ok || len(m) != 1 {
			return nil, findInMapShape()
		}
		f.otherwise, err = parseExpression(otherwise)
	}
	return f, err
}

func findInMapShape() *apiError {
	return validationError("Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value")
}
