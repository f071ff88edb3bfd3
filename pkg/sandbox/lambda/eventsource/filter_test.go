package eventsource_test

import (
	"testing"
	"testing/synctest"

	"github.com/spillway/spillway/pkg/sandbox/lambda/eventsource"
)

func parseFilter(t testing.TB, patterns ...string) *eventsource.Filter {
	t.Helper()
	f, err := eventsource.ParseFilter(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Of the table "Properly filtering Kinesis and DynamoDB messages" of Lambda's guide: what is JSON, what is not, and what
// the filter asks for. Records that are dropped do not hold up the checkpoint, and do not fill batches.
func TestFilter(t *testing.T) {
	data := []string{`{"kind":"buy","n":1}`, `{"kind":"sell","n":2}`, `plain`, `{"kind":"buy"} {}`, `7`, `{"kind":"buy","n":3}`}
	tests := map[string]struct {
		patterns []string
		want     []string
	}{
		"none":              {nil, []string{"[" + data[0] + " " + data[1] + "]", "[" + data[2] + " " + data[3] + "]", "[" + data[4] + " " + data[5] + "]"}},
		"data":              {[]string{`{"data":{"kind":["buy"]}}`}, []string{"[" + data[0] + " " + data[5] + "]"}},
		"one of two":        {[]string{`{"data":{"n":[{"numeric":[">=",3]}]}}`, `{"data":{"kind":["sell"]}}`}, []string{"[" + data[1] + " " + data[5] + "]"}},
		"metadata":          {[]string{`{"partitionKey":["key-plain"]}`}, []string{"[plain]"}},
		"data and metadata": {[]string{`{"partitionKey":[{"prefix":"key-"}],"data":{"n":[2]}}`}, []string{"[" + data[1] + "]"}},
		"missing data":      {[]string{`{"data":{"kind":[{"exists":false}]}}`}, []string{"[7]"}},
		"alternatives":      {[]string{`{"$or":[{"data":{"n":[1]}},{"sequenceNumber":["3"]}]}`}, []string{"[" + data[0] + "]"}},
		"event":             {[]string{`{"eventName":["aws:kinesis:record"],"sequenceNumber":["3"],"approximateArrivalTimestamp":[946684800.000]}`}, []string{"[plain]"}},
		"nothing":           {[]string{`{"partitionKey":["other"]}`}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				streams, fn := newStreams("shard-0"), &fakeFunction{}
				streams.put("shard-0", data...)
				p := eventsource.Start(streams, fn, nil, settings(func(s *eventsource.Settings) {
					s.BatchSize, s.Filter = 2, parseFilter(t, tt.patterns...)
				}), nil)
				synctest.Wait()
				marks := p.Stop()
				wantBatches(t, fn, tt.want...)
				if at := marks["shard-0"].Position.SequenceNumber; at != "6" {
					t.Errorf("checkpoint %s, want 6: what is dropped is passed", at)
				}
			})
		})
	}
}

func TestFilterRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no pattern":      `"buy"`,
		"values for data": `{"data":["buy"]}`,
		"within an or":    `{"$or":[{"data":["buy"]},{"partitionKey":["x"]}]}`,
	} {
		if _, err := eventsource.ParseFilter([]string{`{"partitionKey":["x"]}`, text}); err == nil {
			t.Errorf("%s: %s was taken", name, text)
		}
	}
}
