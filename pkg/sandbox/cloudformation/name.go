package cloudformation

import (
	"crypto/rand"
	"strings"
)

// randomLetters is the alphabet of the random end of a generated name, the one AWS uses.
const randomLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// randomLength is how long that end is; 36^12 makes a second one alike unlikely for ever.
const randomLength = 12

// PhysicalName makes the name of a resource whose template gives none: stack-logicalID-RANDOM, no longer than limit,
// the first two shortened evenly where they must be. Limits below 20 are taken as 20.
func PhysicalName(r Request, limit int) string {
	room := max(limit, 20) - randomLength - 2
	stack, logical := r.StackName, r.LogicalID
	if len(stack)+len(logical) > room {
		keep := max(room/2, room-len(logical))
		stack = stack[:min(len(stack), keep)]
		logical = logical[:min(len(logical), room-len(stack))]
	}
	return strings.TrimRight(stack, "-") + "-" + logical + "-" + RandomID(randomLength)
}

// LowerPhysicalName is PhysicalName in small letters, as bucket names have to be.
func LowerPhysicalName(r Request, limit int) string {
	return strings.ToLower(PhysicalName(r, limit))
}

// RandomID returns n random characters of digits and capital letters.
func RandomID(n int) string {
	raw := make([]byte, n)
	rand.Read(raw)
	for i, b := range raw {
		raw[i] = randomLetters[int(b)%len(randomLetters)]
	}
	return string(raw)
}
