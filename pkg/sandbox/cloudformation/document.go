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

// lines has the line of every value in a template, by its path, such as /Resources/Vpc/Properties/CidrBlock.
type lines map[string]int

// at is the line of a path, or of the nearest value around it that was in the text; 0 where there is none.
func (l lines) at(path string) int {
	for path != "" {
		if line, ok := l[path]; ok {
			return line
		}
		path = path[:max(strings.LastIndexByte(path, '/'), 0)]
	}
	return 0
}

// decodeDocument reads a template's text into maps, lists, strings, int64, float64, bool and nil.
// YAML's short tags (!Ref) come out in the long form (Ref:), so that what follows knows one form only.
func decodeDocument(body []byte) (any, lines, error) {
	if !utf8.Valid(body) {
		return nil, nil, validationError("Template format error: template is not valid UTF-8.")
	}
	found := lines{}
	if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 && trimmed[0] == '{' {
		v, err := decodeJSON(body, found)
		return v, found, err
	}
	v, err := decodeYAML(body, found)
	return v, found, err
}

func decodeJSON(body []byte, found lines) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	r := &jsonReader{Decoder: dec, body: body, lines: found, line: 1}
	v, err := r.value("", 0)
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

// jsonReader reads values token by token and notes the line of each.
type jsonReader struct {
	*json.Decoder
	body  []byte
	lines lines
	line  int // of offset
	at    int
}

// note records the line that the last token was on.
func (r *jsonReader) note(path string) {
	end := min(int(r.InputOffset()), len(r.body))
	r.line += bytes.Count(r.body[r.at:end], []byte("\n"))
	r.at = end
	r.lines[path] = r.line
}

func (r *jsonReader) value(path string, depth int) (any, error) {
	if depth > maxTemplateDepth {
		return nil, errTooDeep
	}
	tok, err := r.Token()
	if err != nil {
		return nil, err
	}
	r.note(path)
	switch t := tok.(type) {
	case json.Delim:
		if t == '{' {
			return r.object(path, depth)
		}
		return r.array(path, depth)
	case json.Number:
		return number(t.String()), nil
	default:
		return t, nil
	}
}

func (r *jsonReader) object(path string, depth int) (any, error) {
	m := map[string]any{}
	for r.More() {
		tok, err := r.Token()
		if err != nil {
			return nil, err
		}
		key, _ := tok.(string) // the decoder admits nothing else here
		if _, dup := m[key]; dup {
			return nil, fmt.Errorf("duplicate key %q", key)
		}
		if m[key], err = r.value(path+"/"+key, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := r.Token()
	return m, err
}

func (r *jsonReader) array(path string, depth int) (any, error) {
	list := []any{}
	for r.More() {
		v, err := r.value(path+"/"+strconv.Itoa(len(list)), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := r.Token()
	return list, err
}

// position turns a byte offset into a line and a column, both from 1.
func position(body []byte, offset int64) (line, column int) {
	before := body[:min(int(offset), len(body))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

func decodeYAML(body []byte, found lines) (any, error) {
	var doc yaml.Node
	if err := yaml.Load(body, &doc); err != nil {
		return nil, validationError("Template format error: YAML not well-formed. %s", clip(err.Error()))
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, validationError("Template format error: unsupported structure.")
	}
	v, err := found.yamlValue(doc.Content[0], "", 0)
	if err != nil {
		return nil, validationError("Template format error: %s", err.Error())
	}
	return v, nil
}

func (l lines) yamlValue(n *yaml.Node, path string, depth int) (any, error) {
	if depth > maxTemplateDepth {
		return nil, errTooDeep
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		// AWS refuses aliases, too; here it also keeps a small text from growing without end.
		return nil, fmt.Errorf("YAML aliases are not allowed in CloudFormation templates (line %d, column %d)", n.Line, n.Column)
	}
	if _, noted := l[path]; !noted {
		l[path] = n.Line
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") && n.Tag != "!" {
		return l.yamlFunction(n, path, depth)
	}
	return l.yamlPlain(n, path, depth)
}

func (l lines) yamlPlain(n *yaml.Node, path string, depth int) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return l.yamlMap(n, path, depth)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for i, c := range n.Content {
			v, err := l.yamlValue(c, path+"/"+strconv.Itoa(i), depth+1)
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

func (l lines) yamlMap(n *yaml.Node, path string, depth int) (any, error) {
	m := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" {
			return nil, fmt.Errorf("every key must be a plain scalar (line %d, column %d)", k.Line, k.Column)
		}
		if _, dup := m[k.Value]; dup {
			return nil, fmt.Errorf("duplicate key %q (line %d, column %d)", clip(k.Value), k.Line, k.Column)
		}
		l[path+"/"+k.Value] = k.Line
		v, err := l.yamlValue(n.Content[i+1], path+"/"+k.Value, depth+1)
		if err != nil {
			return nil, err
		}
		m[k.Value] = v
	}
	return m, nil
}

// yamlFunction turns !Name into {Fn::Name: ...}; Ref and Condition have no prefix, and GetAtt's dotted text becomes a list.
func (l lines) yamlFunction(n *yaml.Node, path string, depth int) (any, error) {
	name := n.Tag[1:]
	bare := *n
	bare.Tag = ""
	arg, err := l.yamlPlain(&bare, path, depth+1)
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
