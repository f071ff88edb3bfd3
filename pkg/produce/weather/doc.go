// Package weather makes up weather reports of the fifty states of the US.
//
// A [Generator] yields one report after the other, of each state in turn:
//
//	g := weather.NewGenerator(42)
//	report := g.Next(time.Now())
//
// A report's sequence counts the reports of its station from 1, so that who
// receives them can tell whether one is missing, comes twice or too early. The
// figures wander around what is usual for the state and are otherwise invented.
//
// A Generator belongs to one goroutine.
package weather
