package cloudformation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

var errTooDeep = errors.New("nesting is deeper than " + strconv.Itoa(maxTemplateDepth) + " levels")

// decodeDocument reads a template's text into maps, lists, strings, int64, float64, bool and nil.
// YAML's short tags (!Ref) come out in the long form (Ref:), so that what follows knows one form only.
func decodeDocument(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, validationError("Template format error: template is not valid UTF-8.")
	}
	if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 && trimmed[0] == '{' {
		return decodeJSON(trimmed)
	}
	return decodeYAML(body)
}

func decodeJSON(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	v, err := jsonValue(dec, 0)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("text after the end of the template")
		}
	}
	if err != nil {
		line, column := position(body, dec.InputOffset())
		return nil, validationError("Template format error: JSON not well-formed. (line %d, column %d): %s", line, column, clip(err.Error()))
	}
	return v, nil
}

func jsonValue(dec *json.Decoder, depth int) (any, error) {
	if depth > maxTemplateDepth {
		return nil, errTooDeep
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := tok.(type) {
	case json.Delim:
		if t == '{' {
			return jsonObject(dec, depth)
		}
		return jsonArray(dec, depth)
	case json.Number:
		return number(t.String()), nil
	default:
		return t, nil
	}
}

func jsonObject(dec *json.Decoder, depth int) (any, error) {
	m := map[string]any{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key, _ := tok.(string) // the decoder admits nothing else here
		if _, dup := m[key]; dup {
			return nil, fmt.Errorf("duplicate key %q", key)
		}
		if m[key], err = jsonValue(dec, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return m, err
}

func jsonArray(dec *json.Decoder, depth int) (any, error) {
	list := []any{}
	for dec.More() {
		v, err := jsonValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := dec.Token()
	return list, err
}

// position turns a byte offset into a line and a column, both from 1.
func position(body []byte, offset int64) (line, column int) {
	before := body[:min(int(offset), len(body))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

func decodeYAML(body []byte) (any, error) {
	var doc yaml.Node
	if err := yaml.Load(body, &doc); err != nil {
		return nil, validationError("Template format error: YAML not well-formed. %s", clip(err.Error()))
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, validationError("Template format error: unsupported structure.")
	}
	v, err := yamlValue(doc.Content[0], 0)
	if err != nil {
		return nil, validationError("Template format error: %s", err.Error())
	}
	return v, nil
}

func yamlValue(n *yaml.Node, depth int) (any, error) {
	if depth > maxTemplateDepth {
		return nil, errTooDeep
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		// AWS refuses aliases, too; here it also keeps a small text from growing without end.
		return nil, fmt.Errorf("YAML aliases are not allowed in CloudFormation templates (line %d, column %d)", n.Line, n.Column)
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") && n.Tag != "!" {
		return yamlFunction(n, depth)
	}
	return yamlPlain(n, depth)
}

func yamlPlain(n *yaml.Node, depth int) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return yamlMap(n, depth)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := yamlValue(c, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.ScalarNode:
		return yamlScalar(n), nil
	default:
		return nil, fmt.Errorf("unsupported YAML (line %d, column %d)", n.Line, n.Column)
	}
}

func yamlMap(n *yaml.Node, depth int) (any, error) {
	m := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" {
			return nil, fmt.Errorf("every key must be a plain scalar (line %d, column %d)", k.Line, k.Column)
		}
		if _, dup := m[k.Value]; dup {
			return nil, fmt.Errorf("duplicate key %q (line %d, column %d)", clip(k.Value), k.Line, k.Column)
		}
		v, err := yamlValue(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		m[k.Value] = v
	}
	return m, nil
}

// yamlFunction turns !Name into {Fn::Name: ...}; Ref and Condition have no prefix, and GetAtt's dotted text becomes a list.
func yamlFunction(n *yaml.Node, depth int) (any, error) {
	name := n.Tag[1:]
	bare := *n
	bare.Tag = ""
	arg, err := yamlPlain(&bare, depth+1)
	if err != nil {
		return nil, err
	}
	if n.Kind == yaml.ScalarNode {
		arg = n.Value
	}
	switch name {
	case "Ref", "Condition":
		return map[string]any{name: arg}, nil
	case "GetAtt":
		if text, ok := arg.(string); ok {
			resource, attribute, _ := strings.Cut(text, ".")
			arg = []any{resource, attribute}
		}
	}
	return map[string]any{"Fn::" + name: arg}, nil
}

// yamlScalar resolves a scalar as YAML 1.1 does, for that is the version CloudFormation follows; dates stay text.
func yamlScalar(n *yaml.Node) any {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return n.Value
	}
	switch n.Tag {
	case "!!str", "!":
		if b, ok := yaml11Bool(n.Value); ok && n.Style&yaml.TaggedStyle == 0 {
			return b
		}
		return n.Value
	case "!!null":
		return nil
	case "!!bool":
		b, _ := yaml11Bool(n.Value)
		return b
	case "!!int", "!!float":
		return number(n.Value)
	default:
		return n.Value
	}
}

func yaml11Bool(s string) (value, ok bool) {
	switch s {
	case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON":
		return true, true
	case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF":
		return false, true
	}
	return false, false
}

// number is a number where its text means the same to everybody; what does not (octal, a leading zero as in
// an account id, infinity) stays text.
func number(text string) any {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		if strconv.FormatInt(i, 10) == text {
			return i
		}
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || !strings.ContainsAny(text, ".eE") || strings.ContainsAny(text, "xX_") {
		return text
	}
	return f
}

// scalarText is a scalar as Join, Sub and string properties see it.
func scalarText(v any) (string, bool) {
	switch t := v.(type) {
	case string:
		return t, true
	case bool:
		return strconv.FormatBool(t), true
	case int64:
		return strconv.FormatInt(t, 10), true
	case float64:
		return strconv.FormatFloat(t, 'f', -1, 64), true
	}
	return "", false
}
