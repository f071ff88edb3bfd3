package main

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

func TestPayload(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, size := range []int{minBytes, 500, maxBytes} {
		item := newItem(70, 4, size, now)
		var batch spillwayv1.EventBatch
		if err := proto.Unmarshal(item.Bytes, &batch); err != nil {
			t.Fatal(err)
		}
		e := batch.GetEvents()[0]
		if len(e.GetData()) != size {
			t.Errorf("data of %d bytes, want %d", len(e.GetData()), size)
		}
		n, at, err := parseData(e.GetData())
		if n != 70 || !at.Equal(now) || err != nil || e.GetTopic() != "weather.us.s2" || e.GetPartitionKey() != "station-6" || item.Key != e.GetPartitionKey() {
			t.Errorf("event %d of %s is %s of %s, %v", n, at, e.GetPartitionKey(), e.GetTopic(), err)
		}
	}
}

func TestPayloadOfOthers(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "{}", strings.Repeat("x", 100), `{"n":"00000000000x","at":"00000000000000000000"`, `{"n":"000000000000","at":"0000000000000000000x"`} {
		if _, _, err := parseData([]byte(data)); err == nil {
			t.Errorf("%q is taken", data)
		}
	}
}
