package ingest

import (
	"bytes"
	"strings"

	"github.com/spillway/spillway/pkg/topic"
)

// Route makes a topic from a record. The zero Route is not valid; ParseRoute makes
// one. It is a value that never changes: safe to use concurrently.
type Route struct {
	text  string
	parts []part
	json  bool // some part reads the record's data
	whole bool // the route is {partition_key} alone
}

// part is literal text or, if name is not empty, a field.
type part struct {
	literal string
	name    string // the field as it is written, braces included
	source  source
	path    []step // of a field with source fromData
}

type source int

const (
	fromData source = iota
	fromPartitionKey
	fromStream
)

// Record is what a Route looks at.
type Record struct {
	Stream       string // name of the Kinesis stream
	PartitionKey string
	Data         []byte
}

// Problem says why a record has no valid topic. The zero Problem says that it has
// one. The number of distinct Problems of a route is small, so they can be counted.
type Problem struct {
	Field string // the route's field, such as {state}; empty if it is none's alone
	Rule  string // what is wrong
}

// The rules that a record can break.
const (
	ruleJSON    = "data is not JSON"
	ruleMissing = "is missing"
	ruleScalar  = "is not a string, number or boolean"
	ruleEmpty   = "is empty"
	ruleDot     = "holds a dot"
	ruleTopic   = "the result is not a valid topic"
)

// String returns the problem in words, such as "{state} is missing".
func (p Problem) String() string {
	return strings.TrimSpace(p.Field + " " + p.Rule)
}

// String returns the text that ParseRoute was given.
func (r Route) String() string { return r.text }

// UnmarshalText sets r to what ParseRoute makes of text.
func (r *Route) UnmarshalText(text []byte) error {
	parsed, err := ParseRoute(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}

// Topic returns the topic of rec, or why it has none: exactly one of the two is
// not zero.
func (r Route) Topic(rec Record) (string, Problem) {
	name, problem := r.appendText(nil, rec)
	if problem != (Problem{}) {
		return "", problem
	}
	if !valid(string(name)) {
		return "", Problem{Rule: ruleTopic}
	}
	return string(name), Problem{}
}

// valid tells whether a route may make this topic: a record's value must not
// reach the operators' topics.
func valid(name string) bool {
	return topic.Validate(name) == nil && !strings.HasPrefix(name, topic.OperatorPrefix)
}

// appendText appends the text that r makes of rec to dst; whether it is a valid
// topic is for the caller to find out.
func (r Route) appendText(dst []byte, rec Record) ([]byte, Problem) {
	if r.json && !validJSON(rec.Data) {
		return dst, Problem{Rule: ruleJSON}
	}
	for _, p := range r.parts {
		if p.name == "" {
			dst = append(dst, p.literal...)
			continue
		}
		before := len(dst)
		var rule string
		if dst, rule = p.appendValue(dst, rec); rule == "" {
			rule = r.checkValue(dst[before:])
		}
		if rule != "" {
			return dst, Problem{Field: p.name, Rule: rule}
		}
	}
	return dst, Problem{}
}

func (p part) appendValue(dst []byte, rec Record) (out []byte, rule string) {
	switch p.source {
	case fromPartitionKey:
		return append(dst, rec.PartitionKey...), ""
	case fromStream:
		return append(dst, rec.Stream...), ""
	}
	value, ok := lookup(rec.Data, p.path)
	if !ok {
		return dst, ruleMissing
	}
	text, ok := scalar(value)
	if !ok {
		return dst, ruleScalar
	}
	return append(dst, text...), ""
}

// checkValue returns the rule that a field's value breaks.
func (r Route) checkValue(value []byte) (rule string) {
	if len(value) == 0 {
		return ruleEmpty
	}
	if !r.whole && bytes.IndexByte(value, '.') >= 0 {
		return ruleDot
	}
	return ""
}
