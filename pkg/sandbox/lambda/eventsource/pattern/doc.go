// Package pattern is the pattern language of Amazon EventBridge, which Lambda takes over for the filters of event source
// mappings.
//
// [Parse] reads a [Pattern]; [Pattern.Match] asks it about a JSON document. Every field that a pattern names must be in
// the document with one of the values listed; what it does not name is of no matter. A document's array matches if one of
// its elements does. The operators are prefix, suffix, equals-ignore-case, wildcard, anything-but (of values, prefixes,
// suffixes, wildcards and without regard to case), numeric, exists, cidr and $or.
//
// Followed: EventBridge user guide, "Comparison operators for use in event patterns"; Lambda developer guide, "Filter rule
// syntax"; the reference implementation github.com/aws/event-ruler for what patterns are refused.
//
// Simplified: a number that is listed as a value matches the same digits only, as Lambda's guide says (300 is not 300.0);
// numeric compares values. With exists false inside an array of objects, one object without the field is enough.
//
// A Pattern may be used by several goroutines at once.
package pattern
