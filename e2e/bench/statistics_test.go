package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		all  []float64
		want float64
	}{
		{"none", nil, 0},
		{"one", []float64{3}, 3},
		{"odd", []float64{9, 1, 2}, 2},
		{"even", []float64{4, 1, 2, 9}, 3},
	} {
		if got := median(tt.all); got != tt.want {
			t.Errorf("%s: %g, want %g", tt.name, got, tt.want)
		}
	}
}

func TestCompareRounds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		a, b []float64
		want compared
	}{
		{"of medians", []float64{10, 30, 20}, []float64{10, 10, 40}, compared{ratio: 2, low: 0.5, high: 3}},
		{"of nothing", []float64{1}, []float64{0}, compared{}},
		{"none", nil, nil, compared{}},
	} {
		if got := compareRounds(tt.a, tt.b); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestSteps(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		last int
		want []int
	}{
		{1, []int{1}},
		{50, []int{1, 50}},
		{100, []int{1, 100}},
		{1_000_000, []int{1, 100, 10_000, 1_000_000}},
	} {
		if diff := cmp.Diff(tt.want, steps(100, tt.last)); diff != "" {
			t.Errorf("to %d: %s", tt.last, diff)
		}
	}
}

// TestInTurn: nobody is always first, or always after the same one.
func TestInTurn(t *testing.T) {
	t.Parallel()
	var got [][]int
	for round := range 3 {
		got = append(got, inTurn(3, round))
	}
	if diff := cmp.Diff([][]int{{0, 1, 2}, {0, 2, 1}, {2, 0, 1}}, got); diff != "" {
		t.Error(diff)
	}
}
