package main

// The gateway runs alone in its image: it brings along what an operating system would have. Both are used only where the system
// has none.
import (
	_ "time/tzdata" // zones, for TZ

	_ "golang.org/x/crypto/x509roots/fallback" // authorities, for the issuer's keys and for Redis
)
