package fanout

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/filter"
)

// client is a model of a subscriber that comes and goes.
type client struct {
	sub    *Subscription
	away   bool // sub is closed
	cursor Mark
	req    Request         // but for where it starts
	most   int             // the largest event that it takes, 0 for any
	wants  wants           // what filter and rules let through
	next   map[string]int  // by topic, the number to come
	gap    map[string]bool // by topic, a gap was told since the last event
	owed   map[string]bool // by topic, events are missing and no gap has been told
}

// wants tells whether somebody is to get an event, by its topic, its number in it and
// whether it is large: what filters and rules come to, written down again without them.
type wants func(name string, n int, big bool) bool

// sieve is a filter and rules, and what they let through.
type sieve struct {
	filter string
	rules  [][2]string // pattern and filter
	wants  wants
}

const (
	even = `id.matches("[02468]:0$")`
	odd  = `!id.matches("[02468]:0$")`
)

var sieves = []sieve{
	{"", nil, func(string, int, bool) bool { return true }},
	{even, nil, func(_ string, n int, _ bool) bool { return n%2 == 0 }},
	{"size < 500", nil, func(_ string, _ int, big bool) bool { return !big }},
	{"data.t > 90", nil, func(string, int, bool) bool { return false }},
	{"", [][2]string{{">", odd}}, func(_ string, n int, _ bool) bool { return n%2 == 1 }},
	{"size < 500", [][2]string{{"a.0", ""}, {"*.0", even}},
		func(name string, n int, big bool) bool { return !big && (name == "a.0" || name == "b.0" && n%2 == 0) }},
	{even, [][2]string{{"a.*", odd}, {">", "size > 500"}},
		func(_ string, n int, big bool) bool { return n%2 == 0 && big }},
}

// request asks for what a pattern matches and a sieve lets through.
func (s *sieve) request(t fataler, pattern string) Request {
	t.Helper()
	req := Request{Patterns: patterns(t, pattern), Filter: compiled(t, s.filter)}
	for _, r := range s.rules {
		req.Rules = append(req.Rules, Rule{patterns(t, r[0])[0], compiled(t, r[1])})
	}
	return req
}

// compiled returns the filter of a text, nil for none.
func compiled(t fataler, text string) *filter.Filter {
	t.Helper()
	if text == "" {
		return nil
	}
	f, err := filter.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// world is a log, the hub that reads it and its clients.
type world struct {
	log     *memLog
	hub     *Hub
	clients []*client
	// late tells that entries were lost of which only the hub knew: then a subscriber may
	// come past them before the log tells of it.
	late bool
	// unseen tells that the hub has not looked since.
	unseen bool
}

// maxReads is more than one client can have to read.
const maxReads = 10_000

var worldTopics = []string{"a.0", "a.1", "b.0"}

// TestHandOver: whatever the order in which the log grows, is trimmed, damaged or
// lost in part or whole, the tail reads, and subscribers read, fall behind, leave and
// resume, each gets every event once and in order, or is told of a gap where one is
// missing.
func TestHandOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lanes := rapid.IntRange(1, 3).Draw(t, "lanes")
		l := newMemLog(lanes)
		ring := rapid.IntRange(1, 8).Draw(t, "ring") * (slotBytes + 90)
		w := &world{log: l, hub: newHub(t, l, Config{RingBytes: ring})}
		if rapid.Bool().Draw(t, "small pages") {
			w.hub.replayPace.most = rapid.IntRange(1, 12).Draw(t, "page")
			w.hub.replayPace.limit = min(w.hub.replayPace.most, 4)
		}
		w.hub.patient = rapid.SampledFrom([]time.Duration{0, publishTime}).Draw(t, "patience")
		lane := func(t *rapid.T) int { return rapid.IntRange(0, lanes-1).Draw(t, "lane") }
		t.Repeat(map[string]func(*rapid.T){
			"append":   w.append,
			"burst":    func(t *rapid.T) { times(t, 12, w.append) },
			"tail":     func(t *rapid.T) { w.tail(t) },
			"trim":     func(t *rapid.T) { w.trim(t, lane(t)) },
			"damage":   func(t *rapid.T) { seldom(t, func() { l.appendRaw(lane(t), []byte("\xff\xff")) }) },
			"lose all": func(t *rapid.T) { seldom(t, func() { l.renew(lanes) }) },
			"go back":  func(t *rapid.T) { seldom(t, func() { w.goBack(t, lane(t)) }) },
			"join":     w.join,
			"read":     func(t *rapid.T) { w.any(t, func(c *client) { w.read(t, c) }) },
			"leave":    func(t *rapid.T) { w.any(t, func(c *client) { w.leave(t, c) }) },
			"resume":   func(t *rapid.T) { w.any(t, func(c *client) { w.resume(t, c) }) },
			"":         func(t *rapid.T) {},
		})
		w.catchUp(t)
	})
}

