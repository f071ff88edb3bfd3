package stack

import "time"

// processInfo is what the system tells of a process.
type processInfo struct {
	pid, parent int
	name        string
	memory      int64 // resident, in bytes
	age         time.Duration
}

// family returns root and everything it started, directly or not, by process id.
func family(all []processInfo, root int) map[int]processInfo {
	found := map[int]processInfo{}
	for _, p := range all {
		if p.pid == root {
			found[root] = p
		}
	}
	for grown := len(found) > 0; grown; {
		grown = false
		for _, p := range all {
			_, known := found[p.pid]
			if _, related := found[p.parent]; related && !known {
				found[p.pid] = p
				grown = true
			}
		}
	}
	return found
}
