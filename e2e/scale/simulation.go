package main

import (
	"container/heap"
	"math"
	"math/rand/v2"
)

const (
	warm, window = 1.1, 1.0 // seconds that are simulated before, and that are measured
	maxEntry     = 64 << 10 // bytes; pkg/eventlog: MaxEntryBytes
)

// size is how much there is of what can be added. Zero means that nothing waits.
type size struct {
	lanes, nodes int     // nodes share the lanes, whatever they can do
	nodeSpeed    float64 // CPU and network of a node, 1 or none
	gatewayCPUs  float64
}

// simulation has a queue for everything that does one thing at a time: a shard, which has
// one invocation, a node's thread and its network, the processors of a gateway.
type simulation struct {
	in  inputs
	n   size
	rng *rand.Rand
	now float64 // in seconds
	due queue

	lanes    []counters // what is in a lane
	noticed  []float64  // when there was a notice of it last
	threads  []server
	networks []server
	gateways []*gateway
	running  float64 // invocations
	got      measured
}

// counters count what was appended.
type counters struct{ entries, events float64 }

// gateway reads its lanes in rounds.
type gateway struct {
	lanes    []int
	read     []counters // of each of them, so far
	cpus     server
	lastSent []int32 // by stream: the round it was sent something last
	round    int32
}

// measured is what happened in the window, per second.
type measured struct {
	events, invocations, billed, appends float64 // billed: seconds of invocations
	running                              float64 // invocations at a time

	redisAppend, redisNotice, redisRead float64 // seconds of CPU
	redisBytes                          float64 // that were read
	redisWait, redisJobs                float64 // seconds that jobs waited for a node's thread

	gatewayRead, gatewaySend float64 // seconds of CPU
	rounds, deliveries       float64
	flushes, sentBytes       float64
	lag                      float64 // seconds from the begin of rounds to the end of their sending
}

// server serves one job after the other.
type server struct{ free float64 }

// serve returns how long a job waits and when it is done, which lasts so long at speed 1.
func (s *server) serve(now, lasts, speed float64) (wait, done float64) {
	if speed == 0 {
		return 0, now + lasts
	}
	begin := max(now, s.free)
	s.free = begin + lasts/speed
	return begin - now, s.free
}

// event is something that happens at a time.
type event struct {
	at float64
	do func()
}

type queue []event

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at < q[j].at }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *queue) Push(x any) { *q = append(*q, x.(event)) } //nolint:forcetypeassert // ours

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

func (s *simulation) at(t float64, do func()) { heap.Push(&s.due, event{t, do}) }

// count adds to a figure if the window has begun.
func (s *simulation) count(figure *float64, by float64) {
	if s.now >= warm {
		*figure += by / window
	}
}

// simulate lets time pass, and returns what happened.
func simulate(in inputs, n size, seed uint64) measured {
	s := &simulation{in: in, n: n, rng: rand.New(rand.NewPCG(seed, 0))}
	s.lanes, s.noticed = make([]counters, n.lanes), make([]float64, n.lanes)
	s.threads, s.networks = make([]server, n.nodes), make([]server, n.nodes)
	for range int(in.at("gateways")) {
		g := &gateway{lanes: s.rng.Perm(n.lanes)[:int(math.Ceil(in.at("lane_share")*float64(n.lanes)))]}
		g.read, g.lastSent = make([]counters, len(g.lanes)), make([]int32, int(in.at("subscribers")/in.at("gateways")))
		s.gateways = append(s.gateways, g)
		s.at(s.rng.Float64()*in.at("linger_ms")/1e3, func() { s.read(g) })
	}
	poll := in.at("lambda_poll_ms") / 1e3
	for range int(in.at("shards")) {
		first := s.rng.Float64() * poll
		s.at(first, func() { s.poll(first-poll, 0) })
	}
	for s.now < warm+window {
		next, _ := heap.Pop(&s.due).(event) // there always is one: gateways read on
		s.count(&s.got.running, s.running*(next.at-s.now))
		s.now = next.at
		next.do()
	}
	return s.got
}

// poll reads a shard that was read up to a time, with what is left of that, and has what
// there is handled.
func (s *simulation) poll(since float64, left int) {
	begun := s.now
	left += poisson(s.rng, s.in.at("events_per_shard_s")*(begun-since))
	batch := min(left, int(s.in.at("lambda_batch")))
	left -= batch
	next := func() {
		again := s.now
		if left < int(s.in.at("lambda_batch")) {
			again = max(again, begun+s.in.at("lambda_poll_ms")/1e3)
		}
		s.at(again, func() { s.poll(begun, left) })
	}
	if batch == 0 {
		next()
		return
	}
	s.running++
	share := min(1, s.in.at("lambda_mb")/s.in.at("lambda_mb_per_cpu"))
	s.at(begun+s.in.at("lambda_overhead_ms")/1e3+float64(batch)*s.in.at("consumer_us_per_record")/1e6/share, func() {
		s.append(batch, func() {
			s.running--
			s.count(&s.got.invocations, 1)
			s.count(&s.got.billed, s.now-begun)
			next()
		})
	})
}