func times(t *rapid.T, most int, f func(*rapid.T)) {
	for range rapid.IntRange(1, most).Draw(t, "n") {
		f(t)
	}
}

func seldom(t *rapid.T, f func()) {
	if rapid.IntRange(0, 4).Draw(t, "really") == 0 {
		f()
	}
}

func (w *world) tail(t *rapid.T) {
	step(t, w.hub)
	w.unseen = false
}

func (w *world) trim(t *rapid.T, lane int) {
	if w.unseen {
		return // the hub looks every few seconds, the log keeps entries for longer
	}
	w.log.trim(lane, rapid.IntRange(0, 5).Draw(t, "n"))
}

func (w *world) any(t *rapid.T, f func(*client)) {
	if len(w.clients) > 0 {
		f(rapid.SampledFrom(w.clients).Draw(t, "client"))
	}
}

func (w *world) append(t *rapid.T) {
	size := 0
	if rapid.IntRange(0, 9).Draw(t, "size") == 0 {
		size = bigBytes
	}
	names := []string{rapid.SampledFrom(worldTopics).Draw(t, "topic")}
	if rapid.Bool().Draw(t, "two events") {
		names = append(names, names[0])
	}
	w.log.appendSized(size, names...)
}

// goBack loses the end of a lane. Somebody knows of it: the writer that appended it,
// or the hub that read it.
func (w *world) goBack(t *rapid.T, lane int) {
	head := w.log.heads[lane]
	w.log.rollBack(lane, rapid.IntRange(1, 6).Draw(t, "entries"))
	now := w.log.heads[lane]
	if now != head && rapid.Bool().Draw(t, "the clock is behind") {
		w.log.clock = now.MS
	}
	at := w.hub.at.Load()
	if now == head || at.epoch.ID != w.log.epoch.ID {
		return
	}
	if at.positions[lane].Compare(now) <= 0 {
		return
	}
	w.unseen = true
	if rapid.Bool().Draw(t, "the writer ends") {
		w.log.known[lane] = now
		w.late = true
	}
}

func (w *world) join(t *rapid.T) {
	if len(w.clients) == 4 {
		return
	}
	c := &client{next: map[string]int{}, gap: map[string]bool{}, owed: map[string]bool{}}
	for _, name := range worldTopics {
		c.gap[name] = true // what was before does not matter
	}
	if rapid.Bool().Draw(t, "small events only") {
		c.most = bigBytes
	}
	pattern := rapid.SampledFrom([]string{"a.*", ">", "a.0"}).Draw(t, "pattern")
	sv := rapid.SampledFrom(sieves).Draw(t, "sieve")
	c.req, c.wants = sv.request(t, pattern), sv.wants
	c.req.MaxEventBytes = c.most
	sub, err := w.subscribe(c, Start{Earliest: true})
	if err != nil {
		t.Fatal(err)
	}
	c.sub, c.cursor = sub, sub.Mark()
	w.clients = append(w.clients, c)
}

func (w *world) subscribe(c *client, start Start) (*Subscription, error) {
	req := c.req
	req.Start = start
	return w.hub.Subscribe(context.Background(), req)
}

// want is the number of the next event of a topic that a client is to get: that of the
// next append, if none of those appended is for it.
func (w *world) want(c *client, name string) int {
	n := c.next[name]
	for n < w.log.count[name] && !c.wants(name, n, w.log.big[name+"/"+strconv.Itoa(n)]) {
		n++
	}
	return n
}

// leave has a client go away until it resumes: then nobody may need what it had read.
func (w *world) leave(t *rapid.T, c *client) {
	if c.away {
		return
	}
	if rapid.Bool().Draw(t, "heartbeat first") {
		c.cursor = c.sub.Mark()
	}
	c.sub.Close()
	c.away = true
}

