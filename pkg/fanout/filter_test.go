package fanout

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
)

// appendData adds an entry with one event for each data.
func appendData(l *memLog, name string, data ...string) {
	var buf []byte
	for _, d := range data {
		buf = event.Append(buf, &event.Event{Topic: name, SequenceNumber: fmt.Sprint(l.count[name]), Data: []byte(d)})
		l.count[name]++
	}
	l.appendRaw(eventlog.LaneOf(name, l.epoch.Lanes), buf)
}

// count returns the value of one of the counters of filters.
func count(t *testing.T, reg *prometheus.Registry, name string) int {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "spillway_filter_evaluations"+name+"_total" {
			return int(f.GetMetric()[0].GetCounter().GetValue())
		}
	}
	t.Fatalf("no counter %q", name)
	return 0
}

func subscribeTo(t fataler, h *Hub, req Request) *Subscription {
	t.Helper()
	s, err := h.Subscribe(t.(testing.TB).Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var reports = []string{`{"t":91}`, `{"t":20}`, `warm`, `{"h":1}`, `{"t":95}`}

func TestFilter(t *testing.T) {
	l := newMemLog(2)
	h := newHub(t, l, Config{})
	req := Request{Patterns: patterns(t, ">"), Filter: compiled(t, "data.t > 90")}
	live := subscribeTo(t, h, req)
	appendData(l, "a.0", reports...)
	appendData(l, "b.0", reports[1:4]...)
	step(t, h)
	req.Start.Earliest = true
	earliest := subscribeTo(t, h, req)
	expect(t, "live", drain(t, live), "a.0/0", "a.0/4")
	expect(t, "replayed", drain(t, earliest), "a.0/0", "a.0/4")
	if live.view != earliest.view {
		t.Error("two views of one filter")
	}
	// What the filter drops is passed.
	reads := l.reads
	req.Start = after(t, live.Mark())
	expect(t, "resumed", drain(t, subscribeTo(t, h, req)))
	if p, q := live.at, earliest.at; !slices.Equal(p, q) || !slices.Equal(p, h.at.Load().positions) {
		t.Errorf("positions %v and %v, want those of the tail, %v", p, q, h.at.Load().positions)
	}
	if l.reads > reads+1 {
		t.Errorf("%d reads to find nothing new", l.reads-reads)
	}
}

func TestRules(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	warm, cold := compiled(t, "data.t > 90"), compiled(t, "data.t < 90")
	rule := func(pattern, text string) Rule { return Rule{patterns(t, pattern)[0], compiled(t, text)} }
	tests := []struct {
		name string
		req  Request
		want []string
	}{
		{"none", Request{}, []string{"a/0", "a/1", "b/0", "b/1"}},
		{"of one topic", Request{Rules: []Rule{rule("a", "")}}, []string{"a/0", "a/1"}},
		{"with a filter", Request{Rules: []Rule{rule(">", "data.t > 90")}}, []string{"a/0", "b/0"}},
		{"one of two", Request{Rules: []Rule{rule("a", "data.t > 90"), rule(">", "data.t < 90")}}, []string{"a/0", "a/1", "b/1"}},
		{"narrowed", Request{Rules: []Rule{rule("a", "data.t > 90"), rule("b", "")}, Filter: cold}, []string{"b/1"}},
		{"never widened", Request{Rules: []Rule{rule("a", "data.t < 90")}, Filter: warm}, nil},
		{"of nothing asked for", Request{Rules: []Rule{rule("c", "")}}, nil},
	}
	var live []*Subscription
	for _, tt := range tests {
		tt.req.Patterns = patterns(t, ">")
		live = append(live, subscribeTo(t, h, tt.req))
	}
	appendData(l, "a", `{"t":91}`, `{"t":20}`)
	appendData(l, "b", `{"t":91}`, `{"t":20}`)
	step(t, h)
	for i, tt := range tests {
		expect(t, tt.name, drain(t, live[i]), tt.want...)
		tt.req.Patterns, tt.req.Start.Earliest = patterns(t, ">"), true
		expect(t, tt.name+", replayed", drain(t, subscribeTo(t, h, tt.req)), tt.want...)
	}
}

// TestScopeKey: who is to get the same shares a view, and nobody else does.
func TestScopeKey(t *testing.T) {
	rules := func(texts ...string) []Rule {
		var rs []Rule
		for _, text := range texts {
			pattern, filter, _ := strings.Cut(text, "|")
			rs = append(rs, Rule{patterns(t, pattern)[0], compiled(t, filter)})
		}
		return rs
	}
	same := [][2]Request{
		{{Filter: compiled(t, "size > 1")}, {Filter: compiled(t, " size > 1\n")}},
		{{Rules: rules("a|size > 1", "b|size > 1")}, {Rules: rules("b|size > 1", "a|size > 1", "b|size > 1")}},
		{{Rules: rules("x.>")}, {}},
		{{Rules: rules("x.>", "y", "x.0|size > 1")}, {}},
		{{Rules: rules("x.0", "x.0|size > 1")}, {Rules: rules("x.0")}},
	}
	for _, pair := range same {
		if a, b := keyOf(t, pair[0]), keyOf(t, pair[1]); a != b {
			t.Errorf("%s is not %s", a, b)
		}
	}
	seen := map[string]bool{}
	for _, req := range []Request{{}, {Filter: compiled(t, "size > 1")}, {Filter: compiled(t, "size > 2")}, {Filter: compiled(t, `topic == "a \"b"`)},
		{Rules: rules("a")}, {Rules: rules("a|size > 1")}, {Rules: rules("a|size > 1"), Filter: compiled(t, "size > 1")}, {MaxEventBytes: 3}} {
		if key := keyOf(t, req); seen[key] {
			t.Errorf("%s is of two", key)
		} else {
			seen[key] = true
		}
	}
}

func keyOf(t *testing.T, req Request) string {
	req.Patterns = patterns(t, "x.>")
	s := scopeOf(req)
	return s.key()
}

// TestFilterDecidesBeforeSize: an event that is not for somebody cannot be too large.
func TestFilterDecidesBeforeSize(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	req := Request{Patterns: patterns(t, "a"), MaxEventBytes: 200, Filter: compiled(t, "data.t > 90")}
	large := func(temp int) string { return fmt.Sprintf(`{"t":%d,"pad":%q}`, temp, strings.Repeat("x", 300)) }
	live := subscribeTo(t, h, req)
	appendData(l, "a", large(20), `{"t":91}`, large(21))
	step(t, h)
	req.Start.Earliest = true
	expect(t, "live", drain(t, live), "a/1")
	expect(t, "replayed", drain(t, subscribeTo(t, h, req)), "a/1")
	appendData(l, "a", large(92))
	step(t, h)
	expect(t, "live, too large", drain(t, live), "gap 3")
	expect(t, "replayed, too large", drain(t, subscribeTo(t, h, req)), "a/1", "gap 3")
}

// TestOneEvaluation: however many ask for the same, an event is evaluated once.
func TestOneEvaluation(t *testing.T) {
	l, reg := newMemLog(1), prometheus.NewRegistry()
	h := newHub(t, l, Config{Metrics: NewMetrics(reg)})
	for range 1000 {
		subscribeTo(t, h, Request{Patterns: patterns(t, "a"), Filter: compiled(t, "data.t > 90")})
	}
	subscribe(t, h, Start{}, "a")
	appendData(l, "a", append(reports, "["+strings.Repeat("0,", 10_000)+"0]")...)
	appendData(l, "b", reports...)
	step(t, h)
	if n := count(t, reg, ""); n != 6 {
		t.Errorf("%d evaluations of 6 events", n)
	}
	if n := count(t, reg, "_without_result"); n != 3 {
		t.Errorf("%d had no result, want 3", n)
	}
}

func TestFilterCost(t *testing.T) {
	h := newHub(t, newMemLog(1), Config{})
	var subs []*Subscription
	for i := 0; ; i++ {
		req := Request{Patterns: patterns(t, "a"), Rules: []Rule{{patterns(t, ">")[0], compiled(t, fmt.Sprintf(`data.exists(x, x.exists(y, y > %d))`, i))}}}
		s, err := h.Subscribe(t.Context(), req)
		if errors.Is(err, ErrFilterCost) {
			break
		}
		if err != nil || i > MaxFilterCost {
			t.Fatal(i, err)
		}
		subs = append(subs, s)
		same := subscribeTo(t, h, req) // shares it
		same.Close()
	}
	subscribe(t, h, Start{}, "a") // costs nothing
	for _, s := range subs {
		s.Close()
	}
	if h.cost != 0 {
		t.Errorf("cost %d is left of none", h.cost)
	}
}

// TestCutShort: a filter that an event costs too much does not match, and is counted.
func TestCutShort(t *testing.T) {
	l, reg := newMemLog(1), prometheus.NewRegistry()
	h := newHub(t, l, Config{Metrics: NewMetrics(reg)})
	s := subscribeTo(t, h, Request{Patterns: patterns(t, "a"), Filter: compiled(t, "data.all(x, x == 0)")})
	appendData(l, "a", "["+strings.Repeat("0,", 10_000)+"0]", "[0]")
	step(t, h)
	expect(t, "live", drain(t, s), "a/1")
	if n := count(t, reg, "_cut_short"); n != 1 {
		t.Errorf("%d were cut short, want 1", n)
	}
}

// TestFiltersTakeLong: whoever reads and matches stops in between, if it takes long, and
// misses nothing.
func TestFiltersTakeLong(t *testing.T) {
	l := newMemLog(1)
	for range 100 {
		appendData(l, "a", `{"t":20}`)
	}
	h := newHub(t, l, Config{})
	h.patient = 0
	req := Request{Patterns: patterns(t, "a"), Filter: compiled(t, "data.t > 90")}
	live := subscribeTo(t, h, req)
	req.Start.Earliest = true
	s := subscribeTo(t, h, req)
	for n := 0; !s.Live(); n++ {
		was := s.at[0]
		b, _, err := s.Next(t.Context(), math.MaxInt)
		if err != nil || !b.Empty() {
			t.Fatal(b, err)
		}
		if passed := s.at[0].MS - was.MS; was.MS > 0 && passed > 2*scanRounds {
			t.Fatalf("Next passed %d entries", passed)
		}
	}
	appendData(l, "a", `{"t":91}`)
	for range 20 {
		appendData(l, "a", `{"t":20}`)
	}
	h.round(t.Context(), true)
	if at := h.at.Load().positions[0]; at == l.heads[0] {
		t.Error("a round has published all")
	}
	expect(t, "at once", drain(t, live), "a/100")
	step(t, h)
	if at := h.at.Load().positions[0]; at != l.heads[0] {
		t.Error("the rest is not published")
	}
	expect(t, "live", drain(t, live))
	expect(t, "replayed", drain(t, s), "a/100")
}

// TestMatchAllocations: events cost no allocations of their own, but what a filter takes
// out of them.
func TestMatchAllocations(t *testing.T) {
	l := newMemLog(1)
	h := newHub(t, l, Config{})
	appendData(l, "a", slices.Repeat([]string{`{"station":"KNYC","t":91.5}`}, 100)...)
	entry := l.lanes[0][0]
	match := func() float64 {
		return testing.AllocsPerRun(100, func() {
			touched, _ := h.match(0, entry)
			for _, v := range touched {
				v.pending = nil
			}
		})
	}
	subscribe(t, h, Start{}, "a")
	subscribeTo(t, h, Request{Patterns: patterns(t, "a"), Rules: []Rule{{Pattern: patterns(t, ">")[0]}}, MaxEventBytes: 1 << 20})
	const views = 2 + 2 + 2 // for each of two a slot and its run, and for both their list, which grows once
	if n := match(); n > views {
		t.Errorf("%v allocations for 100 events without filters", n)
	}
	subscribeTo(t, h, Request{Patterns: patterns(t, "a"), Filter: compiled(t, "data.t > 100")})
	// A number, and the result of its comparison, which CEL has no other way to pass on. The
	// race detector empties CEL's pools now and then.
	if n := match(); n > views+3*100 {
		t.Errorf("%v allocations for 100 events and a filter", n)
	}
}

func BenchmarkMatch(b *testing.B) {
	report := `{"station":"KNYC","state":"ny","lat":40.7789,"lon":-73.9692,"t":91.4,"wind":{"speed":12.5,"dir":"NW"},"ok":true}`
	for _, filters := range []int{0, 1, 10, 100} {
		b.Run(fmt.Sprintf("filters=%d", filters), func(b *testing.B) {
			l := newMemLog(1)
			h := newHub(b, l, Config{})
			appendData(l, "a", slices.Repeat([]string{report}, 100)...)
			subscribe(b, h, Start{}, "a")
			for i := range filters {
				subscribeTo(b, h, Request{Patterns: patterns(b, "a"), Filter: compiled(b, fmt.Sprintf("data.t > %d", 100+i))})
			}
			b.ReportAllocs()
			for b.Loop() {
				touched, _ := h.match(0, l.lanes[0][0])
				for _, v := range touched {
					v.pending = nil
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/event")
		})
	}
}
