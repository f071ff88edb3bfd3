package schema

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Fields are the members of a structure after Coerce, by member name: string,
// int64, bool, time.Time, []byte, []any, map[string]any or Fields.
type Fields map[string]any

// TypeError says that a JSON value has the wrong type for its member, in the
// service's words.
type TypeError struct{ Message string }

func (e *TypeError) Error() string { return e.Message }

const (
	listFound      = "Start of list found where not expected"
	structureFound = "Start of structure or map found where not expected."
	numberClass    = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber"
	booleanClass   = "class java.lang.Boolean"
	stringClass    = "class java.lang.String"
	bytesClass     = "class java.nio.HeapByteBuffer"
	maxMillis      = math.MaxInt64 / 1000 / 1000 // the years a time.Time can print, with room to spare
)

// Coerce converts a parsed JSON object to the types of the operation's input.
// Unknown members and nulls are dropped. Numbers in body must be json.Number;
// from CBOR it may have []byte and time.Time besides what JSON has.
func (o *Operation) Coerce(body map[string]any) (Fields, error) {
	return coerceStructure(o.Input, body)
}

func coerceStructure(s *Shape, body map[string]any) (Fields, error) {
	out := make(Fields, len(body))
	for i := range s.Fields {
		f := &s.Fields[i]
		raw, ok := body[f.Name]
		if !ok || raw == nil {
			continue
		}
		v, err := coerce(f.Shape, raw)
		if err != nil {
			return nil, err
		}
		out[f.Name] = v
	}
	return out, nil
}

func coerce(s *Shape, raw any) (any, error) {
	switch s.Kind {
	case List:
		return coerceList(s, raw)
	case Map:
		return coerceMap(s, raw)
	case Structure:
		return coerceMembers(s, raw)
	}
	switch raw.(type) {
	case []any:
		return nil, &TypeError{listFound}
	case map[string]any:
		return nil, &TypeError{structureFound}
	}
	switch s.Kind {
	case String:
		return coerceString(raw)
	case Blob:
		return coerceBlob(raw)
	case Boolean:
		return coerceBoolean(raw)
	case Timestamp:
		return coerceTimestamp(raw)
	case Long:
		return coerceNumber(raw, "Long", math.MinInt64, math.MaxInt64)
	default:
		return coerceNumber(raw, "Integer", math.MinInt32, math.MaxInt32)
	}
}

func coerceList(s *Shape, raw any) (any, error) {
	if _, ok := raw.(map[string]any); ok {
		return nil, &TypeError{structureFound}
	}
	items, ok := raw.([]any)
	if !ok {
		return nil, &TypeError{"Expected list or null"}
	}
	out := make([]any, len(items))
	for i, item := range items {
		if item == nil {
			continue
		}
		v, err := coerce(s.Member, item)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func coerceMap(s *Shape, raw any) (any, error) {
	if _, ok := raw.([]any); ok {
		return nil, &TypeError{listFound}
	}
	entries, ok := raw.(map[string]any)
	if !ok {
		return nil, &TypeError{"Expected map or null"}
	}
	out := make(map[string]any, len(entries))
	for k, item := range entries {
		if item == nil {
			continue
		}
		v, err := coerce(s.Member, item)
		if err != nil {
			return nil, err
		}
		out[k] = v
	}
	return out, nil
}

func coerceMembers(s *Shape, raw any) (any, error) {
	if _, ok := raw.([]any); ok {
		return nil, &TypeError{listFound}
	}
	members, ok := raw.(map[string]any)
	if !ok {
		return nil, &TypeError{"Expected null"}
	}
	return coerceStructure(s, members)
}

func coerceString(raw any) (any, error) {
	switch v := raw.(type) {
	case string:
		return v, nil
	case bool:
		return nil, &TypeError{booleanClass + " can not be converted to an String"}
	case []byte:
		return nil, &TypeError{bytesClass + " can not be converted to an String"}
	default:
		return nil, &TypeError{numberClass + " can not be converted to an String"}
	}
}

func coerceBoolean(raw any) (any, error) {
	switch v := raw.(type) {
	case bool:
		return v, nil
	case string:
		switch up := strings.ToUpper(v); up {
		case "TRUE", "YES", "1":
			return true, nil
		case "FALSE", "NO", "0":
			return false, nil
		default:
			return nil, &TypeError{fmt.Sprintf("'%s' can not be converted to an Boolean", up)}
		}
	case []byte:
		return nil, &TypeError{bytesClass + " can not be converted to an Boolean"}
	default:
		return nil, &TypeError{numberClass + " can not be converted to an Boolean"}
	}
}

func coerceNumber(raw any, name string, low, high float64) (any, error) {
	switch v := raw.(type) {
	case json.Number:
		return clamp(math.Floor(number(v)), low, high), nil
	case bool:
		return nil, &TypeError{booleanClass + " can not be converted to an " + name}
	case []byte:
		return nil, &TypeError{bytesClass + " can not be converted to an " + name}
	default:
		return nil, &TypeError{stringClass + " can not be converted to an " + name}
	}
}

func coerceTimestamp(raw any) (any, error) {
	switch v := raw.(type) {
	case time.Time:
		return v, nil
	case []byte:
		return nil, &TypeError{bytesClass + " can not be converted to milliseconds since epoch"}
	case json.Number:
		return time.UnixMilli(clamp(math.Round(number(v)*1000), -maxMillis, maxMillis)).UTC(), nil
	case bool:
		return nil, &TypeError{booleanClass + " can not be converted to milliseconds since epoch"}
	default:
		return nil, &TypeError{stringClass + " can not be converted to milliseconds since epoch"}
	}
}

// number reads a JSON number; one too large for a float64 becomes infinite.
func number(n json.Number) float64 {
	// The only error for a valid JSON number is the range, and then the value is infinite.
	f, _ := strconv.ParseFloat(n.String(), 64)
	return f
}

func clamp(f, low, high float64) int64 {
	switch {
	case f <= low:
		return int64(low)
	case f >= high && high >= math.MaxInt64:
		return math.MaxInt64
	case f >= high:
		return int64(high)
	default:
		return int64(f)
	}
}

func coerceBlob(raw any) (any, error) {
	switch v := raw.(type) {
	case string:
		return decodeBlob(v)
	case []byte:
		return v, nil
	case bool:
		return nil, &TypeError{booleanClass + " can not be converted to a Blob"}
	default:
		return nil, &TypeError{numberClass + " can not be converted to a Blob"}
	}
}

func decodeBlob(text string) (any, error) {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err == nil && !strings.ContainsAny(text, "\r\n") {
		return data, nil
	}
	prefix := fmt.Sprintf("'%s' can not be converted to a Blob: ", text)
	if len(text)%4 != 0 {
		return nil, &TypeError{fmt.Sprintf("%sBase64 encoded length is expected a multiple of 4 bytes but found: %d", prefix, len(text))}
	}
	if c, ok := badBase64(text); ok {
		return nil, &TypeError{fmt.Sprintf("%sInvalid Base64 character: '%c'", prefix, c)}
	}
	// The service's own spelling.
	return nil, &TypeError{prefix + "Invalid last non-pad Base64 character dectected"}
}

// badBase64 finds the first character that cannot stand where it does: one
// outside the alphabet, or padding before something that is not padding.
func badBase64(text string) (rune, bool) {
	for i, c := range text {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/'
		switch {
		case c == '=' && i+1 < len(text) && text[i+1] != '=':
			return c, true
		case !letter && c != '=':
			return c, true
		}
	}
	return 0, false
}
