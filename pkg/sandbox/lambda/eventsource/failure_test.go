package eventsource_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

// The documents to the letter, as they were recorded on AWS: members and their order, times of itself with three decimals,
// times of records with as many as they need.
func TestFailureDocument(t *testing.T) {
	const batch = `"KinesisBatchInfo":{"shardId":"shard-0","startSequenceNumber":"1","endSequenceNumber":"2",` +
		`"approximateArrivalOfFirstRecord":"2000-01-01T00:00:00Z","approximateArrivalOfLastRecord":"2000-01-01T00:00:00.5Z",` +
		`"batchSize":2,"streamArn":"` + streamARN + `"}`
	const context = `{"requestContext":{"requestId":"request","functionArn":"arn:aws:lambda:us-east-1:000000000000:function:f","condition":`
	const record = `{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"key-a","sequenceNumber":"1","data":"YQ==","approximateArrivalTimestamp":946684800.000},` +
		`"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shard-0:1","eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::000000000000:role/r",` +
		`"awsRegion":"us-east-1","eventSourceARN":"` + streamARN + `"}`
	second := strings.NewReplacer("key-a", "key-<b>", "YQ==", "PGI+", `"sequenceNumber":"1"`, `"sequenceNumber":"2"`, "shard-0:1", "shard-0:2", "946684800.000", "946684800.500").Replace(record)
	tests := map[string]struct {
		destination string
		change      func(*eventsource.Settings)
		want, key   string
	}{
		"queue": {queueARN, func(s *eventsource.Settings) { s.MaxRetries = 1 }, context +
			`"RetryAttemptsExhausted","approximateInvokeCount":2},"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},` +
			`"version":"1.0","timestamp":"2000-01-01T00:00:01.500Z",` + batch + `}`, `^$`},
		"partial batch": {queueARN, func(s *eventsource.Settings) { s.MaxRetries, s.PartialBatch = 0, true }, context +
			`"RetryAttemptsExhausted","approximateInvokeCount":1},"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":null},` +
			`"version":"1.0","timestamp":"2000-01-01T00:00:00.500Z",` + batch + `}`, `^$`},
		"age": {"arn:aws:sns:us-east-1:000000000000:t", func(s *eventsource.Settings) { s.MaxAge = 2 * time.Second }, context +
			`"RecordAgeExceeded","approximateInvokeCount":2},"version":"1.0","timestamp":"2000-01-01T00:00:03.500Z",` + batch + `}`, `^$`},
		"bucket": {"arn:aws:s3:::failed", func(s *eventsource.Settings) { s.MaxRetries = 0 }, context +
			`"RetryAttemptsExhausted","approximateInvokeCount":1},"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},` +
			`"version":"1.0","timestamp":"2000-01-01T00:00:00.500Z",` + batch + `,"payload":{"Records":[` + record + `,` + second + `]}}`,
			`^aws/lambda/mapping/shard-0/2000/01/01/2000-01-01T00\.00\.00-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				streams, dest := newStreams("shard-0"), &fakeDestination{}
				fn := &fakeFunction{answer: func(c call) (eventsource.Answer, error) {
					if strings.Contains(tt.want, "null") {
						return partly(c.seqs[0])
					}
					return fails()
				}}
				streams.put("shard-0", "a")
				time.Sleep(500 * time.Millisecond)
				streams.put("shard-0", "<b>")
				p := eventsource.Start(streams, fn, dest, settings(func(s *eventsource.Settings) {
					s.OnFailure = tt.destination
					tt.change(s)
				}), nil)
				time.Sleep(time.Minute)
				p.Stop()
				messages := dest.got()
				if len(messages) != 1 {
					t.Fatalf("%d messages, want 1", len(messages))
				}
				// A pause has some chance in it: of the document's own time only the form is compared.
				if diff := cmp.Diff(withoutStamp(tt.want), withoutStamp(string(messages[0].Body))); diff != "" {
					t.Errorf("document (-want +got):\n%s", diff)
				}
				if !regexp.MustCompile(tt.key).MatchString(messages[0].Key) {
					t.Errorf("key %q, want %s", messages[0].Key, tt.key)
				}
			})
		})
	}
}

var stamp = regexp.MustCompile(`"timestamp":"2000-01-01T00:00:0\d\.\d{3}Z"`)

// withoutStamp replaces the time of a document by a mark, if it has the form that it must have.
func withoutStamp(document string) string {
	return stamp.ReplaceAllString(document, `"timestamp":"..."`)
}
