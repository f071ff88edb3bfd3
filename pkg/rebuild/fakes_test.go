package rebuild

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"google.golang.org/protobuf/proto"

	"github.com/spillway/spillway/pkg/eventlog"
	"github.com/spillway/spillway/pkg/ingest"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

const (
	stream    = "weather"
	streamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/weather"
	// iteratorLife is Kinesis's.
	iteratorLife = 5 * time.Minute
)

func shardID(n int) string { return fmt.Sprintf("shardId-%012d", n) }

// shard is one of a fake stream.
type shard struct {
	id, parent, adjacent string
	records              []types.Record
	closed               bool
}

// put adds n records, a second apart, the first of which arrived at a time.
func (s *shard) put(from time.Time, n int, keys ...string) *shard {
	for i := range n {
		number := len(s.records)
		s.records = append(s.records, types.Record{
			SequenceNumber: aws.String(fmt.Sprintf("4959033827149025660855969253836157109592157598913%s%05d", s.id[len(s.id)-2:], 1+number)),
			PartitionKey:   aws.String(keys[number%len(keys)]), Data: fmt.Appendf(nil, "%s/%d", s.id, number),
			ApproximateArrivalTimestamp: aws.Time(from.Add(time.Duration(i) * time.Second)),
		})
	}
	return s
}

// fakeKinesis is a stream of one Kinesis. Its page is short, so that there are many.
type fakeKinesis struct {
	page int
	fail func(operation, shard string) error // nil: nothing fails
	list []types.Shard                       // nil: as shards are

	mu     sync.Mutex
	shards []*shard
	order  []string               // shards, when they were read first
	reads  map[string][]time.Time // GetRecords by shard
}

func (k *fakeKinesis) called(operation, shard string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if operation == "GetRecords" {
		if k.reads == nil {
			k.reads = map[string][]time.Time{}
		}
		if len(k.reads[shard]) == 0 {
			k.order = append(k.order, shard)
		}
		k.reads[shard] = append(k.reads[shard], time.Now())
	}
	if k.fail != nil {
		return k.fail(operation, shard)
	}
	return nil
}

func (k *fakeKinesis) DescribeStreamSummary(_ context.Context, in *kinesis.DescribeStreamSummaryInput, _ ...func(*kinesis.Options)) (*kinesis.DescribeStreamSummaryOutput, error) {
	if err := k.called("DescribeStreamSummary", ""); err != nil {
		return nil, err
	}
	if *in.StreamName != stream {
		return nil, &types.ResourceNotFoundException{Message: aws.String("Stream " + *in.StreamName + " under account 000000000000 not found.")}
	}
	return &kinesis.DescribeStreamSummaryOutput{StreamDescriptionSummary: &types.StreamDescriptionSummary{StreamARN: aws.String(streamARN)}}, nil
}

