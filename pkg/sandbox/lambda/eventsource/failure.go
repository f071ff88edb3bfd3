package eventsource

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// condition says why records were given up.
type condition string

const (
	retriesExhausted condition = "RetryAttemptsExhausted"
	ageExceeded      condition = "RecordAgeExceeded"
)

// failureRecord is the document that an on-failure destination gets, as recorded on AWS.
type failureRecord struct {
	RequestContext  requestContext   `json:"requestContext"`
	ResponseContext *responseContext `json:"responseContext,omitempty"`
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	Batch           batchInfo        `json:"KinesisBatchInfo"`
	Payload         *event           `json:"payload,omitempty"`
}

type requestContext struct {
	RequestID   string    `json:"requestId"`
	FunctionARN string    `json:"functionArn"`
	Condition   condition `json:"condition"`
	InvokeCount int       `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int     `json:"statusCode"`
	ExecutedVersion string  `json:"executedVersion"`
	FunctionError   *string `json:"functionError"`
}

type batchInfo struct {
	ShardID       string `json:"shardId"`
	StartSequence string `json:"startSequenceNumber"`
	EndSequence   string `json:"endSequenceNumber"`
	FirstArrival  string `json:"approximateArrivalOfFirstRecord"`
	LastArrival   string `json:"approximateArrivalOfLastRecord"`
	Size          int    `json:"batchSize"`
	StreamARN     string `json:"streamArn"`
}

// The forms of times in the document: of itself with three decimals, of records with as many as needed.
const (
	stampLayout   = "2006-01-02T15:04:05.000Z"
	arrivalLayout = "2006-01-02T15:04:05.999Z"
)

// bucketPrefix begins the ARN of a bucket: the one kind of destination that gets the records, too.
const bucketPrefix = "arn:aws:s3:::"

func (d *delivery) message(why condition, records []Record) Message {
	s := d.settings()
	now := s.Clock.Now().UTC()
	first, last := records[0], records[len(records)-1]
	doc := failureRecord{
		RequestContext: requestContext{
			RequestID: d.requestID(), FunctionARN: s.FunctionARN, Condition: why, InvokeCount: max(d.attempts, 1),
		},
		ResponseContext: d.responseContext(why),
		Version:         "1.0",
		Timestamp:       now.Format(stampLayout),
		Batch: batchInfo{
			ShardID: d.shardID(), StartSequence: first.SequenceNumber, EndSequence: last.SequenceNumber,
			FirstArrival: first.Arrival.UTC().Format(arrivalLayout), LastArrival: last.Arrival.UTC().Format(arrivalLayout),
			Size: len(records), StreamARN: s.SourceARN,
		},
	}
	var m Message
	if strings.HasPrefix(s.OnFailure, bucketPrefix) {
		payload := d.event(records, windowFlags{})
		doc.Payload = &payload
		m.Key = objectKey(s.MappingID, d.shardID(), now)
	}
	m.Body = marshal(doc)
	return m
}

// responseContext is absent when no answer of the function decided: the age did, or the event was too large.
func (d *delivery) responseContext(why condition) *responseContext {
	if why == ageExceeded || d.tooLarge {
		return nil
	}
	out := &responseContext{StatusCode: http.StatusOK, ExecutedVersion: d.last.ExecutedVersion}
	if d.last.FunctionError != "" {
		out.FunctionError = &d.last.FunctionError
	}
	return out
}

func objectKey(mappingID, shardID string, now time.Time) string {
	return strings.Join([]string{
		"aws/lambda", mappingID, shardID, now.Format("2006/01/02"),
		now.Format("2006-01-02T15.04.05") + "-" + uuid.NewString(),
	}, "/")
}
