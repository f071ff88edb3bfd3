package eventlog_test

import (
	"context"
	"fmt"

	"github.com/alicebob/miniredis/v2"

	"github.com/spillway/spillway/pkg/event"
	"github.com/spillway/spillway/pkg/eventlog"
)

func ExampleLog() {
	redis := miniredis.NewMiniRedis()
	if err := redis.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer redis.Close()
	log, err := eventlog.Open(eventlog.Config{URL: "redis://" + redis.Addr(), Lanes: 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer log.Close()

	ctx := context.Background()
	ev := &event.Event{Shard: "shardId-000000000000", SequenceNumber: "4959", Topic: "weather.us.ny", Data: []byte("71")}
	items := []eventlog.Item{{Topic: ev.Topic, Sequence: ev.SequenceNumber, Bytes: event.Append(nil, ev)}}
	for range 2 { // once, and once more by a retry
		done, err := log.Append(ctx, ev.Shard, items)
		fmt.Println(done.Events, done.Skipped, err)
	}
	epoch, err := log.Epoch(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	lane := eventlog.LaneOf(ev.Topic, epoch.Lanes)
	page := log.Read(ctx, epoch.ID, []eventlog.Query{{Lane: lane, After: eventlog.Oldest, Count: 10}})[0]
	if page.Err != nil {
		fmt.Println(page.Err)
		return
	}
	raw, _, err := event.Next(page.Entries[0].Data)
	fmt.Println(string(raw.Topic), err)
	// Output:
	// 1 0 <nil>
	// 0 1 <nil>
	// weather.us.ny <nil>
}
