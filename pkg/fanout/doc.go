// Package fanout shares the tail of an event log among many subscribers.
//
// A [Hub] reads every lane of the log once, as notices or a slow poll tell it to,
// and matches each event once against its views. A view is one distinct set of
// patterns, shared by all who asked for it; it keeps a bounded ring of what it
// matched, and a subscriber of a live view is a position in that ring. A
// [Subscription] that starts in the past, or that falls out of the ring, reads
// the log itself until it has caught up, and then joins the ring; so a slow
// subscriber costs the same memory however far it is behind.
//
//	hub := fanout.NewHub(log, fanout.Config{})
//	go hub.Run(ctx)
//	sub, err := hub.Subscribe(ctx, patterns, fanout.Start{})
//	defer sub.Close()
//	for {
//		batch, wait, err := sub.Next(ctx, maxBytes)
//		// send the batch, or wait if it is empty
//	}
//
// Positions leave the package as cursors ([Mark], [Cursor]); missing events as a
// [Gap]. The package knows neither tokens nor gRPC, and takes events apart no
// further than to read their topic. A Hub is safe to use concurrently; a
// Subscription belongs to one goroutine.
package fanout
