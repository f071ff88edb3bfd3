package cloudformation

import (
	"context"
	"slices"
)

// topological orders nodes so that each comes after those it depends on. Edges to names outside of nodes are ignored.
// A cycle is returned as the sorted names that are on it or behind it.
func topological(nodes []string, dependsOn map[string][]string) (order, cycle []string) {
	waits, dependents := countEdges(nodes, dependsOn)
	var ready []string
	for _, n := range nodes {
		if waits[n] == 0 {
			ready = append(ready, n)
		}
	}
	for len(ready) > 0 {
		n := ready[0]
		ready = ready[1:]
		order = append(order, n)
		for _, d := range dependents[n] {
			if waits[d]--; waits[d] == 0 {
				ready = append(ready, d)
			}
		}
	}
	if len(order) == len(nodes) {
		return order, nil
	}
	for _, n := range nodes {
		if waits[n] > 0 {
			cycle = append(cycle, n)
		}
	}
	slices.Sort(cycle)
	return order, cycle
}

func countEdges(nodes []string, dependsOn map[string][]string) (waits map[string]int, dependents map[string][]string) {
	waits = make(map[string]int, len(nodes))
	for _, n := range nodes {
		waits[n] = 0
	}
	dependents = make(map[string][]string, len(nodes))
	for _, n := range nodes {
		for _, d := range unique(dependsOn[n]) {
			if _, present := waits[d]; present {
				waits[n]++
				dependents[d] = append(dependents[d], n)
			}
		}
	}
	return waits, dependents
}

func unique(names []string) []string {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// reversed turns "a needs b" into "b waits for a", which is the order of deletion.
func reversed(dependsOn map[string][]string) map[string][]string {
	out := make(map[string][]string, len(dependsOn))
	for n, deps := range dependsOn {
		for _, d := range deps {
			out[d] = append(out[d], n)
		}
	}
	return out
}

// graphRun runs do once for every node, each after all it depends on, independent ones at the same time.
type graphRun struct {
	nodes     []string
	dependsOn map[string][]string
	// stopOnError cancels what is running and starts nothing more after the first failure; otherwise only what depends on a failure is left out.
	stopOnError bool
	do          func(ctx context.Context, node string) error
}

type nodeResult struct {
	node string
	err  error
}

// run returns the failures by node. It returns only when nothing runs any more.
func (g graphRun) run(ctx context.Context) map[string]error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	waits, dependents := countEdges(g.nodes, g.dependsOn)
	var ready []string
	for _, n := range g.nodes {
		if waits[n] == 0 {
			ready = append(ready, n)
		}
	}
	failed := map[string]error{}
	done := make(chan nodeResult)
	running := 0
	for {
		for len(ready) > 0 && running < maxParallel && ctx.Err() == nil {
			n := ready[0]
			ready = ready[1:]
			running++
			go func() { done <- nodeResult{n, g.do(ctx, n)} }()
		}
		if running == 0 {
			return failed
		}
		r := <-done
		running--
		if r.err != nil {
			failed[r.node] = r.err
			if g.stopOnError {
				cancel()
			}
			continue
		}
		for _, d := range dependents[r.node] {
			if waits[d]--; waits[d] == 0 {
				ready = append(ready, d)
			}
		}
	}
}
