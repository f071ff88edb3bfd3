// Package knobs is what tests and demonstrations turn to make an emulator
// misbehave: its clock, the next answers, and whatever it adds of its own.
//
// A [Panel] serves the knobs of one emulator over HTTP: GET shows how they are,
// POST with a JSON object turns one. [Clock] and [Faults] are those that every
// emulator has.
//
// It knows no AWS: what a fault looks like on the wire is the emulator's matter.
// All types may be used concurrently.
package knobs
