// Command bench measures a gateway against two others, in one run on one machine, so
// that what counts are ratios:
//
//   - ours: the gateway as it ships, with tokens, topics, resume and metrics, over the
//     event log in Redis;
//   - bare: the least that grpc-go can do: a server that sends batches, encoded once, of
//     events that it makes itself, to whoever connects;
//   - sample: the plain way: a PUBLISH for every record, a server that subscribes to
//     Redis, and a protobuf encoding and a SendMsg for every event and subscriber.
//
// Servers, subscribers, feeder and redis-server are processes of their own. The three are
// measured in rounds, one after the other, in another order every round; the median of
// the rounds counts, and their spread is told.
//
//	go run ./bench
//
// It prints a table and ratios, and writes bench.json and bench.html to BENCH_OUT. It
// exits with 1 if a part could not be measured, or if ours lost an event.
//
// Environment variables; all that is wrong with them is told at once:
//
//	BENCH_ONLY          parts to do, separated by commas (default: all), of
//	                    fanout, small, calm, busy, idle, ingest, replay, beside,
//	                    topics, views, idlers, gateways, cluster, linger, kinesis
//	BENCH_ROUNDS        rounds of each comparison, 1 to 100 (default 3)
//	BENCH_WARM          the time before a window, 100ms to 10m (default 2s)
//	BENCH_WINDOW        the time that is measured, 500ms to 10m (default 4s)
//	BENCH_SUBSCRIBERS   subscribers of fanout, calm and busy; small has a tenth (default 1000)
//	BENCH_BYTES         bytes of data of an event, 32 to 65536 (default 200)
//	BENCH_INFLIGHT      events that a subscriber may be behind in fanout and small (default 2048)
//	BENCH_RATE          events a second of kinesis (default 1000)
//	BENCH_IDLE          idle connections whose memory is measured, and with five and ten times as many (default 1000)
//	BENCH_REPLAY        events that replay reads (default 1000000)
//	BENCH_TOPICS        the most topics of topics (default 1000000)
//	BENCH_VIEWS         the most views of views, and subscribers of idlers (default 10000)
//	BENCH_OUT           where results are written (default: spillway-bench in the temporary directory)
//
// # How it measures
//
// Subscribers speak HTTP/2 by hand: they count events and read the time in each, and
// decode nothing else, so that they leave the machine to the servers. They check that
// every event comes once and in order.
//
// In fanout and small nothing limits the rate but the slowest subscriber: the feeder, or
// bare itself, goes on as long as that is fewer than BENCH_INFLIGHT events behind. All
// three are thus as busy as they can be, and none falls further behind than the others
// may. How far that is decides how many events a response has, and so what one costs: in
// calm and busy all do the same work, and the CPU of a delivery is what tells.
//
// The parts topics, views and idlers are curves: what an event costs the gateway with ten
// subscribers, beside more and more of what does not concern it. In gateways and cluster
// the subscribers of fanout are spread over several; in linger the gateway of busy
// flushes more or less often. In ingest the consumer's handler
// takes invocations of 100 records, of one topic and of 16, from Lambda's JSON to Redis;
// its figures are records per second of its CPU, from the JSON on.
//
// Bare makes its events itself, within the server: it has neither a feeder nor Redis to
// share the machine with, which is to its favour. It flushes at once when nothing was
// sent for 5 ms, and else every 5 ms, what there is by then.
//
// The CPU of a process is what the kernel has counted for it, and latencies are by the
// machine's one clock, from just before an event is appended, published or made; in the
// part kinesis from just before the record is put.
package main
