package schema_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/awsjson"
	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/schema"
)

func operation(t testing.TB, name string) *schema.Operation {
	t.Helper()
	op, ok := schema.New().Operation(name)
	if !ok {
		t.Fatalf("no operation %s", name)
	}
	return op
}

func TestCoerceValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, operation, body string
		want                  schema.Fields
	}{
		{"unknown members and nulls are dropped", "ListStreams", `{"Limit":null,"Other":{"a":[1]}}`, schema.Fields{}},
		{"integer is floored", "ListStreams", `{"Limit":1.9}`, schema.Fields{"Limit": int64(1)}},
		{"negative integer is floored", "ListStreams", `{"Limit":-1.1}`, schema.Fields{"Limit": int64(-2)}},
		{"integer is clamped above", "ListStreams", `{"Limit":1e400}`, schema.Fields{"Limit": int64(math.MaxInt32)}},
		{"integer is clamped below", "ListStreams", `{"Limit":-1e20}`, schema.Fields{"Limit": int64(math.MinInt32)}},
		{"boolean from yes", "DeleteStream", `{"EnforceConsumerDeletion":"Yes"}`, schema.Fields{"EnforceConsumerDeletion": true}},
		{"boolean from 0", "DeleteStream", `{"EnforceConsumerDeletion":"0"}`, schema.Fields{"EnforceConsumerDeletion": false}},
		{"timestamp", "GetShardIterator", `{"Timestamp":1459799926.480}`,
			schema.Fields{"Timestamp": time.UnixMilli(1459799926480).UTC()}},
		{"empty blob", "PutRecord", `{"Data":""}`, schema.Fields{"Data": []byte{}}},
		{"list of structures", "PutRecords", `{"Records":[{"Data":"AA==","X":1},null]}`,
			schema.Fields{"Records": []any{schema.Fields{"Data": []byte{0}}, nil}}},
		{"map", "AddTagsToStream", `{"Tags":{"a":"b","c":null}}`, schema.Fields{"Tags": map[string]any{"a": "b"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, ok := awsjson.Parse([]byte(c.body))
			if !ok {
				t.Fatal("bad test")
			}
			got, err := operation(t, c.operation).Coerce(body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAtMostTenFaults(t *testing.T) {
	t.Parallel()
	var entries []any
	for range 20 {
		entries = append(entries, schema.Fields{"PartitionKey": "", "Data": []byte{}})
	}
	msg := operation(t, "PutRecords").Validate(schema.Fields{"Records": entries})
	if !strings.HasPrefix(msg, "10 validation errors detected: ") || strings.Count(msg, "; ") != 9 {
		t.Errorf("got %s", msg)
	}
}

func TestTooManyEntriesArePrintedAsJavaDoes(t *testing.T) {
	t.Parallel()
	entries := make([]any, 501)
	for i := range entries {
		entries[i] = schema.Fields{"PartitionKey": "k", "Data": []byte{}}
	}
	msg := operation(t, "PutRecords").Validate(schema.Fields{"Records": entries})
	if !strings.HasPrefix(msg, "1 validation error detected: Value '[com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@") ||
		!strings.HasSuffix(msg, "]' at 'records' failed to satisfy constraint: Member must have length less than or equal to 500") {
		t.Errorf("got %.200s", msg)
	}
}

type nested struct {
	Name  string
	Count int
	When  time.Time
	Deep  *struct{ Flag bool }
	Items []struct {
		Data []byte
		Key  string
	}
	Tags    map[string]string
	Ignored string
}

func TestBindAndFieldsOfAreInverse(t *testing.T) {
	t.Parallel()
	in := schema.Fields{
		"Name": "n", "Count": int64(3), "When": time.Unix(1, 0).UTC(),
		"Deep":  schema.Fields{"Flag": true},
		"Items": []any{schema.Fields{"Data": []byte{}, "Key": "k"}},
		"Tags":  map[string]any{"a": "b"},
		"Extra": "no field for it",
	}
	var got nested
	schema.Bind(in, &got)
	delete(in, "Extra")
	if diff := cmp.Diff(in, schema.FieldsOf(got)); diff != "" {
		t.Errorf("there and back (-want +got):\n%s", diff)
	}
}

// FuzzRequest takes any body through every check of every operation.
func FuzzRequest(f *testing.F) {
	for _, body := range []string{
		`{}`, `null`, `[]`, `{"StreamName":"a","ShardCount":1}`, `{"StreamName":"","Limit":-1e999,"ExclusiveStartShardId":"\u0000"}`,
		`{"Records":[{"Data":"AAA=","PartitionKey":"k","ExplicitHashKey":"0"},null,{}],"StreamARN":"x"}`,
		`{"Timestamp":1e308,"ShardId":"\ud800"}`, `{"Tags":{"":"","a":null}}`, `{"TagKeys":["",null]}`, `{"ShardFilter":{"Type":"x","Timestamp":-1}}`,
		`{"Data":"====","EnforceConsumerDeletion":"yes"}`, `{"Limit":1}{"Limit":2}`,
	} {
		f.Add("PutRecords", []byte(body))
		f.Add("ListShards", []byte(body))
		f.Add("AddTagsToStream", []byte(body))
	}
	table := schema.New()
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		op, ok := table.Operation(name)
		if !ok {
			op, _ = table.Operation("PutRecords")
		}
		body, ok := awsjson.Parse(raw)
		if !ok {
			return
		}
		if !json.Valid(raw) {
			t.Fatalf("parsed, but is not JSON: %q", raw)
		}
		in, err := op.Coerce(body)
		if err != nil {
			return
		}
		if msg := op.Validate(in); msg != "" && !strings.Contains(msg, " detected: Value ") {
			t.Fatalf("message %q", msg)
		}
	})
}
