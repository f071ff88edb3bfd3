package produce

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

const (
	// linger is how far apart requests are while the source is slower than Kinesis:
	// a record after a silence goes at once, those of the next 10 ms go together.
	linger = 10 * time.Millisecond

	// After a failure the wait is random between zero and a bound that starts at
	// backoffBase and doubles up to backoffCap.
	backoffBase = 100 * time.Millisecond
	backoffCap  = 5 * time.Second
	// maxFruitless is how many requests in a row may take no record: about half a
	// minute of waiting.
	maxFruitless = 15
)

// Putter is the one operation of Kinesis that a Producer needs.
type Putter interface {
	PutRecords(context.Context, *kinesis.PutRecordsInput, ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error)
}

// Producer puts records into one stream.
type Producer struct {
	Kinesis Putter // must not retry by itself; see NewKinesis
	Stream  string
	// OnProgress, if set, is called after every request.
	OnProgress func(Summary)
	// OnRefused, if set, is asked what to do about a record that Kinesis will not
	// take: nil leaves the record out, an error ends the Run.
	OnRefused func(Record, error) error
}

// Summary counts what a Run did.
type Summary struct {
	Records  int64 // in the stream
	Bytes    int64 // of their data
	Requests int64
	Retries  int64 // records sent again
	Skipped  int64 // records that Kinesis refused and OnRefused left out
	Elapsed  time.Duration
}

// Run puts the records of source until it ends, yields an error, or ctx is done;
// the records read before an error of the source are put. When ctx is done,
// Run finishes the request under way and does not wait for a source that is
// blocked: its goroutine ends once the source yields or ends.
func (p *Producer) Run(ctx context.Context, source iter.Seq2[Record, error]) (Summary, error) {
	readerCtx, stop := context.WithCancel(ctx)
	defer stop()
	r := run{producer: p, in: make(chan Record, maxBatchRecords), end: make(chan error, 1), start: time.Now()}
	go read(readerCtx, source, r.in, r.end)
	err := r.loop(ctx)
	r.sum.Elapsed = time.Since(r.start)
	return r.sum, err
}

// read hands the source's records to the loop. Before it closes the channel it
// says on end how the source ended.
func read(ctx context.Context, source iter.Seq2[Record, error], in chan<- Record, end chan<- error) {
	defer close(in)
	for r, err := range source {
		if err != nil {
			end <- err
			return
		}
		select {
		case in <- r:
		case <-ctx.Done():
			end <- ctx.Err()
			return
		}
	}
	end <- nil
}

// run is the state of one Run, all of it the loop's but the channels.
type run struct {
	producer  *Producer
	in        chan Record
	end       chan error
	start     time.Time
	queue     queue
	drained   bool // in is closed
	solo      int  // so many records go one by one, to find the one that is refused
	lastPut   time.Time
	fruitless int
	failures  int
	sum       Summary
}

func (r *run) loop(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := r.fill(ctx); err != nil {
			return err
		}
		if len(r.queue.records) == 0 { // the source has ended
			return <-r.end
		}
		if err := r.putBatch(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// fill queues what has been read: it waits for the first record, and for more
// only as long as the last request is younger than linger.
func (r *run) fill(ctx context.Context) error {
	backlog := len(r.queue.records) > 0
	var pause <-chan time.Time
	for !r.drained && !r.queue.full() {
		if len(r.queue.records) > 0 && len(r.in) == 0 {
			if pause == nil && !backlog {
				pause = time.After(linger - time.Since(r.lastPut))
			}
			if backlog {
				return nil
			}
		}
		select {
		case rec, ok := <-r.in:
			if !ok {
				r.drained = true
				return nil
			}
			r.queue.push(rec)
		case <-pause:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// putBatch sends one request and removes from the queue what was taken.
func (r *run) putBatch(ctx context.Context) error {
	limit := maxBatchRecords
	if r.solo > 0 {
		limit = 1
		r.solo--
	}
	picked := r.queue.batch(limit)
	records := make([]Record, len(picked))
	for i, at := range picked {
		records[i] = r.queue.records[at]
	}
	r.lastPut = time.Now()
	result, err := r.producer.put(ctx, records)
	r.sum.Requests++
	if err != nil {
		return r.refused(picked, records, err)
	}
	taken := make([]int, len(result.taken))
	for i, at := range result.taken {
		taken[i] = picked[at]
		r.sum.Records++
		r.sum.Bytes += int64(len(records[at].Data))
	}
	r.queue.remove(taken)
	if r.producer.OnProgress != nil {
		r.sum.Elapsed = time.Since(r.start)
		r.producer.OnProgress(r.sum)
	}
	return r.backOff(ctx, result)
}

// refused handles a final error. A request of several records is sent again one
// by one, since one of them may be to blame.
func (r *run) refused(picked []int, records []Record, err error) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) || !aboutRecords(refusal.Code) {
		return fmt.Errorf("put into stream %s: %w", r.producer.Stream, err)
	}
	if len(records) > 1 {
		r.solo = len(records)
		return nil
	}
	if r.producer.OnRefused == nil {
		return fmt.Errorf("%sput into stream %s: %w", origin(records[0]), r.producer.Stream, err)
	}
	if err := r.producer.OnRefused(records[0], err); err != nil {
		return err
	}
	r.sum.Skipped++
	r.queue.remove(picked)
	return nil
}

// aboutRecords tells whether another request, without some record, may be taken.
func aboutRecords(code string) bool {
	return code == "ValidationException" || code == "InvalidArgumentException" || code == "SerializationException"
}

func origin(r Record) string {
	if r.Line == 0 {
		return ""
	}
	return fmt.Sprintf("line %d: ", r.Line)
}

// backOff waits after a request of which something has to be sent again.
func (r *run) backOff(ctx context.Context, result outcome) error {
	if len(result.again) == 0 {
		r.failures, r.fruitless = 0, 0
		return nil
	}
	if len(result.taken) > 0 {
		r.fruitless = 0
	}
	r.fruitless++
	nobodyThere := r.sum.Records == 0 && unreachable(result.why)
	if r.fruitless == maxFruitless || nobodyThere {
		return fmt.Errorf("put into stream %s: %w", r.producer.Stream, result.why)
	}
	r.sum.Retries += int64(len(result.again))
	bound := min(backoffBase<<min(r.failures, 16), backoffCap)
	r.failures++
	timer := time.NewTimer(rand.N(bound))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
