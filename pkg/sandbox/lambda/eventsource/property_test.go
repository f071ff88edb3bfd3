package eventsource_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// A plan is what happens to a stream and its mapping: settings, and steps in their order.
type plan struct {
	settings eventsource.Settings
	steps    []step
}

type step struct {
	do   string // put, split, merge, wait, restart
	key  int    // of put; the shard of split and merge is the one that takes it
	data string // of put: see world.answer
	wait time.Duration
}

// planKeys is how many partition keys there are. A shard takes a range of them, as one of hash keys.
const planKeys = 8

func drawPlan(t *rapid.T) plan {
	var p plan
	p.settings = settings(func(s *eventsource.Settings) {
		s.BatchSize = rapid.IntRange(1, 6).Draw(t, "batch size")
		s.Parallel = rapid.IntRange(1, 3).Draw(t, "parallel")
		s.Bisect = rapid.Bool().Draw(t, "bisect")
		s.PartialBatch = rapid.Bool().Draw(t, "partial")
		s.MaxRetries = rapid.IntRange(-1, 3).Draw(t, "retries")
		s.Window = time.Duration(rapid.IntRange(0, 3).Draw(t, "window")) * time.Second
		s.PollInterval = time.Duration(rapid.IntRange(0, 1).Draw(t, "poll")) * time.Second
		s.OnFailure = "arn:aws:s3:::failed"
		s.Seed = rapid.Uint64().Draw(t, "seed")
	})
	kinds := []string{"good", "good", "good", "flaky1", "flaky2", "throttled", "dropped", "poison"}
	if p.settings.MaxRetries < 0 {
		kinds = kinds[:len(kinds)-1] // it would never end
	}
	p.steps = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{
			do:   rapid.SampledFrom([]string{"put", "put", "put", "put", "put", "put", "split", "merge", "wait", "restart"}).Draw(t, "do"),
			key:  rapid.IntRange(0, planKeys-1).Draw(t, "key"),
			data: rapid.SampledFrom(kinds).Draw(t, "data"),
			wait: time.Duration(rapid.IntRange(1, 5000).Draw(t, "wait")) * time.Millisecond,
		}
	}), 1, 40).Draw(t, "steps")
	return p
}

// world runs a plan and remembers what came of it.
type world struct {
	plan
	streams *fakeStreams
	dest    *fakeDestination
	ranges  map[string][2]int // the keys that an open shard takes: from, before
	shards  int

	mu         sync.Mutex // guards what follows
	records    []placed
	restarts   int
	failures   map[string]int // of records that fail some times, by sequence number
	finished   []string       // sequence numbers in the order of success, or of being given up
	given      map[string]bool
	calls      map[string]int // counted invocations, by the sequence numbers of their records
	complaints []string
}

// placed is a record that was put.
type placed struct {
	seq, shard, data string
	key              int
}

func (w *world) complain(format string, args ...any) {
	w.complaints = append(w.complaints, fmt.Sprintf(format, args...))
}

func newWorld(p plan) *world {
	w := &world{
		plan: p, streams: newStreams("shard-0"), ranges: map[string][2]int{"shard-0": {0, planKeys}}, shards: 1,
		failures: map[string]int{}, given: map[string]bool{}, calls: map[string]int{},
	}
	w.dest = &fakeDestination{told: w.gaveUp}
	return w
}

func (w *world) shardOf(key int) string {
	for id, r := range w.ranges {
		if r[0] <= key && key < r[1] {
			return id
		}
	}
	panic("no shard takes the key")
}

func (w *world) child() string {
	w.shards++
	return "shard-" + strconv.Itoa(w.shards-1)
}

func (w *world) do(s step) {
	shard := w.shardOf(s.key)
	r := w.ranges[shard]
	switch s.do {
	case "put":
		w.mu.Lock()
		w.records = append(w.records, placed{seq: strconv.Itoa(len(w.records) + 1), shard: shard, data: s.data, key: s.key})
		w.mu.Unlock()
		w.streams.putKey(shard, strconv.Itoa(s.key), []string{`{"kind":"` + s.data + `"}`})
	case "split":
		if r[1]-r[0] < 2 {
			return
		}
		left, right, middle := w.child(), w.child(), (r[0]+r[1])/2
		delete(w.ranges, shard)
		w.ranges[left], w.ranges[right] = [2]int{r[0], middle}, [2]int{middle, r[1]}
		w.streams.reshard([]string{shard}, left, right)
	case "merge":
		if r[1] == planKeys {
			return
		}
		other, child := w.shardOf(r[1]), w.child()
		w.ranges[child] = [2]int{r[0], w.ranges[other][1]}
		delete(w.ranges, shard)
		delete(w.ranges, other)
		w.streams.reshard([]string{shard, other}, child)
	case "wait":
		time.Sleep(s.wait)
	}
}

