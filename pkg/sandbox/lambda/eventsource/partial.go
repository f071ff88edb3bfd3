package eventsource

import (
	"bytes"
	"encoding/json"
)

// firstFailure reads a partial batch response: the index of the first record that was not processed, or len(records) if
// all were. A response that cannot be understood, or names a record that is not in the batch, fails all of it: 0.
func firstFailure(response []byte, records []Record) int {
	response = bytes.TrimSpace(response)
	switch string(response) {
	case "", `""`, "null", "{}", "[]":
		return len(records)
	}
	var doc struct {
		Failures []struct {
			Identifier *string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(response, &doc); err != nil {
		return 0
	}
	index := make(map[string]int, len(records))
	for i, r := range records {
		index[r.SequenceNumber] = i
	}
	first := len(records)
	for _, f := range doc.Failures {
		if f.Identifier == nil {
			return 0
		}
		i, known := index[*f.Identifier]
		if !known {
			return 0
		}
		first = min(first, i)
	}
	return first
}
