//go:build !linux

package environment

// peakMemoryMB is not known on this system; 0 stands for that.
func peakMemoryMB(int) int { return 0 }