// answer is the function: poison always fails, flakyN N times, throttled is not begun once, everything else succeeds.
func (w *world) answer(c call) (eventsource.Answer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, data := range c.data {
		c.data[i] = strings.TrimSuffix(strings.TrimPrefix(data, `{"kind":"`), `"}`)
	}
	w.check(c)
	for i, seq := range c.seqs {
		if c.data[i] == "throttled" && w.failures[seq] == 0 {
			w.failures[seq]++
			return eventsource.Answer{}, errThrottled
		}
	}
	w.calls[strings.Join(c.seqs, ",")]++
	bad := slices.IndexFunc(c.seqs, func(seq string) bool { return w.fails(seq, c.data[slices.Index(c.seqs, seq)]) })
	switch {
	case bad < 0:
		w.finish(c.seqs)
		return ok()
	case !w.settings.PartialBatch:
		return fails()
	default:
		w.finish(c.seqs[:bad])
		return partly(c.seqs[bad])
	}
}

func (w *world) fails(seq, data string) bool {
	times, flaky := strings.CutPrefix(data, "flaky")
	if !flaky {
		return data == "poison"
	}
	w.failures[seq]++
	return strconv.Itoa(w.failures[seq]) <= times
}

// check looks at what is delivered: one shard, no more than a batch, nothing dropped, nothing done already, and nothing of
// a child before its parents are done.
func (w *world) check(c call) {
	if len(c.seqs) > w.settings.BatchSize {
		w.complain("a batch of %d records", len(c.seqs))
	}
	for i, seq := range c.seqs {
		r := w.record(seq)
		switch {
		case r.shard != c.shard:
			w.complain("record %s of %s was delivered as of %s", seq, r.shard, c.shard)
		case c.data[i] == "dropped":
			w.complain("record %s was delivered, and the filter drops it", seq)
		case w.once() && slices.Contains(w.finished, seq):
			w.complain("record %s was delivered after it was done", seq)
		}
	}
	parents := w.streams.parents(c.shard)
	for _, r := range w.records {
		if slices.Contains(parents, r.shard) && r.data != "dropped" && !slices.Contains(w.finished, r.seq) {
			w.complain("record %s of %s was delivered before record %s of its parent was done", c.seqs[0], c.shard, r.seq)
		}
	}
}

// once tells whether records are done once. A poller with several lanes that is started again goes on from the lowest
// record that is not done, and so delivers some that are.
func (w *world) once() bool { return w.settings.Parallel == 1 || w.restarts == 0 }

func (w *world) record(seq string) placed {
	i, err := strconv.Atoi(seq)
	if err != nil {
		panic(err)
	}
	return w.records[i-1]
}

// finish notes that records are done; w.mu is held.
func (w *world) finish(seqs []string) { w.finished = append(w.finished, seqs...) }

