package main

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/spillway/spillway/e2e/harness"
	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/topic"
)

// A world of two chains in two lanes, with ten records each; a third one is of a topic
// that the subscriber does not read.
const (
	chainNY = iota
	chainPA
	chainOther
	perChain = 10
)

var begin = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// putTime is when a record was put: one a second, in every chain.
func putTime(number int) time.Time { return begin.Add(time.Duration(number) * time.Second) }

func world() *checker {
	w := &workload{chains: []chain{{"weather.us.ny", "a", "ny"}, {"weather.us.pa", "b", "pa"}, {"weather.ca.on", "c", "on"}}}
	c := &checker{workload: w, truth: make([][]record, len(w.chains))}
	for i := range w.chains {
		for n := 1; n <= perChain; n++ {
			c.truth[i] = append(c.truth[i], record{id: idOf(i, n), put: putTime(n)})
		}
	}
	return c
}

func idOf(chain, number int) uint64 { return uint64(chain*1000 + number) }

func ev(chain, number int) shown { return shown{chain: chain, number: number, id: idOf(chain, number)} }

// run is events of a chain with ascending numbers.
func run10(chain int) []shown { return seq(chain, 1, perChain) }

func seq(chain, from, to int) []shown {
	var all []shown
	for n := from; n <= to; n++ {
		all = append(all, ev(chain, n))
	}
	return all
}

func gapOf(lanes ...uint32) shown {
	return shown{chain: -1, gap: &client.Gap{Reason: client.GapLogReset, Lanes: lanes}}
}

func inStream(stream int, items ...shown) []shown {
	for i := range items {
		items[i].stream = stream
	}
	return items
}

