//go:build !linux

package ecs

import "time"

// processTime is not known on this system.
func processTime(int) (time.Duration, bool) { return 0, false }
