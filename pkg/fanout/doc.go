// Package fanout shares the tail of an event log among many subscribers.
//
// A [Hub] reads every lane of the log in which one of its views may find something once,
// as notices or a slow poll tell it to, and matches each event once against its views. A view is one distinct set of
// patterns, rules, a filter and a limit of the size of events, shared by all who asked for
// it; it keeps a bounded ring of what it matched, and a subscriber of a live view is a
// position in that ring. A [Subscription] that starts in the past, or that falls out of
// the ring, reads the log itself until it has caught up, and then joins the ring; so a
// slow subscriber costs the same memory however far it is behind.
//
//	hub := fanout.NewHub(log, fanout.Config{})
//	go hub.Run(ctx)
//	sub, err := hub.Subscribe(ctx, fanout.Request{Patterns: patterns})
//	defer sub.Close()
//	for {
//		batch, wait, err := sub.Next(ctx, maxBytes)
//		// send the batch, or wait if it is empty
//	}
//
// Who reads the log takes pages that grow with what is taken, of all lanes at once, and
// nothing ahead: a page costs one round trip beside several milliseconds that its events
// take to be sent, which hides little, and would be held twice. Few read, and few match
// what they have read, at a time, and fewer still, with rests, while anybody is live, so that
// the live ones come first.
//
// A lane that cannot be read is left to one goroutine that tries it, and holds up no
// other. A lane that has lost what was read of it is read again from before the loss;
// the log is told, so that readers elsewhere learn of it, too.
//
// Filters are evaluated once for each view and event, where all events come by: what one
// takes, everybody waits for. So an evaluation is bounded by filter.MaxCost, the sum of
// their estimates by [MaxFilterCost], and matching stops after a tenth of a second and at
// the end of an entry, to hand out what it has and to let others have the lock. What is
// left is a rate: filters that take a millisecond for an event, all together, let a
// thousand events a second through, and the tail falls behind a log that grows faster.
// The metric spillway_filter_cost tells what may come, in units of 50 to 100 ns, and
// spillway_filter_evaluations_total what is there. A topic whose views have no filters
// pays nothing for those of others. Who reads the log itself evaluates what it reads
// itself, without the lock, and stops as often.
//
// Positions leave the package as cursors ([Mark], [Cursor]), sealed for one client by a
// [Sealer]; missing events as a [Gap]. The package knows neither tokens nor gRPC, and takes events apart no
// further than to read their topic and to show them to filters. A Hub is safe to use concurrently; a
// Subscription belongs to one goroutine.
package fanout
