package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"google.golang.org/protobuf/proto"

	"github.com/spillway/spillway/e2e/harness"
	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/eventlog"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

const (
	loadKeys   = 50                    // partition keys
	loadStates = 7                     // topics; a key has one of them
	loadPace   = 60 * time.Millisecond // between rounds: some 800 records a second
)

// startSystem starts one gateway and what is before it, with a stream of so many
// shards and parameters of the deployment.
func startSystem(t *testing.T, shards int, parameters map[string]string) *harness.System {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		const missing = "redis-server is not installed"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	bin, dir := t.TempDir(), t.TempDir()
	if err := harness.Build(t.Context(), "..", bin, true, t.Output()); err != nil {
		t.Fatal(err)
	}
	s, err := harness.Start(t.Context(), harness.Options{
		Dir: dir, Binaries: bin, Gateways: 1, Shards: shards, Parameters: parameters,
		Customers: []harness.Customer{{Name: Institute, Patterns: []string{"weather.us.>"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		(&sandboxStack{files: files{dir: dir}}).findRaces(t)
	})
	return s
}

// keyedLoad puts numbered records of many partition keys, a round of one record for
// each key after the other.
type keyedLoad struct {
	cfg    aws.Config
	stream string
	cancel context.CancelFunc
	done   chan error
	rounds int // once it is done
}

func startLoad(t *testing.T, cfg aws.Config, stream string) *keyedLoad {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &keyedLoad{cfg: cfg, stream: stream, cancel: cancel, done: make(chan error, 1)}
	go func() { l.done <- l.run(ctx) }()
	t.Cleanup(cancel)
	return l
}

func (l *keyedLoad) run(ctx context.Context) error {
	puts := kinesis.NewFromConfig(l.cfg)
	tick := time.NewTicker(loadPace)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		records := make([]types.PutRecordsRequestEntry, loadKeys)
		for key := range records {
			data := fmt.Appendf(nil, `{"state":"s%d","number":%d}`, key%loadStates, l.rounds)
			records[key] = types.PutRecordsRequestEntry{PartitionKey: aws.String(keyName(key)), Data: data}
		}
		if err := l.put(context.WithoutCancel(ctx), puts, records); err != nil {
			return err
		}
		l.rounds++
	}
}

func keyName(key int) string { return fmt.Sprintf("station-%d", key) }

// put puts records until each of them is in Kinesis. No key has two of them, so their
// order does not matter.
func (l *keyedLoad) put(ctx context.Context, puts *kinesis.Client, records []types.PutRecordsRequestEntry) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for len(records) > 0 {
		out, err := puts.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: &l.stream, Records: records})
		if err != nil {
			return err
		}
		var left []types.PutRecordsRequestEntry
		for i, r := range out.Records {
			if r.ErrorCode != nil {
				left = append(left, records[i])
			}
		}
		records = left
	}
	return nil
}

// stop ends the load and returns how many records each key has.
func (l *keyedLoad) stop(t *testing.T) int {
	t.Helper()
	l.cancel()
	if err := <-l.done; err != nil {
		t.Fatal(err)
	}
	return l.rounds
}

// numbers are those of events in the order in which they came, by partition key.
type numbers map[string][]int

func (n numbers) add(t *testing.T, key string, data []byte) {
	var r struct{ Number int }
	if err := json.Unmarshal(data, &r); err != nil {
		t.Errorf("event of %s: %v", key, err)
	}
	n[key] = append(n[key], r.Number)
}

// count is how many there are.
func (n numbers) count() int {
	total := 0
	for _, of := range n {
		total += len(of)
	}
	return total
}

// check fails unless every key has all numbers once and in order.
func (n numbers) check(t *testing.T, where string, rounds int) {
	t.Helper()
	want := make([]int, rounds)
	for i := range want {
		want[i] = i
	}
	for key := range loadKeys {
		if got := n[keyName(key)]; !slices.Equal(got, want) {
			t.Errorf("%s: %s has %d events, want %d in order: %v", where, keyName(key), len(got), rounds, firstWrong(got))
		}
	}
	if len(n) != loadKeys {
		t.Errorf("%s: events of %d keys, want %d", where, len(n), loadKeys)
	}
}

// firstWrong returns what is around the first number that is not at its place.
func firstWrong(got []int) []int {
	for i, n := range got {
		if n != i {
			return got[max(0, i-3):min(len(got), i+10)]
		}
	}
	return got[max(0, len(got)-3):]
}

