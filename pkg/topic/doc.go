// Package topic is the grammar of topics and patterns: what names are valid,
// which topics a pattern matches, and which patterns a pattern, or a set of them,
// covers.
//
// A topic is dot-separated tokens, such as weather.us.ny. A [Pattern] is a topic
// in which a token may be * (exactly one token) and the last may be > (one or
// more tokens). Topics whose first token starts with $ belong to the operators:
// a wildcard in the first place does not match them, so that a grant of > reads
// all of the customers' data and nothing of the operators'.
//
// Everything here is a value: safe to use concurrently.
package topic