func concat(parts ...[]shown) []shown {
	var all []shown
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func one(s shown) []shown { return []shown{s} }

func patterns(t *testing.T, texts ...string) []topic.Pattern {
	t.Helper()
	ps, err := topic.ParseAll(texts)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

func laneNY() uint32 { return uint32(eventlog.LaneOf("weather.us.ny", harness.Lanes)) }
func lanePA() uint32 { return uint32(eventlog.LaneOf("weather.us.pa", harness.Lanes)) }

// TestChecker: each breach is found and a clean history is clean.
func TestChecker(t *testing.T) {
	t.Parallel()
	if laneNY() == lanePA() {
		t.Fatal("the chains are in one lane")
	}
	ny, pa := run10(chainNY), run10(chainPA)
	wrong, foreignID := ev(chainNY, 5), ev(chainNY, 5)
	wrong.wrong, foreignID.id = true, 77
	// Between the fourth and the eighth record something is lost at the sixth.
	lossAfter := []time.Time{putTime(6).Add(time.Millisecond)}
	tests := []struct {
		name    string
		items   []shown
		losses  []time.Time
		history history // name, since, careless, ended
		want    findings
		broken  bool
	}{
		{"clean", concat(ny, pa), nil, history{}, findings{Shown: 20}, false},
		{"clean, interleaved", concat(ny[:5], pa, ny[5:]), nil, history{}, findings{Shown: 20}, false},
		{"one missing", concat(ny[:4], ny[5:], pa), nil, history{}, findings{Shown: 19, Lost: 1, SilentGaps: 1}, true},
		{"two places", concat(ny[:2], ny[4:6], ny[7:], pa), nil, history{}, findings{Shown: 17, Lost: 3, SilentGaps: 2}, true},
		{"the first missing", concat(ny[1:], pa), nil, history{}, findings{Shown: 19, Lost: 1, SilentGaps: 1}, true},
		{"the last missing", concat(ny[:9], pa), nil, history{}, findings{Shown: 19, Lost: 1, SilentGaps: 1}, true},
		{"nothing at all", nil, nil, history{}, findings{Lost: 20, SilentGaps: 2}, true},
		{"missing and told", concat(ny[:4], one(gapOf(laneNY())), ny[6:], pa), lossAfter, history{}, findings{Shown: 18, Gaps: 1, Gone: 2}, false},
		{"missing and told of all lanes", concat(ny[:4], pa[:4], one(gapOf()), ny[6:], pa[6:]), lossAfter, history{}, findings{Shown: 16, Gaps: 1, Gone: 4}, false},
		{"told of another lane", concat(ny[:4], one(gapOf(lanePA())), ny[6:], pa), lossAfter, history{},
			findings{Shown: 18, Gaps: 1, Lost: 2, SilentGaps: 1, FalseAlarms: 1}, true},
		{"told too early", concat(ny[:3], one(gapOf()), ny[3:4], ny[6:], pa), lossAfter, history{},
			findings{Shown: 18, Gaps: 1, Lost: 2, SilentGaps: 1, FalseAlarms: 1}, true},
		{"told too late", concat(ny[:4], ny[6:7], one(gapOf()), ny[7:], pa), lossAfter, history{},
			findings{Shown: 18, Gaps: 1, Lost: 2, SilentGaps: 1, FalseAlarms: 1}, true},
		{"told at the end", concat(pa, ny[:5], one(gapOf())), []time.Time{putTime(11)}, history{}, findings{Shown: 15, Gaps: 1, Gone: 5}, false},
		{"told where nothing is missing", concat(ny[:4], one(gapOf()), ny[4:], pa), nil, history{}, findings{Shown: 20, Gaps: 1, FalseAlarms: 1}, false},
		{"told, but nothing took them", concat(ny[:4], one(gapOf()), ny[6:], pa), nil, history{}, findings{Shown: 18, Gaps: 1, Unexplained: 2}, true},
		{"told, but put after the loss", concat(ny[:4], one(gapOf()), ny[8:], pa), lossAfter, history{}, findings{Shown: 16, Gaps: 1, Gone: 2, Unexplained: 2}, true},
		{"twice by one stream", concat(ny, pa, ny[3:5]), nil, history{}, findings{Shown: 22, Duplicated: 2}, true},
		{"again after a clean leave", concat(ny, pa[:5], inStream(1, seq(chainPA, 4, 10)...)), nil, history{}, findings{Shown: 22, Reshown: 2, Duplicated: 2}, true},
		{"again after a clean leave and a loss", concat(ny, pa[:5], inStream(1, seq(chainPA, 4, 10)...)), lossAfter, history{}, findings{Shown: 22, Reshown: 2}, false},
		{"again after a crash", concat(ny, pa[:5], inStream(1, seq(chainPA, 4, 10)...)), nil, history{careless: true}, findings{Shown: 22, Reshown: 2}, false},
		{"again to a durable one after a loss", concat(ny, pa[:5], inStream(1, seq(chainPA, 5, 10)...)), lossAfter, history{durable: true}, findings{Shown: 21, Reshown: 1, Duplicated: 1}, true},
		{"twice by one stream that crashed", concat(ny, pa, ny[3:5]), nil, history{careless: true}, findings{Shown: 22, Duplicated: 2}, true},
		{"out of order", concat(ny[:4], ny[5:6], ny[4:5], ny[6:], pa), nil, history{}, findings{Shown: 20, OutOfOrder: 1}, true},
		{"out of order by two", concat(ny[2:], ny[:2], pa), nil, history{}, findings{Shown: 20, OutOfOrder: 2}, true},
		{"another order of other chains", concat(pa, ny), nil, history{}, findings{Shown: 20}, false},
		{"not asked for", concat(ny, pa, one(ev(chainOther, 1))), nil, history{}, findings{Shown: 21, Foreign: 1}, true},
		{"a topic that nobody put", concat(ny, pa, one(shown{chain: -1, stray: "weather.us.tx"})), nil, history{}, findings{Shown: 21, Mismatches: 1}, true},
		{"a foreign topic that nobody put", concat(ny, pa, one(shown{chain: -1, stray: "secret"})), nil, history{}, findings{Shown: 21, Foreign: 1, Mismatches: 1}, true},
		{"wrong data", concat(ny[:4], one(wrong), ny[5:], pa), nil, history{}, findings{Shown: 20, Mismatches: 1, Lost: 1, SilentGaps: 1}, true},
		{"a number that nobody put", concat(ny, one(ev(chainNY, perChain+1)), pa), nil, history{}, findings{Shown: 21, Mismatches: 1}, true},
		{"another id", concat(ny[:4], one(foreignID), ny[5:], pa), nil, history{}, findings{Shown: 20, Mismatches: 1}, true},
		{"late, and nothing of before", concat(ny[6:], pa[6:]), nil, history{since: putTime(6)}, findings{Shown: 8}, false},
		{"late, and one of after is missing", concat(ny[7:], pa[6:]), nil, history{since: putTime(6)}, findings{Shown: 7, Lost: 1, SilentGaps: 1}, true},
		{"ended", concat(ny, pa), nil, history{ended: errors.New("done")}, findings{Shown: 20, Ended: "done"}, true},
		{"repetitions that the SDK dropped", concat(ny, pa), nil, history{repeated: 3}, findings{Shown: 20, Repeated: 3}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := world()
			c.losses = tt.losses
			h := tt.history
			h.items, h.grants, h.patterns = tt.items, patterns(t, "weather.us.*", "weather.ca.on"), patterns(t, "weather.us.>")
			got := c.check(&h)
			if diff := cmp.Diff(&tt.want, got, cmpopts.IgnoreFields(findings{}, "Name", "Examples", "Reasons", "alarms")); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if got.Reasons[client.GapLogReset] != tt.want.Gaps {
				t.Errorf("gaps by reason %v, want %d of one", got.Reasons, tt.want.Gaps)
			}
			if got.broken() != tt.broken {
				t.Errorf("broken = %t, want %t", got.broken(), tt.broken)
			}
		})
	}
}

// TestGrantsBoundPatterns: what was asked for and not granted is not to be shown.
func TestGrantsBoundPatterns(t *testing.T) {
	t.Parallel()
	h := history{items: concat(run10(chainNY), run10(chainPA)), grants: patterns(t, "weather.us.ny"), patterns: patterns(t, "weather.us.*")}
	if got := world().check(&h); got.Foreign != perChain || !got.broken() {
		t.Errorf("findings %+v", got)
	}
}

func TestFindingsAddUp(t *testing.T) {
	t.Parallel()
	one := findings{
		Reasons: map[client.GapReason]int{client.GapLogReset: 2},
		Shown:   1, Gaps: 2, Lost: 3, SilentGaps: 4, Gone: 5, Unexplained: 6, FalseAlarms: 7, Duplicated: 8, Repeated: 9, Reshown: 10,
		OutOfOrder: 11, Foreign: 12, Mismatches: 13,
	}
	var sum findings
	sum.add(&one)
	sum.add(&one)
	want := findings{
		Reasons: map[client.GapReason]int{client.GapLogReset: 4},
		Shown:   2, Gaps: 4, Lost: 6, SilentGaps: 8, Gone: 10, Unexplained: 12, FalseAlarms: 14, Duplicated: 16, Repeated: 18, Reshown: 20,
		OutOfOrder: 22, Foreign: 24, Mismatches: 26,
	}
	if diff := cmp.Diff(want, sum, cmpopts.IgnoreFields(findings{}, "alarms")); diff != "" {
		t.Error(diff)
	}
}