// gaveUp checks a message to the destination.
func (w *world) gaveUp(m eventsource.Message) {
	var doc struct {
		RequestContext struct {
			Condition   string `json:"condition"`
			InvokeCount int    `json:"approximateInvokeCount"`
		} `json:"requestContext"`
		Batch struct {
			ShardID   string `json:"shardId"`
			Start     string `json:"startSequenceNumber"`
			End       string `json:"endSequenceNumber"`
			BatchSize int    `json:"batchSize"`
			StreamARN string `json:"streamArn"`
		} `json:"KinesisBatchInfo"`
		Payload struct {
			Records []struct {
				Kinesis struct{ SequenceNumber string }
			}
		} `json:"payload"`
	}
	if err := json.Unmarshal(m.Body, &doc); err != nil {
		panic(err)
	}
	var seqs []string
	for _, r := range doc.Payload.Records {
		seqs = append(seqs, r.Kinesis.SequenceNumber)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	b, key := doc.Batch, strings.Join(seqs, ",")
	if len(seqs) == 0 || b.BatchSize != len(seqs) || b.Start != seqs[0] || b.End != seqs[len(seqs)-1] || b.ShardID != w.record(seqs[0]).shard || b.StreamARN != streamARN {
		w.complain("the message of records %s says %+v", key, b)
		return
	}
	if doc.RequestContext.Condition != "RetryAttemptsExhausted" {
		w.complain("records %s were given up for %s", key, doc.RequestContext.Condition)
	}
	if want := w.settings.MaxRetries + 1; w.restarts == 0 && (doc.RequestContext.InvokeCount != want || w.calls[key] != want) {
		w.complain("records %s were given up after %d invocations, told as %d, want %d", key, w.calls[key], doc.RequestContext.InvokeCount, want)
	}
	if w.settings.Bisect && len(seqs) > 1 {
		w.complain("records %s were given up together instead of being split", key)
	}
	if !strings.HasPrefix(m.Key, "aws/lambda/mapping/"+b.ShardID+"/2000/01/01/") {
		w.complain("key %s", m.Key)
	}
	for _, seq := range seqs {
		w.given[seq] = true
	}
	w.finish(seqs)
}

// judge looks at the end: everything is done once, what was given up had a reason, keys are in order, and no batch was
// tried more often than it may be.
func (w *world) judge() {
	times, last := map[string]int{}, map[int]string{}
	for _, seq := range w.finished {
		r := w.record(seq)
		if times[seq]++; times[seq] > 1 && !w.once() {
			continue
		}
		if before, ok := last[r.key]; ok && number(before) > number(seq) {
			w.complain("key %d: record %s was done before record %s", r.key, before, seq)
		}
		last[r.key] = seq
	}
	poisoned := w.settings.MaxRetries >= 0
	for _, r := range w.records {
		want := 1
		if r.data == "dropped" {
			want = 0
		}
		if times[r.seq] != want && (w.once() || times[r.seq] < want) {
			w.complain("record %s, %s, was done %d times, want %d", r.seq, r.data, times[r.seq], want)
		}
		if r.data == "poison" && !w.given[r.seq] || w.given[r.seq] && !poisoned {
			w.complain("record %s, %s: given up %v", r.seq, r.data, w.given[r.seq])
		}
		if w.given[r.seq] && w.settings.Bisect && (r.data == "good" || r.data == "throttled") {
			w.complain("record %s never fails, and was given up", r.seq)
		}
	}
	for key, n := range w.calls {
		if limit := w.settings.MaxRetries + 1 + w.restarts; poisoned && n > limit {
			w.complain("records %s were tried %d times, want at most %d", key, n, limit)
		}
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

// planDeadline is fake time: more than the retries of any plan take.
const planDeadline = time.Hour

func (w *world) run(t *testing.T) {
	fn := &fakeFunction{answer: w.answer}
	s := w.settings
	s.Filter = parseFilter(t, `{"data":{"kind":[{"anything-but":"dropped"}]}}`)
	kept := &keeper{}
	s.Checkpoints = kept
	p := eventsource.Start(w.streams, fn, w.dest, s, nil)
	for _, step := range w.steps {
		if step.do != "restart" {
			w.do(step)
			continue
		}
		p.Stop()
		w.mu.Lock()
		w.restarts++
		w.mu.Unlock()
		p = eventsource.Start(w.streams, fn, w.dest, s, kept.marks(t))
	}
	ctx, cancel := context.WithTimeout(t.Context(), planDeadline)
	defer cancel()
	if err := p.AwaitIdle(ctx); err != nil {
		w.complain("not idle after %v: %v", planDeadline, err)
	}
	p.Stop()
	w.judge()
	n := len(fn.got())
	p = eventsource.Start(w.streams, fn, w.dest, s, kept.marks(t))
	time.Sleep(time.Minute)
	p.Stop()
	if again := len(fn.got()) - n; again > 0 {
		w.complain("%d invocations after everything was done", again)
	}
}

// Whatever the settings, the failures, the reshards and the restarts: nothing is lost, nothing is done twice, nothing is out
// of order for its key, nothing is tried more often than configured, and what is given up is told with the right metadata.
func TestDeliveryKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan(rt)
		var complaints []string
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(p) // its channels are the bubble's
			w.run(t)
			complaints = w.complaints
		})
		for _, c := range complaints {
			rt.Error(c)
		}
	})
}
