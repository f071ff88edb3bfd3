//go:build !linux

package process

// limitFiles does nothing: only Linux lets a process change the limits of another.
func limitFiles(int, FileLimit) error { return nil }
