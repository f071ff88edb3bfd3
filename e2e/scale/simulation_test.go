package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

// small is a scene that takes no time, with numbers that are easy to work with.
func small(t *testing.T, values map[string]float64) inputs {
	t.Helper()
	in, err := readInputs(nil)
	if err != nil {
		t.Fatal(err)
	}
	return in.with(map[string]float64{
		"shards": 50, "events_per_shard_s": 200, "gateways": 4, "subscribers": 2000, "topics": 500, "topics_per_subscriber": 2,
		"lambda_mb": 1769,
	}).with(values)
}

func wantNear(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance*want {
		t.Errorf("%s: %g, want %g give or take %g %%", what, got, want, 100*tolerance)
	}
}

// TestAgainstFormulas: where nothing waits, what is simulated is what can be computed.
func TestAgainstFormulas(t *testing.T) {
	t.Parallel()
	const (
		lanes, events, gateways = 64, 50 * 200.0, 4.0
		invocations             = 50.0 // one a second for each shard
		us                      = 1e-6
	)
	in := small(t, nil)
	one, many, own := in.at("redis_us_per_record"), in.at("redis_us_per_record_16_topics"), in.at("consumer_us_per_record")
	m := simulate(in, size{lanes: lanes, nodes: 8}, 1)
	appends := invocations * lanes * (1 - math.Pow(1-1.0/lanes, events/invocations))
	wantNear(t, "events", m.events, events, 0.03)
	wantNear(t, "invocations", m.invocations, invocations, 0.03)
	wantNear(t, "appends", m.appends, appends, 0.03)
	wantNear(t, "notices", m.redisNotice, appends*gateways*7*us, 0.03)
	wantNear(t, "read bytes", m.redisBytes, events*270*gateways, 0.03)
	wantNear(t, "a gateway's reading", m.gatewayRead, gateways*(appends*3+events*0.2)*us, 0.03)
	wantNear(t, "deliveries", m.deliveries, events*2*2000/500, 0.03)
	wantNear(t, "sending", m.gatewaySend, (m.flushes*15+m.deliveries*0.3)*us, 1e-9)
	// The calls of the script in a hundred records of 16 topics are what makes those dearer.
	call := (many - one) * 100 / (16*(1-math.Pow(15.0/16, 16)) - 1)
	wantNear(t, "appending", m.redisAppend, (appends*call+events*(one-call/100))*us, 0.03)
	// Little's law: the 3 ms of an invocation, the CPU of its events, and the longest call.
	wantNear(t, "Lambda", m.running, invocations*(3e-3+200*own*us+(call+7*gateways)*us), 0.05)
	wantNear(t, "Lambda, by what is billed", m.running, m.billed, 0.03)
	if m.redisWait != 0 {
		t.Errorf("Redis kept jobs waiting for %g s", m.redisWait)
	}
}

// TestOccupancy: deliveries fall on streams by chance, and several of a round on one stream
// are one response.
func TestOccupancy(t *testing.T) {
	t.Parallel()
	const streams, rounds = 500, 2000
	s := &simulation{in: small(t, nil), rng: rand.New(rand.NewPCG(1, 2)), now: warm}
	g := &gateway{lastSent: make([]int32, streams)}
	for range rounds {
		s.send(g, s.now, 1, 300) // each event is for 2 * 500 / 500 streams
	}
	wantNear(t, "deliveries", s.got.deliveries*window/rounds, 600, 0.01)
	wantNear(t, "flushes", s.got.flushes*window/rounds, streams*(1-math.Exp(-600.0/streams)), 0.01)
}

// TestServer: jobs that come by chance and last the same wait as the formula of Pollaczek
// and Khinchine says.
func TestServer(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for _, use := range []float64{0.3, 0.6, 0.8} {
		const jobs = 400_000
		var s server
		now, sum := 0.0, 0.0
		for range jobs {
			now += rng.ExpFloat64() / use
			wait, _ := s.serve(now, 1, 1)
			sum += wait
		}
		wantNear(t, "wait", sum/jobs, use/(2*(1-use)), 0.05)
	}
}

// TestQueues: nodes that have enough to do let jobs wait a little, and the load stays the
// same; with half of what it takes, shards fall behind and invocations last.
func TestQueues(t *testing.T) {
	t.Parallel()
	in := small(t, map[string]float64{"redis_us_per_notice": 100})
	free := simulate(in, size{lanes: 64, nodes: 8}, 1)
	load := free.redisAppend + free.redisNotice + free.redisRead
	enough := simulate(in, size{lanes: 64, nodes: int(math.Ceil(load / 0.6)), nodeSpeed: 1, gatewayCPUs: 1}, 1)
	wantNear(t, "load with queues", enough.redisAppend+enough.redisNotice+enough.redisRead, load, 0.05)
	wantNear(t, "events with queues", enough.events, free.events, 0.03)
	if enough.redisWait == 0 || enough.running < free.running {
		t.Errorf("waited for %g s, %g invocations at a time and %g without queues", enough.redisWait, enough.running, free.running)
	}
	few := simulate(in, size{lanes: 64, nodes: max(1, int(load/2)), nodeSpeed: 1, gatewayCPUs: 1}, 1)
	if few.events > 0.8*free.events || few.running < 5*free.running {
		t.Errorf("with too few nodes: %g events/s of %g, %g invocations at a time of %g", few.events, free.events, few.running, free.running)
	}
}

// TestDoubling: twice as many shards and gateways have four times as many notices and read
// bytes, since every gateway reads everything, and twice as much of all else.
func TestDoubling(t *testing.T) {
	t.Parallel()
	n := size{lanes: 64, nodes: 8}
	one := simulate(small(t, nil), n, 1)
	two := simulate(small(t, map[string]float64{"shards": 100, "gateways": 8, "subscribers": 4000, "topics": 1000}), n, 1)
	for _, c := range []struct {
		what      string
		one, two  float64
		wantTimes float64
	}{
		{"notices", one.redisNotice, two.redisNotice, 4},
		{"read bytes", one.redisBytes, two.redisBytes, 4},
		{"appends", one.appends, two.appends, 2},
		{"deliveries", one.deliveries, two.deliveries, 2},
		{"invocations at a time", one.running, two.running, 2},
	} {
		wantNear(t, c.what, c.two/c.one, c.wantTimes, 0.06)
	}
}

// TestFewerNotices: notices of a lane keep their distance, and who reads a share of the
// lanes gets a share of all.
func TestFewerNotices(t *testing.T) {
	t.Parallel()
	n := size{lanes: 4, nodes: 4}
	in := small(t, map[string]float64{"notice_ms": 50})
	m := simulate(in, n, 1)
	if most := 4 * 20 * 4 * 7e-6; m.redisNotice > 1.05*most || m.redisNotice < 0.5*most {
		t.Errorf("notices take %g s, want less than %g", m.redisNotice, most)
	}
	all, half := simulate(small(t, nil), n, 1), simulate(small(t, map[string]float64{"lane_share": 0.5}), n, 1)
	wantNear(t, "read bytes of half the lanes", half.redisBytes, all.redisBytes/2, 0.1)
	wantNear(t, "notices of half the lanes", half.redisNotice, all.redisNotice/2, 0.05)
	wantNear(t, "deliveries from half the lanes", half.deliveries, all.deliveries, 0.1)
}