func (w *world) resume(t *rapid.T, c *client) {
	w.leave(t, c)
	start := after(t, c.cursor)
	sub, err := w.subscribe(c, start)
	if errors.Is(err, ErrNotReady) { // the log was made anew: not seen yet
		w.tail(t)
		sub, err = w.subscribe(c, start)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.sub, c.away = sub, false
	// What was told of may be told again, or stand before the cursor.
}

// read takes one batch and checks it. It tells whether there may be another now.
func (w *world) read(t *rapid.T, c *client) bool {
	if c.away {
		return false
	}
	most := rapid.IntRange(1, 300).Draw(t, "bytes")
	var b Batch
	var more, ok bool
	if rapid.Bool().Draw(t, "what is live only") {
		b, more, ok = c.sub.NextLive(most)
	}
	if !ok {
		var wait <-chan struct{}
		var err error
		if b, wait, err = c.sub.Next(context.Background(), most); err != nil {
			t.Fatal(err)
		}
		more = wait == nil || wait == now
	}
	t.Logf("read gap %v events %v live %v at %v next %d first %d", b.Gap, names(t, b), c.sub.live, c.sub.at, c.sub.next, c.sub.view.first)
	if b.Gap != nil {
		w.gap(t, c, b.Gap)
	}
	for _, ev := range names(t, b) {
		w.event(t, c, ev)
	}
	if !b.Empty() {
		c.cursor = b.Mark
	}
	return !b.Empty() || more
}

func (w *world) gap(t *rapid.T, c *client, g *Gap) {
	if g.Reason == GapOversize && (c.most == 0 || g.Events == 0) {
		t.Fatalf("a subscriber that takes %d bytes is told of %d events too large", c.most, g.Events)
	}
	if g.Reason == GapOversize && !w.anyBig(c) {
		t.Fatal("a subscriber is told of events too large, and wants none that is")
	}
	for _, name := range worldTopics {
		if len(g.Lanes) > 0 && !slices.Contains(g.Lanes, eventlog.LaneOf(name, w.log.epoch.Lanes)) {
			continue
		}
		c.gap[name] = true
		if g.Reason == GapReset {
			c.owed[name] = false
			c.next[name] = 0 // what was read before the loss was seen may come again
		}
	}
}

// anyBig tells whether there has been a large event that a client is to get.
func (w *world) anyBig(c *client) bool {
	for ev, big := range w.log.big {
		name, number, _ := strings.Cut(ev, "/")
		if n, _ := strconv.Atoi(number); big && c.wants(name, n, true) {
			return true
		}
	}
	return false
}

func (w *world) event(t *rapid.T, c *client, ev string) {
	if c.most > 0 && w.log.big[ev] {
		t.Fatalf("%s is larger than the subscriber takes", ev)
	}
	name, number, _ := strings.Cut(ev, "/")
	n, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	if !c.wants(name, n, w.log.big[ev]) {
		t.Fatalf("%s is not for the subscriber", ev)
	}
	want := w.want(c, name)
	switch missing := n > want && !c.gap[name]; {
	case n < want && w.unseen:
		// The hub has yet to see that the lane went back, and its ring has what was lost. If
		// the clock went back, too, that may look newer than what is in its place.
	case n < want, missing && !w.late:
		t.Fatalf("%s: got number %d, want %d (a gap was told: %v)", name, n, want, c.gap[name])
	case missing:
		c.owed[name] = true
	}
	c.next[name], c.gap[name] = n+1, false
}

// catchUp has everybody read all there is, and checks that nothing is missing.
func (w *world) catchUp(t *rapid.T) {
	step(t, w.hub)
	for _, name := range worldTopics {
		w.log.append(name)
		w.log.append(name) // an even and an odd one
	}
	step(t, w.hub)
	for _, c := range w.clients {
		if c.away {
			w.resume(t, c)
		}
		for n := 0; w.read(t, c); n++ {
			if n > maxReads {
				t.Fatal("there is no end of what there is to read")
			}
		}
		for _, name := range worldTopics {
			if !c.sub.view.match(name) {
				continue
			}
			if n := w.want(c, name); n != w.log.count[name] && !c.gap[name] { // the last one wanted may be too large
				t.Fatalf("%s: got %d events of %d, and not number %d", name, c.next[name], w.log.count[name], n)
			}
			if c.owed[name] {
				t.Fatalf("%s: events are missing, and no gap was told", name)
			}
		}
	}
}
