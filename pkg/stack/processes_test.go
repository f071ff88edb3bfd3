package stack

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFamily(t *testing.T) {
	t.Parallel()
	all := []processInfo{{pid: 5, parent: 3}, {pid: 3, parent: 2}, {pid: 2, parent: 1}, {pid: 1}, {pid: 9, parent: 1}}
	for _, tt := range []struct {
		name string
		root int
		want []int
	}{{"with descendants", 2, []int{2, 3, 5}}, {"alone", 9, []int{9}}, {"gone", 7, nil}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := slices.Sorted(maps.Keys(family(all, tt.root)))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
