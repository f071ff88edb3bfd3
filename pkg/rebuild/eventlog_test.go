package rebuild

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// TestIntoTheLog repairs the real log, with a consumer before and after it: what came
// before a loss, after it, and what the consumer has yet to come to.
func TestIntoTheLog(t *testing.T) {
	t.Parallel()
	for _, parallel := range []bool{false, true} {
		t.Run(fmt.Sprintf("parallel %t", parallel), func(t *testing.T) {
			t.Parallel()
			server := miniredis.RunT(t)
			log, err := eventlog.Open(eventlog.Config{URL: "redis://" + server.Addr(), Lanes: 3, Patience: redistest.Patience, Parallel: parallel})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { log.Close() })
			at := time.Now().Add(-10 * time.Minute)
			a, b := (&shard{id: shardID(0)}).put(at, 30, "k.1", "k.2", "k.3"), (&shard{id: shardID(1)}).put(at, 30, "k.4", "k.5")
			consume := func(s *shard, from, to int) eventlog.Appended {
				done, err := log.Append(t.Context(), stream+"/"+s.id, encode(t, s.id, s.records[from:to]))
				if err != nil {
					t.Fatal(err)
				}
				return done
			}
			consume(a, 0, 10)
			consume(b, 0, 20)
			server.FlushAll()
			consume(a, 10, 20)
			cfg := Config{Kinesis: &fakeKinesis{shards: []*shard{a, b}, page: 1000}, Log: log, Stream: stream, Route: route(t, "{partition_key}"), From: time.Now().Add(-time.Hour)}
			if sum := mustRun(t, cfg); sum.Held != 10 || sum.Appended != 50 {
				t.Errorf("summary %+v", sum)
			}
			if sum := mustRun(t, cfg); sum.Held != 60 || sum.Appended != 0 {
				t.Errorf("second summary %+v", sum)
			}
			got, torn := readAll(t, log)
			for topic, want := range wantEvents(a, b) {
				if topic > "k.3" && !cmp.Equal(want, got[topic]) { // k.1 to k.3 have what came after the loss first
					t.Errorf("%s: %s", topic, cmp.Diff(want, got[topic]))
				}
				if slices.Sort(got[topic]); !slices.Equal(slices.Sorted(slices.Values(want)), got[topic]) {
					t.Errorf("%s: got %q, want each of %q once", topic, got[topic], want)
				}
			}
			if torn == 0 {
				t.Error("no subscriber is told of a break")
			}
			// The consumer's marks of a tell that it is past where the run began; it has
			// none of b, and so comes to what it may have yet to append.
			if done := consume(a, 15, 30); done.Events != 0 || done.Skipped != 15 {
				t.Errorf("the consumer, past where the run began: %+v", done)
			}
			if done := consume(b, 15, 30); done.Events != 15 {
				t.Errorf("the consumer, of which nothing is known: %+v", done)
			}
			for _, key := range server.Keys() {
				if strings.Contains(key, ":run:") {
					t.Errorf("%s is left of a run", key)
				}
			}
		})
	}
}

// TestConsumerBehindFrom: the consumer has yet to append records from before From, and
// goes on after the run. Then nothing is missing.
func TestConsumerBehindFrom(t *testing.T) {
	t.Parallel()
	for _, parallel := range []bool{false, true} {
		t.Run(fmt.Sprintf("parallel %t", parallel), func(t *testing.T) {
			t.Parallel()
			log, err := eventlog.Open(eventlog.Config{URL: "redis://" + miniredis.RunT(t).Addr(), Lanes: 3, Patience: redistest.Patience, Parallel: parallel})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { log.Close() })
			s := (&shard{id: shardID(0)}).put(time.Now().Add(-10*time.Minute), 60, "k.1", "k.2", "k.3")
			consume := func(from, to int) {
				if _, err := log.Append(t.Context(), stream+"/"+s.id, encode(t, s.id, s.records[from:to])); err != nil {
					t.Fatal(err)
				}
			}
			consume(0, 10)
			cfg := Config{Kinesis: &fakeKinesis{shards: []*shard{s}, page: 1000}, Log: log, Stream: stream, Route: route(t, "{partition_key}"), From: *s.records[30].ApproximateArrivalTimestamp}
			if sum := mustRun(t, cfg); sum.Appended != 30 {
				t.Errorf("summary %+v", sum)
			}
			consume(10, 60)
			got, _ := readAll(t, log)
			for topic, want := range wantEvents(s) {
				slices.Sort(got[topic])
				if all := slices.Compact(got[topic]); !slices.Equal(slices.Sorted(slices.Values(want)), all) {
					t.Errorf("%s: got %q, want each of %q", topic, all, want)
				}
			}
		})
	}
}

// readAll returns the data of the log's events by topic, and how many entries are torn.
func readAll(t *testing.T, log *eventlog.Log) (events map[string][]string, torn int) {
	t.Helper()
	epoch, err := log.Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	events = map[string][]string{}
	for lane := range epoch.Lanes {
		page := log.Read(t.Context(), epoch.ID, []eventlog.Query{{Lane: lane, After: eventlog.Oldest, Count: 1000}})[0]
		if page.Err != nil {
			t.Fatal(page.Err)
		}
		for _, entry := range page.Entries {
			if entry.Torn {
				torn++
			}
			var batch spillwayv1.EventBatch
			if err := proto.Unmarshal(entry.Data, &batch); err != nil {
				t.Fatal(err)
			}
			for _, e := range batch.Events {
				events[e.Topic] = append(events[e.Topic], string(e.Data))
			}
		}
	}
	return events, torn
}
