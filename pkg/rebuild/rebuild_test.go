package rebuild

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/eventlog"
)

// configFor is one for tests: it begins an hour ago.
func configFor(t *testing.T, k *fakeKinesis, l *fakeLog) Config {
	t.Helper()
	if k.page == 0 {
		k.page = 7
	}
	return Config{Kinesis: k, Log: l, Stream: stream, Route: route(t, "{partition_key}"), From: time.Now().Add(-time.Hour)}
}

// wantEvents is what a log is to hold when it has all records.
func wantEvents(shards ...*shard) map[string][]string {
	want := map[string][]string{}
	for _, s := range shards {
		for _, r := range s.records {
			want[*r.PartitionKey] = append(want[*r.PartitionKey], string(r.Data))
		}
	}
	return want
}

func mustRun(t *testing.T, cfg Config) Summary {
	t.Helper()
	sum, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func wantLog(t *testing.T, l *fakeLog, shards ...*shard) {
	t.Helper()
	if diff := cmp.Diff(wantEvents(shards...), l.events()); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
}

// TestTotalLoss: a log that lost everything gets everything, in order, and a second
// run adds nothing.
func TestTotalLoss(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(-30 * time.Minute)
		a, b := (&shard{id: shardID(0)}).put(at, 40, "k.1", "k.2", "k.3"), (&shard{id: shardID(1)}).put(at, 25, "k.4", "k.5")
		k, l := &fakeKinesis{shards: []*shard{a, b}}, newFakeLog(t, 4)
		sum := mustRun(t, configFor(t, k, l))
		wantLog(t, l, a, b)
		if sum.Records != 65 || sum.Events != 65 || sum.Missing != 65 || sum.Appended != 65 || sum.Held != 0 || sum.Shards != 2 || sum.MissingBytes == 0 {
			t.Errorf("summary %+v", sum)
		}
		sum = mustRun(t, configFor(t, k, l))
		if sum.Records != 65 || sum.Missing != 0 || sum.Appended != 0 || sum.Held != 65 {
			t.Errorf("second summary %+v", sum)
		}
		wantLog(t, l, a, b)
		if len(l.forgot) != 2 || l.forgot[0] == l.forgot[1] {
			t.Errorf("runs forgotten: %v", l.forgot)
		}
	})
}

// TestHolesAreFilled: what the log has stays once, also of an aggregated record.
func TestHolesAreFilled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 30, "k.1", "k.2", "k.3")
		k, l := &fakeKinesis{shards: []*shard{s}}, newFakeLog(t, 4)
		var has []eventlog.Item
		for i, it := range encode(t, s.id, s.records) {
			if i%4 != 0 {
				has = append(has, it)
			}
		}
		l.add(has)
		sum := mustRun(t, configFor(t, k, l))
		if want := int64(30 - len(has)); sum.Missing != want || sum.Appended != want || sum.Held != int64(len(has)) {
			t.Errorf("summary %+v", sum)
		}
		got := l.events()
		for topic, want := range wantEvents(s) {
			if slices.Sort(got[topic]); !slices.Equal(slices.Sorted(slices.Values(want)), got[topic]) {
				t.Errorf("%s: %q, want each of %q once", topic, got[topic], want)
			}
		}
		if sum := mustRun(t, configFor(t, k, l)); sum.Missing != 0 {
			t.Errorf("second summary %+v", sum)
		}
	})
}

func TestDryRunCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 10, "k")
		k, l := &fakeKinesis{shards: []*shard{s}}, newFakeLog(t, 1)
		cfg := configFor(t, k, l)
		cfg.DryRun, cfg.Pause = true, &Pause{Lambda: &fakeLambda{}, Function: "consumer"}
		sum := mustRun(t, cfg)
		if sum.Missing != 10 || sum.Appended != 0 || sum.Paused != nil {
			t.Errorf("summary %+v", sum)
		}
		if len(l.events()) != 0 || l.refills != 0 || l.forgot != nil {
			t.Errorf("the log was written to: %v, %d, %v", l.events(), l.refills, l.forgot)
		}
	})
}

