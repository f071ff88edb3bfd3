//go:build !linux

package stack

// processes is only known on Linux.
func processes() []processInfo { return nil }

// holderOf is only known on Linux.
func holderOf(int) string { return "" }
