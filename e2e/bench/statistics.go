package main

import "slices"

// median is the one in the middle, or between the two in the middle; zero of none.
func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// ratio is a/b; zero where nothing is to be said of it.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// compared is a ratio of two series of rounds: of their medians, and the lowest and the
// highest of the rounds.
type compared struct{ ratio, low, high float64 }

// compareRounds compares a with b, which have as many rounds.
func compareRounds(a, b []float64) compared {
	c := compared{ratio: ratio(median(a), median(b))}
	for i := range min(len(a), len(b)) {
		r := ratio(a[i], b[i])
		if i == 0 {
			c.low, c.high = r, r
		}
		c.low, c.high = min(c.low, r), max(c.high, r)
	}
	return c
}

// each returns a figure of every round.
func each(rounds []figures, figure func(figures) float64) []float64 {
	all := make([]float64, len(rounds))
	for i, f := range rounds {
		all[i] = figure(f)
	}
	return all
}

// middle returns the median of a figure.
func middle(rounds []figures, figure func(figures) float64) float64 {
	return median(each(rounds, figure))
}

// steps are the points of a curve up to the last one: powers of a factor, and it.
func steps(factor, last int) []int {
	var all []int
	for at := 1; at < last; at *= factor {
		all = append(all, at)
	}
	return append(all, last)
}