// TestReshard: children are read when their parents are done, whatever order they are
// listed in; a parent that is not listed any more keeps nobody waiting.
func TestReshard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := func(minutes int) time.Time { return time.Now().Add(time.Duration(minutes-50) * time.Minute) }
		old := (&shard{id: shardID(1), parent: shardID(0), closed: true}).put(at(0), 20, "k.1", "k.2")
		left := (&shard{id: shardID(2), parent: old.id, closed: true}).put(at(10), 10, "k.1")
		right := (&shard{id: shardID(3), parent: old.id, closed: true}).put(at(10), 30, "k.2")
		merged := (&shard{id: shardID(4), parent: left.id, adjacent: right.id}).put(at(20), 20, "k.1", "k.2")
		k, l := &fakeKinesis{shards: []*shard{merged, right, left, old}}, newFakeLog(t, 1)
		mustRun(t, configFor(t, k, l))
		wantLog(t, l, old, left, right, merged)
		if k.order[0] != old.id || k.order[3] != merged.id {
			t.Errorf("read in the order %v", k.order)
		}
	})
}

func TestShardsThatAreTheirOwnAncestors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := &fakeKinesis{list: []types.Shard{
			{ShardId: aws.String("a"), ParentShardId: aws.String("b")}, {ShardId: aws.String("b"), ParentShardId: aws.String("a")},
		}}
		if _, err := Run(t.Context(), configFor(t, k, newFakeLog(t, 1))); err == nil || !strings.Contains(err.Error(), "their own ancestors") {
			t.Errorf("got %v", err)
		}
	})
}

// TestManyShards: more than are read at once, in generations.
func TestManyShards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k, l := &fakeKinesis{}, newFakeLog(t, 3)
		for i := range 5 * readers {
			s := &shard{id: shardID(i), closed: i < 4*readers}
			if i >= readers {
				s.parent = shardID(i - readers)
			}
			k.shards = append(k.shards, s.put(time.Now().Add(time.Duration(i/readers-50)*time.Minute), 3, "k."+shardID(i%readers)))
		}
		mustRun(t, configFor(t, k, l))
		wantLog(t, l, k.shards...)
	})
}

// TestKinesisRefuses: reads are as far apart as Kinesis wants them, and what it refuses
// is tried again, for a while.
func TestKinesisRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 50, "k")
		k, l := &fakeKinesis{shards: []*shard{s}}, newFakeLog(t, 1)
		mustRun(t, configFor(t, k, l))
		for i, at := range k.reads[s.id][1:] {
			if since := at.Sub(k.reads[s.id][i]); since < readInterval {
				t.Errorf("read %d comes %s after the one before", i+1, since)
			}
		}
		n := 0
		k.fail = func(operation, _ string) error {
			if n++; n%3 == 0 {
				return nil
			}
			switch operation {
			case "GetRecords":
				return &types.ProvisionedThroughputExceededException{Message: aws.String("Rate exceeded")}
			case "ListShards":
				return &types.LimitExceededException{Message: aws.String("Rate exceeded")}
			}
			return &types.KMSThrottlingException{Message: aws.String("Rate exceeded")}
		}
		l = newFakeLog(t, 1)
		if sum := mustRun(t, configFor(t, k, l)); sum.Throttled == 0 {
			t.Errorf("summary %+v", sum)
		}
		wantLog(t, l, s)
		k.fail = func(operation, _ string) error {
			if operation == "GetRecords" {
				return &types.ProvisionedThroughputExceededException{Message: aws.String("Rate exceeded")}
			}
			return nil
		}
		_, err := Run(t.Context(), configFor(t, k, newFakeLog(t, 1)))
		if _, ok := errors.AsType[*types.ProvisionedThroughputExceededException](err); !ok || !strings.HasPrefix(err.Error(), "shard "+s.id+": get records: ") {
			t.Errorf("got %v", err)
		}
	})
}

// TestLargeRecordsTakeTheirTime: a shard gives 2 MiB in a second.
func TestLargeRecordsTakeTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 12, "k")
		for i := range s.records {
			s.records[i].Data = make([]byte, 1<<20)
		}
		k, l := &fakeKinesis{shards: []*shard{s}, page: 4}, newFakeLog(t, 1)
		mustRun(t, configFor(t, k, l))
		if reads := k.reads[s.id]; len(reads) != 3 || reads[2].Sub(reads[0]) < 4*time.Second {
			t.Errorf("8 MiB were read within %s", reads[2].Sub(reads[0]))
		}
	})
}

// TestSlowLog: a log that takes longer than an iterator lives costs nothing but a new
// iterator.
func TestSlowLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 20, "k")
		k, l := &fakeKinesis{shards: []*shard{s}}, newFakeLog(t, 1)
		l.onRefill = func([]eventlog.Item) error {
			time.Sleep(iteratorLife + time.Second)
			return nil
		}
		mustRun(t, configFor(t, k, l))
		wantLog(t, l, s)
	})
}

