package eventsource

import "testing"

func FuzzFirstFailure(f *testing.F) {
	f.Add([]byte(`{"batchItemFailures":[{"itemIdentifier":"2"}]}`))
	f.Add([]byte(`{"batchItemFailures":[{"itemIdentifier":null}]}`))
	f.Add([]byte(`{"batchItemFailures":{}}`))
	f.Add([]byte(` [] `))
	records := []Record{{SequenceNumber: "1"}, {SequenceNumber: "2"}, {SequenceNumber: "3"}}
	f.Fuzz(func(t *testing.T, response []byte) {
		if n := firstFailure(response, records); n < 0 || n > len(records) {
			t.Errorf("%d of %d records", n, len(records))
		}
	})
}
