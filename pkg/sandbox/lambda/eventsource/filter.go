package eventsource

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource/pattern"
)

// dataField is the field of a filter's document that holds a record's data.
const dataField = "data"

// Filter decides which records a function gets: those that match one of its patterns. The nil Filter lets all pass.
type Filter struct {
	patterns []*pattern.Pattern
	onData   []bool // whether the pattern of that index says anything of the data
	decode   bool   // whether any does
}

// ParseFilter reads the patterns of filter criteria; without any it returns nil. A pattern must name fields of the data,
// not list values for it: the data has to be JSON (Lambda developer guide, "Using event filtering with a Kinesis event
// source").
func ParseFilter(patterns []string) (*Filter, error) {
	if len(patterns) == 0 {
		return nil, nil //nolint:nilnil // no filter is one that lets all pass
	}
	f := &Filter{}
	for i, text := range patterns {
		p, err := pattern.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("filter %d: %w", i+1, err)
		}
		mentioned, listed := p.Mentions(dataField)
		if listed {
			return nil, fmt.Errorf("filter %d: %w", i+1, errDataListed)
		}
		f.patterns, f.onData = append(f.patterns, p), append(f.onData, mentioned)
		f.decode = f.decode || mentioned
	}
	return f, nil
}

var errDataListed = errors.New("the pattern of data must be a JSON object")

// passes tells whether a record of the event is for the function. One whose data is not JSON passes no pattern that says
// anything of it.
func (f *Filter) passes(r eventRecord) bool {
	if f == nil {
		return true
	}
	document := map[string]any{
		"partitionKey": r.Kinesis.PartitionKey, "sequenceNumber": r.Kinesis.SequenceNumber, "kinesisSchemaVersion": r.Kinesis.SchemaVersion,
		"approximateArrivalTimestamp": json.Number(marshal(r.Kinesis.Arrival)),
		"eventSource":                 r.EventSource, "eventVersion": r.EventVersion, "eventID": r.EventID, "eventName": r.EventName,
		"invokeIdentityArn": r.InvokeIdentityARN, "awsRegion": r.AWSRegion, "eventSourceARN": r.EventSourceARN,
	}
	isJSON := false
	if f.decode {
		document[dataField], isJSON = decodeData(r.Kinesis.Data)
	}
	for i, p := range f.patterns {
		if (isJSON || !f.onData[i]) && p.Match(document) {
			return true
		}
	}
	return false
}

// decodeData reads data that is one JSON value.
func decodeData(data []byte) (any, bool) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var value any
	if dec.Decode(&value) != nil {
		return nil, false
	}
	_, err := dec.Token()
	return value, errors.Is(err, io.EOF)
}