// TestWhatIsLookedAt: from the time on, by what Kinesis says of each record, and no
// further than the run's begin.
func TestWhatIsLookedAt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		s := (&shard{id: shardID(0)}).put(now.Add(-30*time.Minute), 6, "k")
		for i, at := range []time.Duration{-2 * time.Hour, -30 * time.Minute, -61 * time.Minute, -20 * time.Minute, 2 * time.Minute, -10 * time.Minute} {
			s.records[i].ApproximateArrivalTimestamp = aws.Time(now.Add(at))
		}
		k, l := &fakeKinesis{shards: []*shard{s}}, newFakeLog(t, 1)
		mustRun(t, configFor(t, k, l))
		want := map[string][]string{"k": {string(s.records[1].Data), string(s.records[3].Data)}}
		if diff := cmp.Diff(want, l.events()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestFromIsInAMillisecond: a record of the millisecond in which From is counts.
func TestFromIsInAMillisecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(-30 * time.Minute).Truncate(time.Millisecond)
		cfg := configFor(t, &fakeKinesis{shards: []*shard{(&shard{id: shardID(0)}).put(at, 1, "k")}}, newFakeLog(t, 1))
		cfg.From = at.Add(999 * time.Microsecond)
		if sum := mustRun(t, cfg); sum.Appended != 1 {
			t.Errorf("summary %+v", sum)
		}
	})
}

// TestOldEntriesAreNotRead: only what was appended since counts, with room for clocks
// that differ.
func TestOldEntriesAreNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-3*time.Hour), 5, "k")
		l := newFakeLog(t, 1)
		l.add(encode(t, s.id, s.records))
		time.Sleep(3 * time.Hour)
		if sum := mustRun(t, configFor(t, &fakeKinesis{shards: []*shard{s}}, l)); sum.Held != 0 || sum.Records != 0 {
			t.Errorf("summary %+v", sum)
		}
	})
}

// TestConsumerAppendsMeanwhile: what the consumer was faster with is not appended
// again.
func TestConsumerAppendsMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 30, "k")
		k, l := &fakeKinesis{shards: []*shard{s}}, newFakeLog(t, 1)
		asked := 0
		l.onEpoch = func() {
			if asked++; asked == 3 { // before the second page is appended
				l.add(encode(t, s.id, s.records[9:12]))
			}
		}
		sum := mustRun(t, configFor(t, k, l))
		if sum.Appended != 27 || sum.Missing != 27 {
			t.Errorf("summary %+v", sum)
		}
		got := l.events()["k"]
		if slices.Sort(got); len(slices.Compact(got)) != 30 || len(got) != 30 {
			t.Errorf("%d events: %q", len(got), got)
		}
	})
}

// TestConsumerGoesOn: whatever the consumer had come to before the run, and whatever the
// run leaves out, nothing is missing when it goes on. It skips what was appended if it
// was past where the run began.
func TestConsumerGoesOn(t *testing.T) {
	t.Parallel()
	const records, from, early = 30, 10, 14 // one of those since From arrived early, by Kinesis's word
	for consumed, skips := range map[int]int{0: 0, 5: 0, 10: 0, 11: 0, 14: 0, 15: 0, 16: 14, 20: 10} {
		synctest.Test(t, func(t *testing.T) {
			s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), records, "k")
			cfg := configFor(t, &fakeKinesis{shards: []*shard{s}}, newFakeLog(t, 1))
			cfg.From = *s.records[from].ApproximateArrivalTimestamp
			s.records[early].ApproximateArrivalTimestamp = aws.Time(cfg.From.Add(-time.Millisecond))
			l, items := cfg.Log.(*fakeLog), encode(t, s.id, s.records)
			l.consume(stream+"/"+s.id, items[:consumed])
			mustRun(t, cfg)
			if got := l.consume(stream+"/"+s.id, items[consumed:]); got != skips {
				t.Errorf("consumed %d before: skipped %d after, want %d", consumed, got, skips)
			}
			got := l.events()["k"]
			if slices.Sort(got); len(slices.Compact(got)) != records {
				t.Errorf("consumed %d before: the log holds %q", consumed, got)
			}
		})
	}
}

func TestLogIsMadeAnewMeanwhile(t *testing.T) {
	t.Parallel()
	for _, at := range []int{2, 3} { // before the append; at the end
		synctest.Test(t, func(t *testing.T) {
			s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 3, "k")
			l := newFakeLog(t, 1)
			asked := 0
			l.onEpoch = func() {
				if asked++; asked == at {
					l.epoch.ID = "fedcba9876543210"
				}
			}
			if _, err := Run(t.Context(), configFor(t, &fakeKinesis{shards: []*shard{s}}, l)); !errors.Is(err, ErrLogReset) {
				t.Errorf("got %v", err)
			}
			if len(l.forgot) != 1 {
				t.Error("the run was not forgotten")
			}
		})
	}
}

func TestTooManyEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 20, "k")
		l := newFakeLog(t, 1)
		l.add(encode(t, s.id, s.records))
		cfg := configFor(t, &fakeKinesis{shards: []*shard{s}}, l)
		cfg.MaxEvents = 19
		if _, err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "more than 19 events") {
			t.Errorf("got %v", err)
		}
		if cfg.MaxEvents = 20; mustRun(t, cfg).Missing != 0 {
			t.Error("something is missing")
		}
	})
}

// TestOwnAppendsTakeNoMemory: what a run appends is read again, to see what others
// append, and is not remembered.
func TestOwnAppendsTakeNoMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 100, "k.1", "k.2", "k.3")
		l := newFakeLog(t, 4)
		cfg := configFor(t, &fakeKinesis{shards: []*shard{s}}, l)
		cfg.MaxEvents = 1
		mustRun(t, cfg)
		wantLog(t, l, s)
	})
}

func TestCorruptEntryIsCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 3, "k")
		l := newFakeLog(t, 1)
		l.add(encode(t, s.id, s.records[:1]))
		l.addEntry(0, []byte("\xffnonsense"))
		l.addEntry(0, []byte("\x0a\x03\x12\x01x")) // an event without an id
		sum := mustRun(t, configFor(t, &fakeKinesis{shards: []*shard{s}}, l))
		if sum.Corrupt != 1 || sum.Held != 1 || sum.Appended != 2 {
			t.Errorf("summary %+v", sum)
		}
	})
}

func TestAppendFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 20, "k.1", "k.2")
		k, l := &fakeKinesis{shards: []*shard{s}}, newFakeLog(t, 2)
		broken, n := errors.New("OOM command not allowed"), 0
		l.onRefill = func([]eventlog.Item) error {
			if n++; n%3 != 0 {
				return broken
			}
			return nil
		}
		mustRun(t, configFor(t, k, l))
		wantLog(t, l, s)

		l = newFakeLog(t, 2)
		l.onRefill = func([]eventlog.Item) error { return broken }
		_, err := Run(t.Context(), configFor(t, k, l))
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "append what is missing: ") || l.refills != maxLogAttempts || len(l.forgot) != 1 {
			t.Errorf("got %v after %d attempts, forgotten %v", err, l.refills, l.forgot)
		}
	})
}

func TestLogCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newFakeLog(t, 2)
		l.readErr = errors.New("lane 1 is away")
		if _, err := Run(t.Context(), configFor(t, &fakeKinesis{}, l)); !errors.Is(err, l.readErr) {
			t.Errorf("got %v", err)
		}
	})
}

// TestInterrupted: a run that is cut short tidies up.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 20, "k")
		l := newFakeLog(t, 1)
		ctx, cancel := context.WithCancel(t.Context())
		l.onRefill = func([]eventlog.Item) error {
			if l.refills == 2 {
				cancel()
			}
			return nil
		}
		sum, err := Run(ctx, configFor(t, &fakeKinesis{shards: []*shard{s}}, l))
		if !errors.Is(err, context.Canceled) || len(l.forgot) != 1 || sum.Appended != 14 {
			t.Errorf("got %v, forgotten %v, %+v", err, l.forgot, sum)
		}
	})
}

func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := (&shard{id: shardID(0)}).put(time.Now().Add(-30*time.Minute), 200, "k")
		cfg := configFor(t, &fakeKinesis{shards: []*shard{s}}, newFakeLog(t, 1))
		var told []Progress
		cfg.OnProgress = func(p Progress) { told = append(told, p) }
		mustRun(t, cfg)
		if len(told) < 2 {
			t.Fatalf("told %d times", len(told))
		}
		for i, p := range told {
			if p.Shards != 1 || p.ShardsDone != 0 || p.Behind <= 0 || p.Behind > 30*time.Minute || p.Records == 0 || i > 0 && p.Records <= told[i-1].Records {
				t.Errorf("%d: %+v", i, p)
			}
		}
	})
}

func TestStreamIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := configFor(t, &fakeKinesis{}, newFakeLog(t, 1))
		cfg.Stream, cfg.Pause = "other", &Pause{Lambda: &fakeLambda{}, Function: "consumer"}
		if _, err := Run(t.Context(), cfg); err == nil || !strings.HasPrefix(err.Error(), "describe stream other: ") {
			t.Errorf("got %v", err)
		}
	})
}