// append appends a batch, of events of any topics, to the lanes, and calls done when all of
// them have it.
func (s *simulation) append(batch int, done func()) {
	perLane := make([]int, s.n.lanes)
	for range batch {
		perLane[s.rng.IntN(s.n.lanes)]++
	}
	call, record := s.appendCost()
	left := 0
	for lane, n := range perLane {
		if n == 0 {
			continue
		}
		left++
		cost, notice := call+record*float64(n), 0.0
		if s.now-s.noticed[lane] >= s.in.at("notice_ms")/1e3 {
			s.noticed[lane] = s.now
			notice = s.in.at("redis_us_per_notice") / 1e6 * s.in.at("gateways") * s.in.at("lane_share")
		}
		at := s.work(lane%s.n.nodes, cost+notice)
		s.count(&s.got.appends, 1)
		s.count(&s.got.redisAppend, cost)
		s.count(&s.got.redisNotice, notice)
		s.at(at, func() {
			s.count(&s.got.events, float64(n))
			s.lanes[lane].events += float64(n)
			s.lanes[lane].entries += math.Ceil(float64(n) * s.in.at("event_bytes") / maxEntry)
			if left--; left == 0 {
				done()
			}
		})
	}
}

// appendCost takes apart what the bench has measured: batches of 100 records in one call of
// the script, and in as many as 16 topics have lanes. It returns seconds for a call and for a
// record.
func (s *simulation) appendCost() (call, record float64) {
	one, many := s.in.at("redis_us_per_record"), s.in.at("redis_us_per_record_16_topics")
	const batch, topics, lanes = 100, 16, 16
	calls := lanes * (1 - math.Pow(1-1.0/lanes, topics))
	call = max(0, (many-one)*batch/(calls-1))
	return call / 1e6, max(0, one-call/batch) / 1e6
}

// work has a node's thread do something, and returns when it is done.
func (s *simulation) work(node int, lasts float64) float64 {
	wait, done := s.threads[node].serve(s.now, lasts, s.n.nodeSpeed)
	s.count(&s.got.redisWait, wait)
	s.count(&s.got.redisJobs, 1)
	return done
}

// read is a round of a gateway: one request to each node, for the lanes that have grown.
func (s *simulation) read(g *gateway) {
	begun := s.now
	costs, bytes := make([]float64, s.n.nodes), make([]float64, s.n.nodes)
	var entries, events float64
	eventBytes, perLane, perEntry, perKB := s.in.at("event_bytes"), s.in.at("redis_us_per_read"), s.in.at("redis_us_per_entry_read"), s.in.at("redis_us_per_kb_read")
	for i, lane := range g.lanes {
		e, n := s.lanes[lane].entries-g.read[i].entries, s.lanes[lane].events-g.read[i].events
		if e == 0 {
			continue
		}
		g.read[i] = s.lanes[lane]
		entries, events = entries+e, events+n
		size := n * eventBytes
		bytes[lane%s.n.nodes] += size
		costs[lane%s.n.nodes] += (perLane + e*perEntry + size/1e3*perKB) / 1e6
	}
	have := begun
	for node, cost := range costs {
		if cost == 0 {
			continue
		}
		s.count(&s.got.redisRead, cost)
		s.count(&s.got.redisBytes, bytes[node])
		answered := s.work(node, cost)
		_, sent := s.networks[node].serve(answered, bytes[node]*8/1e9/s.in.at("redis_gbit_s"), s.n.nodeSpeed)
		have = max(have, sent)
	}
	s.at(have, func() { s.send(g, begun, entries, events) })
}

// send has a gateway match and send what it has read. The next round begins once that is
// done, and not before the linger is over.
func (s *simulation) send(g *gateway, begun, entries, events float64) {
	g.round++
	read := (entries*s.in.at("gateway_us_per_entry_read") + events*s.in.at("gateway_us_per_event_read")) / 1e6
	// A subscriber is on a gateway that reads its lanes, with others of the same: the fewer
	// lanes a gateway reads, the more of the subscribers of each event it has.
	each := s.in.at("topics_per_subscriber") * float64(len(g.lastSent)) / (s.in.at("topics") * s.in.at("lane_share"))
	deliveries := poisson(s.rng, events*each)
	flushes := 0.0
	for range deliveries {
		if to := &g.lastSent[s.rng.IntN(len(g.lastSent))]; *to != g.round {
			*to = g.round
			flushes++
		}
	}
	send := (flushes*s.in.at("gateway_us_per_flush") + float64(deliveries)*s.in.at("gateway_us_per_delivery")) / 1e6
	_, done := g.cpus.serve(s.now, read+send, s.n.gatewayCPUs)
	if s.n.gatewayCPUs == 0 {
		done = s.now
	}
	s.count(&s.got.rounds, 1)
	s.count(&s.got.gatewayRead, read)
	s.count(&s.got.gatewaySend, send)
	s.count(&s.got.deliveries, float64(deliveries))
	s.count(&s.got.flushes, flushes)
	s.count(&s.got.sentBytes, float64(deliveries)*s.in.at("event_bytes")+flushes*s.in.at("response_bytes"))
	s.count(&s.got.lag, done-begun)
	s.at(max(done, begun+s.in.at("linger_ms")/1e3), func() { s.read(g) })
}

// poisson returns how many happen where a mean of so many do.
func poisson(rng *rand.Rand, mean float64) int {
	const many = 100 // from here on as good as normal
	if mean >= many {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*rng.NormFloat64())))
	}
	n, p, limit := 0, rng.Float64(), math.Exp(-mean)
	for ; p > limit; n++ {
		p *= rng.Float64()
	}
	return n
}
