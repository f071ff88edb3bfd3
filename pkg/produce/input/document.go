package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
)

// MaxLineBytes bounds a line and a CSV record: Kinesis's largest record.
const MaxLineBytes = 10 << 20

// Document is one record of an input.
type Document struct {
	Line int    // where it begins, from 1
	JSON []byte // as it was read, or made from a CSV row

	fields map[string]any // decoded on first use
}

// BadLine is a line that breaks a rule.
type BadLine struct {
	Line int
	Err  error
}

// Error names the line and the rule.
func (b *BadLine) Error() string { return fmt.Sprintf("line %d: %v", b.Line, b.Err) }

// Unwrap returns the rule.
func (b *BadLine) Unwrap() error { return b.Err }

// Documents is what Lines and CSV return.
type Documents = iter.Seq2[*Document, error]

// object returns the fields of d, with numbers as they are written.
func (d *Document) object() (map[string]any, error) {
	if d.fields != nil {
		return d.fields, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(d.JSON))
	decoder.UseNumber()
	if err := decoder.Decode(&d.fields); err != nil || d.fields == nil {
		return nil, errors.New("must be a JSON object")
	}
	return d.fields, nil
}

// With returns d's JSON with fields added or replaced by text, re-encoded in the
// order of the names.
func (d *Document) With(fields map[string]string) ([]byte, error) {
	object, err := d.object()
	if err != nil {
		return nil, err
	}
	merged := make(map[string]any, len(object)+len(fields))
	for name, value := range object {
		merged[name] = value
	}
	for name, value := range fields {
		merged[name] = value
	}
	return encode(merged)
}

// encode writes v as JSON without the escapes that only HTML needs.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
