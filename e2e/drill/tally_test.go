package main

import "testing"

func TestTally(t *testing.T) {
	t.Parallel()
	order := func(n int) []int {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all
	}
	const many = 3*pageBits + 5
	tests := []struct {
		name  string
		total int
		got   []int
		want  sum
	}{
		{"all", many, order(many), sum{received: many}},
		{"none", many, nil, sum{lost: many}},
		{"other keys come in any order", 3, []int{2, 0, 1}, sum{received: 3}},
		{"the last one is lost", many, order(many - 1), sum{received: many - 1, lost: 1}},
		{"one between is lost", keys + 1, order(keys + 1)[1:], sum{received: keys, lost: 1}},
		{"one comes twice", 3, []int{0, 1, 1, 2}, sum{received: 4, duplicated: 1}},
		{"one comes again later", keys + 1, append(order(keys+1), 0), sum{received: keys + 2, duplicated: 1}},
		{"one comes after the next of its key", keys + 1, append(order(keys + 1)[1:], 0), sum{received: keys + 1, disordered: 1}},
		{"more than there is", 2, order(4), sum{received: 4, foreign: 2}},
		{"a number that cannot be", 1, []int{0, maxNumber, -1}, sum{received: 3, foreign: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var one tally
			for _, n := range tt.got {
				one.add(n)
			}
			var got sum
			got.add(&one, tt.total)
			tt.want.subscribers = 1
			if got != tt.want {
				t.Errorf("got %v, want %v", &got, &tt.want)
			}
			right := tt.want == sum{subscribers: 1, received: tt.total}
			if err := got.check(); (err == nil) != right {
				t.Errorf("check = %v", err)
			}
		})
	}
}
