package main

import (
	"time"

	"github.com/spillway/spillway/e2e/harness"
	"github.com/spillway/spillway/pkg/client"
)

const (
	// A subscriber that comes and goes stays for so many events and is then away for at
	// most so long.
	minStay, maxStay = 300, 3000
	maxAway          = 5 * time.Second
	// A slow subscriber takes slowness times as long as the producer. A sleepy one
	// sleeps after napEvery events.
	slowness = 2
	napEvery = 50
	// narrowPiece is how much a narrow connection reads at once, in bytes.
	narrowPiece = 4096
)

// leaving is how a subscriber leaves.
type leaving int

const (
	never leaving = iota
	// forAWhile leaves the loop and goes on with the same stream.
	forAWhile
	// atAnEnd leaves when all of a response is handled, and comes back with the cursor as
	// another process would.
	atAnEnd
	// inTheMidst leaves wherever it is, as a process that crashes, and comes back with
	// the cursor.
	inTheMidst
	// durably leaves wherever it is, and comes back with a Store of the SDK.
	durably
)

// role is how a subscriber behaves.
type role struct {
	name     string
	customer string
	patterns []string // none: all that is granted
	start    client.Start
	leaves   leaving
	sleepy   bool // its application is slow
	narrow   bool // its connection is slow
	late     bool // it comes when a third of the records are put
}

// fromEarliest tells whether the role is to get what was put before it came, too.
func (r role) fromEarliest() bool { return r.start != client.Start{} }

// The customers, by what they may read.
const (
	institute = "institute"
	regional  = "regional"
	newyork   = "newyork"
	tristate  = "tristate"
)

func customers() []harness.Customer {
	return []harness.Customer{
		{Name: institute, Patterns: []string{"weather.us.>"}},
		{Name: regional, Patterns: []string{"weather.us.*"}},
		{Name: newyork, Patterns: []string{"weather.us.ny"}},
		{Name: tristate, Patterns: []string{"weather.us.ny", "weather.us.nj", "weather.us.ct"}},
	}
}

// grantsOf are the patterns of a customer.
func grantsOf(customer string) []string {
	for _, c := range customers() {
		if c.Name == customer {
			return c.Patterns
		}
	}
	return nil
}

// roles are the subscribers of a run.
func roles() []role {
	return []role{
		{name: "everything", customer: institute},
		{name: "everything from the earliest", customer: institute, patterns: []string{"weather.us.>"}, start: client.Earliest()},
		{name: "every state", customer: regional, patterns: []string{"weather.us.*"}},
		{name: "new york", customer: newyork, patterns: []string{"weather.us.ny"}},
		{name: "three states", customer: tristate},
		{name: "two of many", customer: institute, patterns: []string{"weather.us.ca", "weather.us.wa"}},
		{name: "sleepy", customer: institute, sleepy: true},
		{name: "narrow", customer: regional, narrow: true},
		{name: "away for a while", customer: regional, leaves: forAWhile},
		{name: "restarting", customer: institute, patterns: []string{"weather.us.>"}, leaves: atAnEnd},
		{name: "crashing", customer: regional, leaves: inTheMidst},
		{name: "restarting in new york", customer: newyork, leaves: atAnEnd},
		{name: "durable", customer: institute, leaves: durably},
		{name: "late", customer: institute, late: true},
	}
}