// ListShards answers one shard at a time.
func (k *fakeKinesis) ListShards(_ context.Context, in *kinesis.ListShardsInput, _ ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	if err := k.called("ListShards", ""); err != nil {
		return nil, err
	}
	if (in.StreamName == nil) == (in.NextToken == nil) {
		return nil, &types.InvalidArgumentException{Message: aws.String("NextToken and StreamName cannot be provided together.")}
	}
	all := k.list
	if all == nil {
		for _, s := range k.shards {
			all = append(all, types.Shard{ShardId: aws.String(s.id), ParentShardId: optional(s.parent), AdjacentParentShardId: optional(s.adjacent)})
		}
	}
	at, _ := strconv.Atoi(aws.ToString(in.NextToken))
	out := &kinesis.ListShardsOutput{}
	if at < len(all) {
		out.Shards = all[at : at+1]
	}
	if at+1 < len(all) {
		out.NextToken = aws.String(strconv.Itoa(at + 1))
	}
	return out, nil
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (k *fakeKinesis) GetShardIterator(_ context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	if err := k.called("GetShardIterator", *in.ShardId); err != nil {
		return nil, err
	}
	s := k.find(*in.ShardId)
	at := 0
	for ; at < len(s.records); at++ {
		rec := &s.records[at]
		if in.ShardIteratorType == types.ShardIteratorTypeAtTimestamp && !rec.ApproximateArrivalTimestamp.Before(*in.Timestamp) ||
			in.ShardIteratorType == types.ShardIteratorTypeAfterSequenceNumber && *rec.SequenceNumber > *in.StartingSequenceNumber {
			break
		}
	}
	return &kinesis.GetShardIteratorOutput{ShardIterator: iterator(s.id, at)}, nil
}

func iterator(shard string, at int) *string {
	return aws.String(fmt.Sprintf("%s|%d|%d", shard, at, time.Now().UnixNano()))
}

func (k *fakeKinesis) find(id string) *shard {
	for _, s := range k.shards {
		if s.id == id {
			return s
		}
	}
	panic("no shard " + id)
}

func (k *fakeKinesis) GetRecords(_ context.Context, in *kinesis.GetRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	parts := strings.Split(*in.ShardIterator, "|")
	if err := k.called("GetRecords", parts[0]); err != nil {
		return nil, err
	}
	at, _ := strconv.Atoi(parts[1])
	made, _ := strconv.ParseInt(parts[2], 10, 64)
	if time.Since(time.Unix(0, made)) > iteratorLife {
		return nil, &types.ExpiredIteratorException{Message: aws.String("Iterator expired.")}
	}
	s := k.find(parts[0])
	next := min(at+k.page, len(s.records))
	out := &kinesis.GetRecordsOutput{Records: s.records[at:next], NextShardIterator: iterator(s.id, next), MillisBehindLatest: aws.Int64(0)}
	if next < len(s.records) {
		out.MillisBehindLatest = aws.Int64(max(1, time.Since(*s.records[next].ApproximateArrivalTimestamp).Milliseconds()))
	} else if s.closed {
		out.NextShardIterator = nil
	}
	return out, nil
}

// fakeLog is a log in memory, as careful as the real one about order.
type fakeLog struct {
	t        *testing.T
	onEpoch  func()                            // nil: nothing
	onRefill func(items []eventlog.Item) error // nil: nothing fails

	mu      sync.Mutex
	epoch   eventlog.Epoch
	lanes   [][]eventlog.Entry
	ticks   uint64
	marks   map[string]string // by run, or consumer, lane and shard
	refills int
	forgot  []string
	readErr error
}

func newFakeLog(t *testing.T, lanes int) *fakeLog {
	return &fakeLog{t: t, epoch: eventlog.Epoch{ID: "0123456789abcdef", Lanes: lanes, Retention: time.Hour}, lanes: make([][]eventlog.Entry, lanes), marks: map[string]string{}}
}

func (l *fakeLog) Epoch(context.Context) (eventlog.Epoch, error) {
	if l.onEpoch != nil {
		l.onEpoch()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.epoch, nil
}

func (l *fakeLog) Read(_ context.Context, epoch string, queries []eventlog.Query) []eventlog.Page {
	l.mu.Lock()
	defer l.mu.Unlock()
	pages := make([]eventlog.Page, len(queries))
	for i, q := range queries {
		pages[i].Err = l.readErr
		if epoch != l.epoch.ID {
			continue
		}
		for _, e := range l.lanes[q.Lane] {
			if e.ID.Compare(q.After) > 0 && len(pages[i].Entries) < q.Count {
				pages[i].Entries = append(pages[i].Entries, e)
			}
		}
		pages[i].More = len(pages[i].Entries) == q.Count
	}
	return pages
}

// add appends items, an entry each, as the consumer does.
func (l *fakeLog) add(items []eventlog.Item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, it := range items {
		l.addEntry(eventlog.LaneOf(it.Topic, len(l.lanes)), it.Bytes)
	}
}

func (l *fakeLog) addEntry(lane int, data []byte) {
	l.ticks++
	l.lanes[lane] = append(l.lanes[lane], eventlog.Entry{ID: eventlog.ID{MS: uint64(time.Now().UnixMilli()), Seq: l.ticks}, Data: append([]byte(nil), data...)})
}

// consume appends items that the consumer comes to, an entry each, and skips those up to
// its marks.
func (l *fakeLog) consume(source string, items []eventlog.Item) (skipped int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, it := range items {
		lane := eventlog.LaneOf(it.Topic, len(l.lanes))
		if mark := l.mark(consumer, lane, source); longer(it.Sequence, l.marks[mark]) {
			l.marks[mark] = it.Sequence
			l.addEntry(lane, it.Bytes)
		} else {
			skipped++
		}
	}
	return skipped
}

// consumer has marks like a run's.
const consumer = "the consumer"

func (*fakeLog) mark(run string, lane int, source string) string {
	return fmt.Sprintf("%s %d %s", run, lane, source)
}

func (l *fakeLog) Refill(_ context.Context, run, source, since string, items []eventlog.Item) (eventlog.Appended, error) {
	l.mu.Lock()
	l.refills++
	l.mu.Unlock()
	if l.onRefill != nil {
		if err := l.onRefill(items); err != nil {
			return eventlog.Appended{}, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var done eventlog.Appended
	top := map[string]string{}
	for i, it := range items {
		if i > 0 && longer(items[i-1].Sequence, it.Sequence) {
			l.t.Errorf("%s: %s after %s", source, it.Sequence, items[i-1].Sequence)
		}
		lane := eventlog.LaneOf(it.Topic, len(l.lanes))
		mark := l.mark(run, lane, source)
		if l.marks[mark] != "" && !longer(it.Sequence, l.marks[mark]) {
			done.Skipped++
			continue
		}
		top[mark] = it.Sequence
		if own := l.mark(consumer, lane, source); !longer(since, l.marks[own]) && longer(it.Sequence, l.marks[own]) {
			top[own] = it.Sequence
		}
		l.addEntry(lane, it.Bytes)
		done.Events++
	}
	for mark, sequence := range top {
		l.marks[mark] = sequence
	}
	return done, nil
}

func longer(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a > b }

func (l *fakeLog) Forget(ctx context.Context, run string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forgot = append(l.forgot, run)
	return nil
}

// events returns what the log holds, by topic, in order.
func (l *fakeLog) events() map[string][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	got := map[string][]string{}
	for _, entries := range l.lanes {
		for _, entry := range entries {
			var batch spillwayv1.EventBatch
			if err := proto.Unmarshal(entry.Data, &batch); err != nil {
				continue
			}
			for _, e := range batch.Events {
				got[e.Topic] = append(got[e.Topic], string(e.Data))
			}
		}
	}
	return got
}

// encode is what the consumer makes of records of a shard.
func encode(t *testing.T, shard string, records []types.Record) []eventlog.Item {
	t.Helper()
	enc := ingest.NewEncoder(route(t, "{partition_key}"), stream, shard)
	for _, rec := range records {
		enc.Add(ingest.KinesisRecord{SequenceNumber: *rec.SequenceNumber, PartitionKey: *rec.PartitionKey, Arrival: *rec.ApproximateArrivalTimestamp, Data: rec.Data})
	}
	return enc.Items()
}

func route(t *testing.T, text string) ingest.Route {
	t.Helper()
	r, err := ingest.ParseRoute(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
