// Command scale simulates Spillway at a size that no test has: by default 1,000 shards,
// a million subscribers and 100 gateways.
//
//	go run ./scale                        # with the inputs of inputs.json
//	go run ./scale bench.json             # with what the bench has measured
//	go run ./scale bench.json mine.json   # and with what mine.json says: {"gateways": 200}
//
// It plays some seconds with a queue for everything that does one thing at a time (a
// shard, a Redis node's thread and its network, a gateway) and prints how much of each it
// takes, what waits, what grows first when everything doubles, and what it costs. Every
// input is printed with its unit and where it is from; prices are list prices, and no
// discount is taken off.
//
// What it leaves out: views (it takes the cost of an event in a gateway to be the same for
// any number of them), replays, returning subscribers, renewals of tokens, TLS between
// gateways and Redis, what Redis takes for its connections and for its replicas, logs, and
// topics that are busier than others. Batches are of random topics, which is the worst case for lanes.
package main
