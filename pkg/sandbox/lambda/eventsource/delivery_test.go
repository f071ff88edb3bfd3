package eventsource_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

type failureDoc struct {
	RequestContext struct {
		RequestID              string `json:"requestId"`
		FunctionArn            string `json:"functionArn"`
		Condition              string `json:"condition"`
		ApproximateInvokeCount int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	ResponseContext  map[string]any `json:"responseContext"`
	KinesisBatchInfo struct {
		ShardID   string `json:"shardId"`
		Start     string `json:"startSequenceNumber"`
		End       string `json:"endSequenceNumber"`
		BatchSize int    `json:"batchSize"`
		StreamARN string `json:"streamArn"`
	}
	Payload struct{ Records []any } `json:"payload"`
}

func decodeFailure(t *testing.T, m eventsource.Message) failureDoc {
	t.Helper()
	var doc failureDoc
	if err := json.Unmarshal(m.Body, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// The figures were recorded on AWS: MaxRetry 1 counts 2 invocations, MaxRetry 2 counts 3.
func TestWholeBatchFails(t *testing.T) {
	for retries, count := range map[int]int{0: 1, 1: 2, 2: 3} {
		t.Run(fmt.Sprintf("max retries %d", retries), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fn, dest := scenario{
					settings: settings(func(s *eventsource.Settings) {
						s.MaxRetries, s.OnFailure, s.BatchSize = retries, "arn:aws:sqs:us-east-1:000000000000:q", 2
					}),
					data: []string{"a", "b", "c"}, run: time.Minute,
					answer: func(c call) (eventsource.Answer, error) {
						if c.data[0] == "a" {
							return fails()
						}
						return ok()
					},
				}.play(t)
				wantBatches(t, fn, append(slices.Repeat([]string{"[a b]"}, count), "[c]")...)
				messages := dest.got()
				if len(messages) != 1 {
					t.Fatalf("%d messages, want 1", len(messages))
				}
				doc := decodeFailure(t, messages[0])
				if doc.RequestContext.ApproximateInvokeCount != count || doc.RequestContext.Condition != "RetryAttemptsExhausted" {
					t.Errorf("request context %+v, want count %d", doc.RequestContext, count)
				}
				want := map[string]any{"statusCode": 200.0, "executedVersion": "$LATEST", "functionError": "Unhandled"}
				if diff := cmp.Diff(want, doc.ResponseContext); diff != "" {
					t.Error(diff)
				}
				if doc.KinesisBatchInfo.Start != "1" || doc.KinesisBatchInfo.End != "2" || doc.KinesisBatchInfo.BatchSize != 2 {
					t.Errorf("batch %+v", doc.KinesisBatchInfo)
				}
				if messages[0].Key != "" || doc.Payload.Records != nil {
					t.Error("a queue got the records, too")
				}
			})
		})
	}
}

// Recorded on AWS: batch size 3, 3 retries, six records, the last always fails. It is delivered 5 times, and the
// message counts 4.
func TestPartialFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fn, dest := scenario{
			settings: settings(func(s *eventsource.Settings) {
				s.MaxRetries, s.BatchSize, s.PartialBatch, s.OnFailure = 3, 3, true, "arn:aws:sqs:us-east-1:000000000000:q"
			}),
			data: []string{"1", "2", "3", "4", "5", "6"}, run: time.Minute,
			answer: func(c call) (eventsource.Answer, error) {
				if i := slices.Index(c.data, "6"); i >= 0 {
					return partly(c.seqs[i])
				}
				return partly()
			},
		}.play(t)
		wantBatches(t, fn, "[1 2 3]", "[4 5 6]", "[6]", "[6]", "[6]", "[6]")
		messages := dest.got()
		if len(messages) != 1 {
			t.Fatalf("%d messages, want 1", len(messages))
		}
		doc := decodeFailure(t, messages[0])
		if doc.RequestContext.ApproximateInvokeCount != 4 {
			t.Errorf("count %d, want 4", doc.RequestContext.ApproximateInvokeCount)
		}
		if e, there := doc.ResponseContext["functionError"]; !there || e != nil {
			t.Errorf("functionError %v, want null", e)
		}
	})
}

