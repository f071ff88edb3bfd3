package produce

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// stream is a Kinesis stream in memory. fail, if set, is asked for each request
// and each entry what goes wrong.
type stream struct {
	latency time.Duration
	fail    func(request int, entry int) error // entry -1: the request as a whole
	mu      sync.Mutex                         // guards what follows
	calls   []int                              // entries per request
	data    map[string][]string                // by key, in order
}

func (s *stream) PutRecords(ctx context.Context, in *kinesis.PutRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordsOutput, error) {
	if err := wait(ctx, s.latency); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.calls)
	s.calls = append(s.calls, len(in.Records))
	if err := s.failure(n, -1); err != nil {
		return nil, err
	}
	out := &kinesis.PutRecordsOutput{FailedRecordCount: aws.Int32(0)}
	if slices.ContainsFunc(in.Records, func(r types.PutRecordsRequestEntry) bool { return string(r.Data) == "bad" }) {
		return nil, &smithy.GenericAPIError{Code: "ValidationException", Message: "1 validation error detected"}
	}
	for i, r := range in.Records {
		if err := s.failure(n, i); err != nil {
			out.Records = append(out.Records, types.PutRecordsResultEntry{ErrorCode: aws.String("ProvisionedThroughputExceededException"), ErrorMessage: aws.String(err.Error())})
			continue
		}
		if s.data == nil {
			s.data = make(map[string][]string)
		}
		s.data[*r.PartitionKey] = append(s.data[*r.PartitionKey], string(r.Data))
		out.Records = append(out.Records, types.PutRecordsResultEntry{SequenceNumber: aws.String("1"), ShardId: aws.String("shardId-000000000000")})
	}
	return out, nil
}

func (s *stream) failure(request, entry int) error {
	if s.fail == nil {
		return nil
	}
	return s.fail(request, entry)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// numbered yields n records whose keys cycle through keys, numbered per key.
func numbered(n, keys int) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for i := range n {
			if !yield(Record{Key: "k" + strconv.Itoa(i%keys), Data: []byte(strconv.Itoa(i / keys)), Line: i + 1}, nil) {
				return
			}
		}
	}
}

func list(records []Record) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// TestOrderPerKeyWhateverFails is the package's promise.
func TestOrderPerKeyWhateverFails(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		keys := rapid.SliceOfN(rapid.IntRange(0, 6), 1, 200).Draw(rt, "keys")
		entryFails := rapid.SliceOfN(rapid.IntRange(0, 3), 1, 60).Draw(rt, "entry fails")
		requestFails := rapid.SliceOfN(rapid.IntRange(0, 5), 1, 20).Draw(rt, "request fails")
		entryFails[0], requestFails[0] = 1, 1 // so that there is progress
		entries := 0
		s := &stream{fail: func(request, entry int) error {
			if entry < 0 {
				if requestFails[request%len(requestFails)] == 0 {
					return &smithy.GenericAPIError{Code: "InternalFailure", Message: "Internal Service Failure.", Fault: smithy.FaultServer}
				}
				return nil
			}
			entries++
			if entryFails[entries%len(entryFails)] == 0 {
				return errors.New("Rate exceeded for shard")
			}
			return nil
		}}
		want := make(map[string][]string)
		var records []Record
		for i, k := range keys {
			r := Record{Key: "k" + strconv.Itoa(k), Data: []byte(strconv.Itoa(i))}
			records = append(records, r)
			want[r.Key] = append(want[r.Key], string(r.Data))
		}
		var sum Summary
		var err error
		synctest.Test(t, func(t *testing.T) {
			sum, err = (&Producer{Kinesis: s, Stream: "weather"}).Run(t.Context(), list(records))
		})
		if diff := cmp.Diff(want, s.data); diff != "" || err != nil {
			rt.Fatalf("stream (-want +got), err %v:\n%s", err, diff)
		}
		if sum.Records != int64(len(records)) || sum.Requests != int64(len(s.calls)) {
			rt.Fatalf("summary %+v for %d records in %d requests", sum, len(records), len(s.calls))
		}
	})
}

func TestFillsRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &stream{latency: 20 * time.Millisecond}
		sum, err := (&Producer{Kinesis: s, Stream: "weather"}).Run(t.Context(), numbered(10_000, 1000))
		if err != nil || sum.Records != 10_000 || sum.Requests > 25 {
			t.Errorf("%+v, %v, want 10,000 records in about 20 requests", sum, err)
		}
	})
}

func TestLingersOnlyUnderLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		every := func(n int, gap time.Duration) iter.Seq2[Record, error] {
			return func(yield func(Record, error) bool) {
				for i := range n {
					if wait(t.Context(), gap) != nil || !yield(Record{Key: strconv.Itoa(i), Data: []byte("x")}, nil) {
						return
					}
				}
			}
		}
		slow := &stream{}
		start := time.Now()
		if _, err := (&Producer{Kinesis: slow, Stream: "weather"}).Run(t.Context(), every(10, time.Second)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); len(slow.calls) != 10 || took != 10*time.Second {
			t.Errorf("a slow source: %d requests in %v, want 10 at once", len(slow.calls), took)
		}
		fast := &stream{}
		if _, err := (&Producer{Kinesis: fast, Stream: "weather"}).Run(t.Context(), every(1000, time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if len(fast.calls) > 110 {
			t.Errorf("1,000 records in a second took %d requests, want about 100", len(fast.calls))
		}
	})
}

func TestARefusedRecord(t *testing.T) {
	t.Parallel()
	records := []Record{{Key: "a", Data: []byte("1"), Line: 1}, {Key: "b", Data: []byte("bad"), Line: 2}, {Key: "c", Data: []byte("3"), Line: 3}, {Key: "b", Data: []byte("4"), Line: 4}}
	t.Run("stops", func(t *testing.T) {
		s := &stream{}
		_, err := (&Producer{Kinesis: s, Stream: "weather"}).Run(t.Context(), list(records))
		var refusal *Refusal
		if !errors.As(err, &refusal) || err.Error() != "line 2: put into stream weather: ValidationException: 1 validation error detected" {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("is left out", func(t *testing.T) {
		s := &stream{}
		var lines []int
		p := Producer{Kinesis: s, Stream: "weather", OnRefused: func(r Record, _ error) error {
			lines = append(lines, r.Line)
			return nil
		}}
		sum, err := p.Run(t.Context(), list(records))
		want := map[string][]string{"a": {"1"}, "b": {"4"}, "c": {"3"}}
		if diff := cmp.Diff(want, s.data); diff != "" || err != nil || sum.Skipped != 1 || len(lines) != 1 || lines[0] != 2 {
			t.Errorf("lines %v, %+v, err %v, stream (-want +got):\n%s", lines, sum, err, diff)
		}
	})
}

func TestFinalFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		says string
	}{
		{"no such stream", &smithy.GenericAPIError{Code: "ResourceNotFoundException", Message: "Stream weather not found."}, "put into stream weather: ResourceNotFoundException: Stream weather not found."},
		{"nobody listens", &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}, "put into stream weather: dial tcp: connection refused"},
		{"throttled for ever", &smithy.GenericAPIError{Code: "ProvisionedThroughputExceededException", Message: "Rate exceeded"}, "Rate exceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &stream{fail: func(int, int) error { return tt.err }}
				start := time.Now()
				_, err := (&Producer{Kinesis: s, Stream: "weather"}).Run(t.Context(), numbered(3, 3))
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("err = %v, want it to say %q", err, tt.says)
				}
				if took := time.Since(start); took > 2*time.Minute {
					t.Errorf("gave up after %v", took)
				}
			})
		})
	}
}

func TestTheSourceFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("line 4: no JSON")
	s := &stream{}
	sum, err := (&Producer{Kinesis: s, Stream: "weather"}).Run(t.Context(), func(yield func(Record, error) bool) {
		for r, err := range numbered(3, 1) {
			if !yield(r, err) {
				return
			}
		}
		yield(Record{}, broken)
	})
	if !errors.Is(err, broken) || sum.Records != 3 {
		t.Errorf("%+v, %v, want 3 records and the source's error", sum, err)
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		s := &stream{latency: time.Second}
		sum, err := (&Producer{Kinesis: s, Stream: "weather"}).Run(ctx, numbered(1_000_000, 10))
		if !errors.Is(err, context.DeadlineExceeded) || sum.Records != 20 || sum.Elapsed != 2*time.Second {
			t.Errorf("%+v, %v, want the request under way to be finished", sum, err)
		}
	})
}

func TestBatchBounds(t *testing.T) {
	t.Parallel()
	var q queue
	for i := range 3 {
		q.push(Record{Key: fmt.Sprint(i), Data: make([]byte, 2<<20)})
	}
	q.push(Record{Key: "huge", Data: make([]byte, 6<<20)})
	q.push(Record{Key: "0", Data: []byte("later")})
	if diff := cmp.Diff([]int{0, 1}, q.batch(500)); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
	q.remove([]int{0, 1, 2})
	if diff := cmp.Diff([]int{0}, q.batch(500)); diff != "" {
		t.Errorf("a record larger than a request (-want +got):\n%s", diff)
	}
	q.remove([]int{0})
	if len(q.records) != 1 || string(q.records[0].Data) != "later" || q.bytes != 6 {
		t.Errorf("left %d records, %d bytes", len(q.records), q.bytes)
	}
}
