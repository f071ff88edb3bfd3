package kinesis_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
)

// cborClient speaks to w as AWS's client for Java does: CBOR both ways, times as tagged milliseconds.
type cborClient struct{ *world }

// call sends a request and gives the status and the answer.
func (c cborClient) call(t testing.TB, operation string, in map[string]any) (int, map[string]any) {
	t.Helper()
	body, err := cbor.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	a := c.send(t, operation, string(body), header("Content-Type", "application/x-amz-cbor-1.1"))
	if got := a.header.Get("Content-Type"); got != "application/x-amz-cbor-1.1" {
		t.Errorf("%s: content type %q", operation, got)
	}
	out := map[string]any{}
	if a.body != "" {
		if err := cbor.Unmarshal([]byte(a.body), &out); err != nil {
			t.Fatalf("%s: %v in %q", operation, err, a.body)
		}
	}
	return a.status, out
}

func TestCBORClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	c := cborClient{w}
	must := func(operation string, in map[string]any) map[string]any {
		t.Helper()
		status, out := c.call(t, operation, in)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %v", operation, status, out)
		}
		return out
	}
	if out := must("CreateStream", map[string]any{"StreamName": "s", "ShardCount": 1}); len(out) != 0 {
		t.Errorf("CreateStream answers %v", out)
	}
	data := []byte{0, 1, 254, 255}
	put := must("PutRecords", map[string]any{"StreamName": "s", "Records": []any{map[string]any{"Data": data, "PartitionKey": "k"}}})
	if put["FailedRecordCount"] != uint64(0) {
		t.Errorf("PutRecords answers %v", put)
	}
	at := cbor.Tag{Number: 1, Content: w.clock.Now().Add(-time.Second).UnixMilli()}
	iter := must("GetShardIterator", map[string]any{"StreamName": "s", "ShardId": shard0, "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": at})
	got := must("GetRecords", map[string]any{"ShardIterator": iter["ShardIterator"]})
	records, _ := got["Records"].([]any)
	if len(records) != 1 {
		t.Fatalf("GetRecords answers %v", got)
	}
	r, _ := records[0].(map[any]any)
	// The library takes the number of a tag 1 for seconds: it is milliseconds.
	arrived, _ := r["ApproximateArrivalTimestamp"].(time.Time)
	if diff := cmp.Diff([]any{data, "k", w.clock.Now().UnixMilli()}, []any{r["Data"], r["PartitionKey"], arrived.Unix()}); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	summary, _ := must("DescribeStreamSummary", map[string]any{"StreamName": "s"})["StreamDescriptionSummary"].(map[any]any)
	if summary["StreamName"] != "s" || summary["OpenShardCount"] != uint64(1) {
		t.Errorf("DescribeStreamSummary answers %v", summary)
	}
}

func TestCBORErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	c := cborClient{w}
	for name, row := range map[string]struct {
		operation string
		in        map[string]any
		want      map[string]any
	}{
		"constraint": {"ListStreams", map[string]any{"Limit": 0}, map[string]any{"__type": "ValidationException",
			"message": "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"}},
		"type": {"ListStreams", map[string]any{"Limit": "a"}, map[string]any{"__type": "SerializationException",
			"Message": "class java.lang.String can not be converted to an Integer"}},
		"a blob that is too long": {"PutRecord", map[string]any{"StreamName": "s", "PartitionKey": "k", "Data": make([]byte, 10<<20+2)}, map[string]any{"__type": "ValidationException",
			"message": "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=10485762 cap=10485762]' at 'data' failed to satisfy constraint: " +
				"Member must have length less than or equal to 10485760"}},
		"no such stream": {"DescribeStream", map[string]any{"StreamName": "s"}, map[string]any{"__type": "ResourceNotFoundException",
			"message": "Stream s under account 123456789012 not found."}},
		"no such operation": {"MadeUp", map[string]any{"a": 1}, map[string]any{"__type": "UnknownOperationException"}},
	} {
		t.Run(name, func(t *testing.T) {
			status, got := c.call(t, row.operation, row.in)
			if diff := cmp.Diff(row.want, got); status != 400 || diff != "" {
				t.Errorf("%d (-want +got):\n%s", status, diff)
			}
		})
	}
	for name, body := range map[string]string{
		"not CBOR": "\xff", "a list": "\x80", "a number as key": "\xa1\x01\x02", "two values": "\xa0\xa0", "JSON": "{}",
		"nested too deeply": "\xa1aa" + strings.Repeat("\x81", 100) + "\x80",
	} {
		a := w.send(t, "ListStreams", body, header("Content-Type", "application/x-amz-cbor-1.1"))
		if a.status != 400 || !strings.Contains(a.body, "SerializationException") {
			t.Errorf("%s: %d %q", name, a.status, a.body)
		}
	}
}