func TestPartialResponses(t *testing.T) {
	tests := map[string]struct {
		response string
		want     []string // the invocations after the first
	}{
		"empty":              {``, nil},
		"empty string":       {`""`, nil},
		"null":               {`null`, nil},
		"empty object":       {`{}`, nil},
		"empty list":         {`[]`, nil},
		"null failures":      {`{"batchItemFailures":null}`, nil},
		"no failures":        {`{"batchItemFailures":[]}`, nil},
		"second of three":    {`{"batchItemFailures":[{"itemIdentifier":"2"}]}`, []string{"[b c]"}},
		"lowest counts":      {`{"batchItemFailures":[{"itemIdentifier":"3"},{"itemIdentifier":"2"}]}`, []string{"[b c]"}},
		"first":              {`{"batchItemFailures":[{"itemIdentifier":"1"}]}`, []string{"[a b c]"}},
		"empty identifier":   {`{"batchItemFailures":[{"itemIdentifier":""}]}`, []string{"[a b c]"}},
		"null identifier":    {`{"batchItemFailures":[{"itemIdentifier":null}]}`, []string{"[a b c]"}},
		"misspelt":           {`{"batchItemFailures":[{"item_identifier":"2"}]}`, []string{"[a b c]"}},
		"unknown identifier": {`{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"99"}]}`, []string{"[a b c]"}},
		"no object":          {`"what"`, []string{"[a b c]"}},
		"no JSON":            {`{`, []string{"[a b c]"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var first sync.Once
				fn, _ := scenario{
					settings: settings(func(s *eventsource.Settings) { s.PartialBatch = true }),
					data:     []string{"a", "b", "c"}, run: time.Minute,
					answer: func(call) (out eventsource.Answer, err error) {
						out, err = ok()
						first.Do(func() { out.Payload = []byte(tt.response) })
						return out, err
					},
				}.play(t)
				wantBatches(t, fn, append([]string{"[a b c]"}, tt.want...)...)
			})
		})
	}
}

func TestBisect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fn, dest := scenario{
			settings: settings(func(s *eventsource.Settings) {
				s.Bisect, s.MaxRetries, s.OnFailure = true, 1, "arn:aws:sqs:us-east-1:000000000000:q"
			}),
			data: []string{"a", "b", "bad", "d"}, run: time.Hour,
			answer: func(c call) (eventsource.Answer, error) {
				if slices.Contains(c.data, "bad") {
					return fails()
				}
				return ok()
			},
		}.play(t)
		wantBatches(t, fn, "[a b bad d]", "[a b]", "[bad d]", "[bad]", "[bad]", "[d]")
		if messages := dest.got(); len(messages) != 1 {
			t.Errorf("%d messages, want 1 for the bad record", len(messages))
		} else if doc := decodeFailure(t, messages[0]); doc.RequestContext.ApproximateInvokeCount != 2 || doc.KinesisBatchInfo.BatchSize != 1 {
			t.Errorf("message %+v, want 2 invocations of 1 record: a split uses up no retry", doc)
		}
	})
}

// AWS shows about 8 invocations in the 60 s that a record may grow old.
func TestRecordAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fn, dest := scenario{
			settings: settings(func(s *eventsource.Settings) {
				s.MaxAge, s.OnFailure = time.Minute, "arn:aws:sqs:us-east-1:000000000000:q"
			}),
			data: []string{"a"}, run: time.Hour,
			answer: func(call) (eventsource.Answer, error) { return fails() },
		}.play(t)
		n := len(fn.got())
		if n < 7 || n > 11 {
			t.Errorf("%d invocations in a minute, want about 8", n)
		}
		messages := dest.got()
		if len(messages) != 1 {
			t.Fatalf("%d messages, want 1", len(messages))
		}
		doc := decodeFailure(t, messages[0])
		if doc.RequestContext.Condition != "RecordAgeExceeded" || doc.RequestContext.ApproximateInvokeCount != n || doc.ResponseContext != nil {
			t.Errorf("message %s, want RecordAgeExceeded after %d invocations and no responseContext", messages[0].Body, n)
		}
	})
}

func TestRecordTooOldOnArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, fn, dest := newStreams("shard-0"), &fakeFunction{}, &fakeDestination{}
		streams.put("shard-0", "old")
		time.Sleep(2 * time.Minute)
		streams.put("shard-0", "new")
		p := eventsource.Start(streams, fn, dest, settings(func(s *eventsource.Settings) {
			s.MaxAge, s.OnFailure = time.Minute, "arn:aws:s3:::failed-records"
		}), nil)
		synctest.Wait()
		p.Stop()
		wantBatches(t, fn, "[new]")
		messages := dest.got()
		if len(messages) != 1 {
			t.Fatalf("%d messages, want 1", len(messages))
		}
		doc := decodeFailure(t, messages[0])
		if doc.RequestContext.ApproximateInvokeCount != 1 || doc.ResponseContext != nil {
			t.Errorf("message %s, want count 1 and no responseContext", messages[0].Body)
		}
		if len(doc.Payload.Records) != 1 || !strings.HasPrefix(messages[0].Key, "aws/lambda/mapping/shard-0/2000/01/01/2000-01-01T00.02.00-") {
			t.Errorf("key %q with %d records: a bucket gets the records", messages[0].Key, len(doc.Payload.Records))
		}
	})
}

func TestThrottlingIsNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := 5
		fn, dest := scenario{
			settings: settings(func(s *eventsource.Settings) { s.MaxRetries, s.OnFailure = 0, "arn:aws:sqs:us-east-1:000000000000:q" }),
			data:     []string{"a"}, run: time.Hour,
			answer: func(call) (eventsource.Answer, error) {
				if left--; left >= 0 {
					return eventsource.Answer{}, errThrottled
				}
				return ok()
			},
		}.play(t)
		wantBatches(t, fn, slices.Repeat([]string{"[a]"}, 6)...)
		if len(dest.got()) != 0 {
			t.Error("the record was given up")
		}
	})
}

// A batch whose event is too large is one that fails: it is split, and does not block its shard.
func TestTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fn, dest := scenario{
			settings: settings(func(s *eventsource.Settings) {
				s.Bisect, s.MaxRetries, s.OnFailure = true, 0, "arn:aws:sqs:us-east-1:000000000000:q"
			}),
			data: []string{"a", "large", "c"}, run: time.Minute,
			answer: func(c call) (eventsource.Answer, error) {
				if slices.Contains(c.data, "large") {
					return eventsource.Answer{}, fmt.Errorf("invoke: %w", eventsource.ErrTooLarge)
				}
				return ok()
			},
		}.play(t)
		wantBatches(t, fn, "[a large c]", "[a large]", "[a]", "[large]", "[c]")
		messages := dest.got()
		if len(messages) != 1 {
			t.Fatalf("%d messages, want 1 of the large record", len(messages))
		}
		doc := decodeFailure(t, messages[0])
		if doc.RequestContext.Condition != "RetryAttemptsExhausted" || doc.ResponseContext != nil || doc.KinesisBatchInfo.Start != "2" {
			t.Errorf("message %s", messages[0].Body)
		}
	})
}

// No kind of partition key makes an event larger than a function may get.
func TestEventsFitWhateverTheKey(t *testing.T) {
	const records = 4000 // 9 MB if each byte of a key takes six
	for _, char := range []string{"k", "<", "\"", "\x01", "\u2028", "\xff", "\U0001f30d"} {
		t.Run(fmt.Sprintf("%q", char), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				streams, fn := newStreams("shard-0"), &fakeFunction{}
				streams.putKey("shard-0", strings.Repeat(char, 256), slices.Repeat([]string{"d"}, records))
				p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) { s.BatchSize = 10000 }), nil)
				synctest.Wait()
				p.Stop()
				got := 0
				for _, c := range fn.got() {
					got += len(c.data)
					if c.size > 6_000_000 {
						t.Errorf("an event of %d records has %d bytes, want at most 6 MB", len(c.data), c.size)
					}
				}
				if got != records {
					t.Errorf("%d records, want %d", got, records)
				}
			})
		})
	}
}

func TestDestinationIsOfferedThreeTimes(t *testing.T) {
	for refuse, want := range map[int]int{2: 1, 3: 0} {
		t.Run(fmt.Sprintf("refused %d times", refuse), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				streams, fn, dest := newStreams("shard-0"), &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
					if c.data[0] == "bad" {
						return fails()
					}
					return ok()
				}}, &fakeDestination{refuse: refuse}
				streams.put("shard-0", "bad", "good")
				p := eventsource.Start(streams, fn, dest, settings(func(s *eventsource.Settings) {
					s.BatchSize, s.MaxRetries, s.OnFailure = 1, 0, "arn:aws:sqs:us-east-1:000000000000:q"
				}), nil)
				time.Sleep(time.Hour)
				p.Stop()
				wantBatches(t, fn, "[bad]", "[good]")
				if len(dest.got()) != want || dest.offered != 3 {
					t.Errorf("%d messages taken of %d offers, want %d of 3", len(dest.got()), dest.offered, want)
				}
			})
		})
	}
}
