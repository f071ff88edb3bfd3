package fanout

import (
	"fmt"
	"testing"

	"github.com/spillway/spillway/pkg/eventlog"
)

// BenchmarkCursor is what the cursor of a response costs: "base" encodes a whole one and
// seals it for a client, "step" one from the last base, "mark" is what a view does, which
// has a base now and then and steps else, and "parse" decodes a base and a step.
func BenchmarkCursor(b *testing.B) {
	const epoch = "00000000000000aa"
	s := sealer(b, 1)
	for _, lanes := range []int{1, eventlog.DefaultLanes} {
		places := make([]place, lanes)
		for i := range places {
			places[i] = place{i, eventlog.ID{MS: 1 << 40}}
		}
		move := func(i int) { places[i%lanes].id.MS++ }
		run := func(do string, f func(b *testing.B, i int)) {
			b.Run(fmt.Sprintf("do=%s/lanes=%d", do, lanes), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					f(b, i)
				}
			})
		}
		run("base", func(_ *testing.B, i int) {
			move(i)
			Mark{base: s.newBase(epoch, places)}.Base("client-1")
		})
		origin := s.newBase(epoch, places)
		run("step", func(b *testing.B, i int) {
			move(i)
			if _, ok := s.appendStep(origin, places); !ok {
				b.Fatal("no step")
			}
		})
		tr := tracker{sealer: s}
		run("mark", func(_ *testing.B, i int) {
			move(i)
			tr.mark(epoch, places)
		})
		step, _ := s.appendStep(origin, places)
		base := s.sealBase("client-1", origin.body)
		run("parse", func(b *testing.B, _ int) {
			if _, err := s.ParseCursor("client-1", base, step); err != nil {
				b.Fatal(err)
			}
		})
	}
}
