// Chaos is the fault bench: it runs a whole Spillway with real processes, hurts it for
// a while, and then checks that what is promised was kept.
//
// From the directory e2e:
//
//	go run ./chaos
//	CHAOS_SEED=7 CHAOS_RECORDS=100000 CHAOS_FAULTS=50 CHAOS_OUT=report.json go run ./chaos
//
// The first is over in about a minute and a half, the second in about three. It needs Linux and
// redis-server. Exit status 0: every promise was kept; 1: one broke; 2: the bench itself
// could not run, or the variables are wrong. (Started by go run or mage it is 1 in
// either case, and the last line says which.)
//
// # What happens
//
// Package harness starts redis-server, the sandbox with the consumer as a Lambda
// function on a stream of four shards, a token issuer and three gateways, with links
// between them that can be cut and slowed. A producer puts records that are numbered
// for each chain, which is a partition key in a topic, at such a rate that a fault comes
// every three seconds. Fourteen subscribers read through the SDK, behind a balancer:
// ones with several grants and patterns, two that are slow, five that leave and come
// back with their cursor or a Store of the SDK, one that comes late. An intruder tries
// all the while to read what it may not. When the faults are over, one last record is
// put into each chain, and the bench waits until everybody has it, or nobody gets
// anything any more.
//
// # What is checked
//
// The truth is what Kinesis has acknowledged. For every subscriber, what the SDK has
// shown is held against it:
//
//   - lost, silent_gaps: an event that is missing must have a told gap between the last
//     event of its chain before it and the first after it, of its lane or of all lanes.
//     silent_gaps counts the places without one, lost the events.
//   - gone_and_told, gone_unexplained: events that are missing where a gap tells it. Only
//     redis_lost and redis_rolled_back may take events away, and only such as were put
//     before; others are unexplained, which breaks the promise.
//   - duplicated_sdk: events that one stream has shown twice, or that were shown again to
//     a subscriber which had left with a Store, or, unless Redis lost data, after a whole
//     response. duplicated_raw are the repetitions that the SDK has dropped.
//   - out_of_order: events that are shown for the first time after a later one of their
//     chain.
//   - entitlement_violations: events that were not granted or not asked for, and
//     subscriptions of the intruder that were admitted: to topics that are not granted,
//     with an expired token or none, at another customer's cursor.
//   - data_mismatches: events whose data or id differ from what was put.
//   - false_alarms: gaps where nothing is missing. They break nothing: a gap says that
//     something may be.
//   - that no subscription ends, that Lambda gives up no batch, and, with CHAOS_RACE,
//     that no program has told of a data race.
//
// # Faults
//
// The schedule follows from CHAOS_SEED: kinds, order, targets, parameters, and after how
// many records each begins. Up to three overlap. Every kind comes at least once if there
// are as many faults as kinds:
//
//	consumer_crashed    a process of the consumer that handles an invocation gets SIGABRT or SIGSEGV
//	consumer_killed     Redis's answer to an append is swallowed, and the consumer gets SIGKILL
//	gateway_killed      SIGKILL, and a new start
//	gateways_rolled     one after the other: SIGTERM, drain, a new start
//	link_cut            connections are closed, and refused
//	link_narrow         little bandwidth
//	link_reset          connections are reset
//	link_silent         bytes vanish, connections stay open
//	link_sliced         bytes come in small pieces
//	link_slow           latency with jitter
//	redis_full          Redis refuses what takes memory
//	redis_killed        SIGKILL, and a new start with its file
//	redis_lost          SIGKILL, and a new start without its file
//	redis_paused        SIGSTOP, later SIGCONT
//	redis_rolled_back   SIGKILL, and a new start with what it had up to a second before
//	stream_resharded    a shard is split, or two are merged
//	subscriber_stopped  a subscriber does not read
//	tokens_expired      tokens live for some seconds, and the keys are rotated
//
// Links are numbered: 0 is the consumer's to Redis, 2i+1 that of gateway i to Redis, 2i+2
// that of subscribers to gateway i.
//
// # Variables
//
//	CHAOS_SEED      the seed of the schedule (default: a random one, which is told)
//	CHAOS_RECORDS   records to put, 1000 to 10000000 (default 20000)
//	CHAOS_FAULTS    faults, 0 to 10000 (default 20)
//	CHAOS_KINDS     kinds of faults to choose from, separated by commas (default all)
//	CHAOS_OUT       file for the report, in JSON
//	CHAOS_DIR       empty or new directory for programs, state and logs, which is kept
//	                (default: a temporary one, which is removed if all went well)
//	CHAOS_ROOT      checkout to build the programs from (default ..)
//	CHAOS_BINARIES  directory of programs that are built already
//	CHAOS_RACE      true builds the programs with the race detector (default false)
//	CHAOS_STACK     stack.json of a local stack that runs: nothing is started, records are put into that stack
//	                and read from it, and checked; CHAOS_FAULTS must be 0, because somebody else hurts it
//
// A schedule repeats with its seed, what the processes make of it does not: the kernel
// has a say. So a run that broke a promise keeps its logs, and gaps.txt with every gap
// that was told.
package main
