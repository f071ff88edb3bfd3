// Package filter decides by an expression which events somebody gets.
//
// A [Filter] is a CEL expression (https://cel.dev) that is true for the events to deliver.
// It is compiled, type-checked and limited once, by [Compile], whose errors point at the
// column and are fit for who wrote the text. Then it is asked about many events:
//
//	f, err := filter.Compile(`data.t > 90 && data.station.startsWith("K")`)
//	var e filter.Event
//	for rest := entry; len(rest) > 0; {
//		raw, more, err := event.Next(rest)
//		e.Reset(raw)
//		if f.Match(&e) { … }
//		rest = more
//	}
//
// # What a filter sees
//
//	topic          string     such as weather.us.ny
//	partition_key  string     that the producer gave the record
//	id             string     of the event
//	time           timestamp  when Kinesis accepted the record; its parts are of UTC
//	size           int        bytes of data
//	data           dyn        the data as JSON
//
// Objects are maps, lists are lists, null is null, and every number is a double; it
// compares with ints, too, but CEL has no arithmetic of a double and an int: it is
// data.t * 2.0 > 100, and Compile refuses data.t * 2. All of CEL's standard functions and
// macros are there, but for messages and time zones; the pattern of matches must be
// written out.
//
// # What never matches
//
// Only an expression whose result is true matches. One that has no result does not,
// whatever the reason: data that is not JSON, a field that is not there, a comparison of
// a string with a number, a division by zero, an event that is too large for it. It is an
// error of CEL that || and && may absorb: size > 10 || data.t > 90 is true for large data
// of any kind, and !(data.t > 90) is not true for an event without t. Ask has(data.t)
// first to tell the two apart.
//
// Data is JSON if it is to encoding/json and in UTF-8, nested no deeper than [MaxDepth],
// with no more than [MaxValues] values in no more than [MaxData] bytes. Of a key that an
// object has twice the last value counts. A number beyond a double's range, and an index
// beyond a list, have no value. Half of a surrogate pair is U+FFFD.
//
// # What it costs
//
// A filter is evaluated where all events come by, so its time is bounded, in the units of
// CEL: one is about a step, such as an access to a field or a comparison, and some
// 50 to 100 ns. [Filter.Cost] estimates it, [MaxCost] limits the estimate, and an
// evaluation that takes more in fact is ended without a result.
//
// The first filter that looks at the data of an event has them read, at 1 to 2 ns a byte,
// for all that come after it. Beside that a field that is compared with a constant is 75 ns
// and no garbage, also with in, has, startsWith, endsWith and contains, and where such are
// joined by &&, || and !. All else takes CEL's interpreter, which takes 250 ns for as
// much. It makes no difference to the result.
//
// The package knows neither patterns nor subscribers. A Filter is safe to use
// concurrently, an Event belongs to one goroutine.
package filter
