package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// dataFunction fails on records that say "fail", and remembers all that it got and what of it succeeded.
type dataFunction struct {
	mu        sync.Mutex // guards what follows
	got, done []string
}

func (f *dataFunction) Invoke(_ context.Context, _ string, payload []byte) (eventsource.Answer, error) {
	var event struct {
		Records []struct{ Kinesis struct{ Data []byte } }
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		return eventsource.Answer{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	answer := eventsource.Answer{RequestID: "r", ExecutedVersion: "$LATEST"}
	var batch []string
	for _, r := range event.Records {
		batch = append(batch, string(r.Kinesis.Data))
	}
	f.got = append(f.got, batch...)
	if slices.Contains(batch, "fail") {
		answer.FunctionError = "Unhandled"
		return answer, nil
	}
	f.done = append(f.done, batch...)
	return answer, nil
}

func (f *dataFunction) count(data string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, got := range f.got {
		if got == data {
			n++
		}
	}
	return n
}

type messages struct {
	mu   sync.Mutex // guards sent
	sent []string
}

func (m *messages) Send(_ context.Context, _ string, message eventsource.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = append(m.sent, string(message.Body))
	return nil
}

// dayStream is a stream of one shard in the fake time of a bubble.
type dayStream struct {
	*testing.T
	service *kinesis.Service
	arn     string
}

func newDayStream(t *testing.T) dayStream {
	t.Helper()
	service := kinesis.New(kinesis.Config{StateDelay: -1})
	if err := service.CreateStream(t.Context(), kinesis.CreateStreamInput{StreamName: "day", ShardCount: 1}); err != nil {
		t.Fatal(err)
	}
	return dayStream{t, service, "arn:aws:kinesis:us-east-1:000000000000:stream/day"}
}

func (s dayStream) put(data string) string {
	s.Helper()
	out, err := s.service.PutRecord(s.Context(), kinesis.PutRecordInput{StreamName: "day", PartitionKey: "k", Data: []byte(data)})
	if err != nil {
		s.Fatal(err)
	}
	return out.SequenceNumber
}

func (s dayStream) settings(change func(*eventsource.Settings)) eventsource.Settings {
	out := eventsource.Settings{
		MappingID: "m", SourceARN: s.arn, FunctionARN: "f", Start: eventsource.Position{Kind: eventsource.TrimHorizon}, BatchSize: 1, Parallel: 1,
		MaxRetries: eventsource.Unlimited, MaxAge: eventsource.Unlimited, OnFailure: "q", Logger: slog.New(slog.DiscardHandler),
	}
	change(&out)
	return out
}

// More than a day passes: a record that always fails holds up its shard until the stream has it no longer, the iterator of
// a client expires meanwhile, and what is older than the retention is not read by a mapping that begins later.
func TestDayOfRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, fn, dest := newDayStream(t), &dataFunction{}, &messages{}
		s.put("fail")
		s.put("behind")
		iterator, err := s.service.GetShardIterator(t.Context(), kinesis.GetShardIteratorInput{StreamName: "day", ShardId: "shardId-000000000000", ShardIteratorType: "TRIM_HORIZON"})
		if err != nil {
			t.Fatal(err)
		}
		p := eventsource.Start(streams{s.service}, fn, dest, s.settings(func(*eventsource.Settings) {}), nil)
		defer p.Stop()
		time.Sleep(5*time.Minute + time.Second)
		var fault *kinesis.Error
		if _, err := s.service.GetRecords(t.Context(), kinesis.GetRecordsInput{ShardIterator: iterator.ShardIterator}); !errors.As(err, &fault) || fault.Code != kinesis.CodeExpiredIterator {
			t.Errorf("an iterator after five minutes: %v", err)
		}
		time.Sleep(23 * time.Hour)
		s.put("fresh")
		if n := fn.count("fail"); n < 8000 || n > 10000 {
			t.Errorf("%d attempts in 23 hours, want one every nine seconds or so", n)
		}
		time.Sleep(time.Hour)
		n := fn.count("fail")
		time.Sleep(time.Minute)
		if fn.count("fail") != n || fn.count("behind") != 0 || fn.count("fresh") != 1 {
			t.Errorf("after a day: %d more attempts, behind %d times, fresh %d times; want what expired given up, and fresh processed",
				fn.count("fail")-n, fn.count("behind"), fn.count("fresh"))
		}
		p.Stop()
		if len(dest.sent) != 1 || !strings.Contains(dest.sent[0], "RecordAgeExceeded") {
			t.Errorf("messages %v, want one of the record that was read and expired", dest.sent)
		}
		later := &dataFunction{}
		q := eventsource.Start(streams{s.service}, later, dest, s.settings(func(*eventsource.Settings) {}), nil)
		synctest.Wait()
		q.Stop()
		if later.count("fresh") != 1 || later.count("behind")+later.count("fail") != 0 {
			t.Errorf("a later mapping got %v, want what the stream still has", later.got)
		}
	})
}

// A day of records, one a minute; every hundredth fails for its hour. All others arrive, those are given up at their age.
func TestDayOfRecordAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, fn, dest := newDayStream(t), &dataFunction{}, &messages{}
		p := eventsource.Start(streams{s.service}, fn, dest, s.settings(func(set *eventsource.Settings) {
			set.MaxAge, set.BatchSize, set.Bisect = time.Hour, 100, true
		}), nil)
		defer p.Stop()
		const minutes = 24 * 60
		failing := 0
		for i := range minutes {
			if i%100 == 0 {
				s.put("fail")
				failing++
			} else {
				s.put("good")
			}
			time.Sleep(time.Minute)
		}
		time.Sleep(2 * time.Hour)
		if err := p.AwaitIdle(t.Context()); err != nil {
			t.Error(err)
		}
		p.Stop()
		if len(dest.sent) != failing || len(fn.done) != minutes-failing {
			t.Errorf("%d messages of %d records that fail, %d of %d others processed", len(dest.sent), failing, len(fn.done), minutes-failing)
		}
		for _, m := range dest.sent {
			if !strings.Contains(m, `"condition":"RecordAgeExceeded"`) || !strings.Contains(m, `"batchSize":1,`) {
				t.Errorf("message %s", m)
			}
		}
	})
}