// receiver reads everything, in the background.
type receiver struct {
	stream *client.Stream
	ended  chan struct{}

	mu   sync.Mutex // guards what follows
	got  numbers
	sum  int
	gaps []error
}

// receive starts a receiver and returns once it is live.
func receive(t *testing.T, s *harness.System) *receiver {
	t.Helper()
	cfg, err := s.Client(Institute)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{got: numbers{}, ended: make(chan struct{})}
	live := make(chan struct{})
	once := sync.OnceFunc(func() { close(live) })
	r.stream = c.Subscribe(client.Subscription{OnSubscribed: func(client.Subscribed) { once() }})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(r.ended)
		for ev, err := range r.stream.Events(ctx) {
			r.take(t, ev, err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-r.ended
		c.Close()
	})
	select {
	case <-live:
	case <-time.After(patience):
		t.Fatalf("the subscription is not live within %s", patience)
	}
	return r
}

func (r *receiver) take(t *testing.T, ev *client.Event, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.gaps = append(r.gaps, err)
		return
	}
	r.got.add(t, ev.PartitionKey, ev.Data)
	r.sum++
}

// more waits until a few further rounds have come.
func (r *receiver) more(t *testing.T) {
	t.Helper()
	const some = 10 * loadKeys
	enough := r.count() + some
	await(t, func() bool { return r.count() >= enough }, "the subscriber gets no more events")
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sum
}

// check waits for all events and fails unless each key has them once, in order, with
// no gap and no raw repetition.
func (r *receiver) check(t *testing.T, rounds int) {
	t.Helper()
	await(t, func() bool { return r.count() >= rounds*loadKeys }, fmt.Sprintf("the subscriber has not got %d events", rounds*loadKeys))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got.check(t, "subscriber", rounds)
	if r.gaps != nil {
		t.Errorf("gaps: %v", r.gaps)
	}
	if n := r.stream.Repeated(); n != 0 {
		t.Errorf("%d events came again, want 0: no gateway was killed", n)
	}
}

// checkLog fails unless the log has every event once, each key's in order.
func checkLog(t *testing.T, redis string, rounds int) {
	t.Helper()
	got, torn := readLog(t, redis)
	got.check(t, "log", rounds)
	if torn > 0 {
		t.Errorf("the log is torn at %d entries", torn)
	}
}

// readLog reads all of the log, which has to be continuous but where it is torn, as it is where a Redis began anew.
func readLog(t *testing.T, redis string) (got numbers, torn int) {
	t.Helper()
	log, err := eventlog.Open(eventlog.Config{URL: "redis://" + redis, Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	epoch, err := log.Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got = numbers{}
	ids := map[string]bool{}
	for lane := range epoch.Lanes {
		after := eventlog.Oldest
		for {
			page := log.Read(t.Context(), epoch.ID, []eventlog.Query{{Lane: lane, After: after, Count: 100}})[0]
			if page.Err != nil {
				t.Fatal(page.Err)
			}
			if len(page.Entries) == 0 {
				break
			}
			for _, e := range page.Entries {
				if e.Torn {
					torn++
				} else if e.Follows(after) != eventlog.Continuous {
					t.Errorf("lane %d: entry %s after %s does not continue it", lane, e.ID, after)
				}
				after = e.ID
				got.addEntry(t, e.Data, ids)
			}
		}
	}
	return got, torn
}

// addEntry adds what an entry of the log has, of which nothing may be among the events before.
func (n numbers) addEntry(t *testing.T, data []byte, ids map[string]bool) {
	t.Helper()
	var batch spillwayv1.EventBatch
	if err := proto.Unmarshal(data, &batch); err != nil {
		t.Error(err)
	}
	for _, e := range batch.GetEvents() {
		if ids[e.GetId()] {
			t.Errorf("event %s is in the log twice", e.GetId())
		}
		ids[e.GetId()] = true
		n.add(t, e.GetPartitionKey(), e.GetData())
	}
}

// checkNothingGivenUp fails if a record has ended in the bucket of those that could
// not be processed.
func checkNothingGivenUp(t *testing.T, s *harness.System) {
	t.Helper()
	objects := s3.NewFromConfig(s.AWS(), func(o *s3.Options) { o.UsePathStyle = true })
	out, err := objects.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &s.FailureBucket})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out.Contents {
		t.Errorf("given up: %s", aws.ToString(o.Key))
	}
}
