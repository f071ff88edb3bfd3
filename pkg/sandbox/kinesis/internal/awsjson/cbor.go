package awsjson

import (
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// maxNesting bounds the depth of a CBOR body; requests are four deep.
const maxNesting = 32

// cborReader decodes what clients send: maps have string keys.
//
//nolint:gochecknoglobals // made once, and safe for concurrent use
var cborReader = sync.OnceValues(func() (cbor.DecMode, error) {
	return cbor.DecOptions{DefaultMapType: reflect.TypeFor[map[string]any](), MaxNestedLevels: maxNesting}.DecMode()
})

// ParseCBOR reads exactly one CBOR map and gives it in the form that Parse gives,
// but for byte strings and times, which stay what they are.
func ParseCBOR(body []byte) (map[string]any, bool) {
	mode, err := cborReader()
	if err != nil {
		return nil, false
	}
	var raw any
	if err := mode.Unmarshal(body, &raw); err != nil {
		return nil, false
	}
	out, ok := plain(raw).(map[string]any)
	return out, ok && out != nil
}

// plain gives a decoded value in the form of a JSON value.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			v[k] = plain(item)
		}
		return v
	case []any:
		for i, item := range v {
			v[i] = plain(item)
		}
		return v
	case uint64:
		return json.Number(strconv.FormatUint(v, 10))
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case big.Int:
		return json.Number(v.String())
	case float64:
		return floatNumber(v)
	case time.Time:
		// The tag 1 means seconds, and the library reads them so; Java's clients tag milliseconds with it.
		return time.UnixMilli(v.Unix()).UTC()
	case cbor.Tag:
		return plain(v.Content)
	case string, []byte, bool:
		return v
	default:
		return nil // null, undefined and simple values that mean nothing
	}
}

func floatNumber(v float64) any {
	switch {
	case math.IsNaN(v):
		return json.Number("0")
	case math.IsInf(v, 0):
		return json.Number(strconv.FormatFloat(math.Copysign(math.MaxFloat64, v), 'g', -1, 64))
	default:
		return json.Number(strconv.FormatFloat(v, 'g', -1, 64))
	}
}

// cborError is an error as CBOR: an indefinite-length map of text strings, as the service writes it.
func cborError(code, message string) []byte {
	out := []byte{0xbf}
	for _, s := range []string{"__type", code, "message", message} {
		if s == "message" && message == "" {
			break
		}
		out = cborText(out, s)
	}
	return append(out, 0xff)
}

// cborText appends a text string.
func cborText(out []byte, s string) []byte {
	text, err := cbor.Marshal(s)
	if err != nil {
		panic(err) // a string can be encoded
	}
	return append(out, text...)
}
