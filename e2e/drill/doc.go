// Command drill holds some of the promises against real programs, at full size: a
// gateway that drains, a subscriber that sleeps, a gateway that is killed under
// thousands of clients, and a token issuer that is down. It starts redis-server, a token
// issuer and gateways, appends numbered events to the event log at a steady rate, and
// looks at what every subscriber got.
//
//	go run ./drill            # all drills, half an hour
//	go run ./drill drain      # 1,000 streams move off a draining gateway
//	go run ./drill sleeper    # two subscribers stop for ten minutes while others read
//	go run ./drill restart    # a gateway is killed and started again; 5,000 clients come back
//	go run ./drill issuer     # the token issuer is down for ten minutes
//
// It prints a report and exits with 1 if a promise broke.
//
// Environment variables; all that is wrong with them is told at once:
//
//	DRILL_STREAMS       streams of the draining gateway, ten to a connection (default 1000)
//	DRILL_WINDOW        the time over which it asks them to go, 1s to 110s (default 60s)
//	DRILL_DRAIN_RATE    events a second meanwhile (default 100)
//	DRILL_READERS       subscribers that read while others sleep, ten to a connection (default 100)
//	DRILL_SLEEP         how long these sleep, 10s to 12h (default 10m)
//	DRILL_CALM          the time before and after, to compare with, 8s to 12h (default 1m)
//	DRILL_RATE          events a second meanwhile (default 1000)
//	DRILL_BYTES         bytes of data in each of these events, 64 to 65536 (default 500)
//	DRILL_STALL         the gateway's SPILLWAY_STALL_TIMEOUT (default: the gateway's own)
//	DRILL_CLIENTS       clients of the gateway that is killed, each with a token and a TLS connection (default 5000)
//	DRILL_RESTART_RATE  events a second meanwhile, to each of them (default 20)
//	DRILL_ISSUER_DOWN   how long the issuer is down, 10s to 50m (default 10m)
//	DRILL_ISSUER_CLIENTS subscribers of each of three kinds meanwhile (default 50)
//
// The one that sleeps in its loop shares a connection with some who read, and flow
// control holds the gateway's sender. The other is the program spillway, stopped by
// SIGSTOP: it does not even answer to pings.
//
// Latencies are from just before an event is appended to its receipt, in this
// process, which does much of the work: only the phases of one run can be compared.
// A tenth as many subscribers read at a second gateway, where nobody sleeps. What
// grows for both is the machine's doing, so the ratio of the two is what tells.
//
// The clients of the gateway that is killed are all at one address, this machine's,
// so its limits of an address are lifted. The program needs two open files for each, and
// so does the gateway: raise the limit (ulimit -Hn) for more of them.
//
// The issuer is a part of this program, with the keys and tokens of mockcognito, that
// refuses connections while it is down. Meanwhile there are subscribers whose tokens
// last longer, some whose tokens live half as long as that, and some who come when most
// of it is over, with a token that they have from before.
package main
