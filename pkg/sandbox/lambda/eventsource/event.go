package eventsource

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// maxEventBytes is the most that an event may have: the 6 MB of a synchronous invocation.
const maxEventBytes = 6 * 1000 * 1000

// The JSON around the records takes less.
const (
	eventOverhead  = 64
	windowOverhead = 512 // with tumbling windows besides, without the state
)

// The event that a function gets, as recorded on AWS.
type event struct {
	Records []eventRecord `json:"Records"`
	*windowEvent
}

type eventRecord struct {
	Kinesis           kinesisRecord `json:"kinesis"`
	EventSource       string        `json:"eventSource"`
	EventVersion      string        `json:"eventVersion"`
	EventID           string        `json:"eventID"`
	EventName         string        `json:"eventName"`
	InvokeIdentityARN string        `json:"invokeIdentityArn"`
	AWSRegion         string        `json:"awsRegion"`
	EventSourceARN    string        `json:"eventSourceARN"`
}

type kinesisRecord struct {
	SchemaVersion  string       `json:"kinesisSchemaVersion"`
	PartitionKey   string       `json:"partitionKey"`
	SequenceNumber string       `json:"sequenceNumber"`
	Data           []byte       `json:"data"`
	Arrival        epochSeconds `json:"approximateArrivalTimestamp"`
}

// epochSeconds is a time as a JSON number of seconds with three decimals.
type epochSeconds time.Time

// MarshalJSON writes the number.
func (e epochSeconds) MarshalJSON() ([]byte, error) {
	ms := time.Time(e).UnixMilli()
	return fmt.Appendf(nil, "%d.%03d", ms/1000, ms%1000), nil
}

func (s Settings) event(shardID string, records []Record) event {
	out := event{Records: make([]eventRecord, len(records))}
	for i, r := range records {
		out.Records[i] = s.eventRecord(shardID, r)
	}
	return out
}

func (s Settings) eventRecord(shardID string, r Record) eventRecord {
	return eventRecord{
		Kinesis: kinesisRecord{
			SchemaVersion: "1.0", PartitionKey: r.PartitionKey, SequenceNumber: r.SequenceNumber,
			Data: r.Data, Arrival: epochSeconds(r.Arrival),
		},
		EventSource: "aws:kinesis", EventVersion: "1.0", EventID: shardID + ":" + r.SequenceNumber,
		EventName: "aws:kinesis:record", InvokeIdentityARN: s.RoleARN, AWSRegion: s.Region, EventSourceARN: s.SourceARN,
	}
}

// encode gives the event its JSON form. All its parts have one.
func (e event) encode() []byte {
	return marshal(e)
}

// marshal gives the JSON form of a value that has one, without the escapes that are only for HTML.
func marshal(v any) []byte {
	var doc bytes.Buffer
	enc := json.NewEncoder(&doc)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("eventsource: value has no JSON form: " + err.Error())
	}
	return bytes.TrimSuffix(doc.Bytes(), []byte("\n"))
}

// encodedSize is at least the size that a record takes in an event.
func (s Settings) encodedSize(shardID string, r Record) int {
	const fixed = 360 // names, quotes and punctuation of one record
	return fixed + base64.StdEncoding.EncodedLen(len(r.Data)) + len(marshal(r.PartitionKey)) +
		2*len(r.SequenceNumber) + len(shardID) + len(s.RoleARN) + len(s.Region) + len(s.SourceARN)
}
