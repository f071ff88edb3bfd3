// Package client is the Go SDK of Spillway: it subscribes to topics, live or
// from the log, and keeps the subscription going through lost connections,
// gateways that stop, and tokens that expire.
//
// A [Client] is made once from a [Config] by [New]. A [Stream] is one
// subscription; [Stream.Events] iterates over its events:
//
//	c, err := client.New(client.Config{
//		Endpoint: "events.example.com:443",
//		Credentials: client.Credentials{ClientID: id, ClientSecret: secret, TokenURL: tokenURL},
//	})
//	...
//	defer c.Close()
//	stream := c.Subscribe(client.Subscription{Patterns: []string{"weather.us.ny"}})
//	for ev, err := range stream.Events(ctx) {
//		var gap *client.Gap
//		switch {
//		case errors.As(err, &gap): // events are missing here; the loop may go on
//			log.Print(gap)
//		case err != nil:
//			return err
//		default:
//			handle(ev)
//		}
//	}
//
// # One way to read
//
// Events is a range-over-func iterator, and there is no Next beside it. It runs
// in the caller's goroutine, so that a subscription starts none that could leak,
// and leaving the loop closes the stream. It also knows when the loop's body is
// done with an event, which a Next cannot: [Stream.Cursor] never runs ahead of
// the work. A body that leaves the loop may have failed, so the event on which it
// does is not behind the Cursor, unless the body said [Stream.Handled].
//
// A gap is yielded as an error in its place among the events, because a program
// that ignores gaps must not lose data silently: `if err != nil { return err }`
// stops at one. A program that can live with gaps recognises [*Gap] and goes on.
// Every other error is the last: the ctx's, or an [*Error] that trying again
// would not mend.
//
// # What is mended, and how
//
//   - UNAVAILABLE, a lost connection, an overloaded or failing gateway: the stream
//     subscribes again on a new connection and resumes by its cursor, after a
//     random wait that grows to at most 30 s, and not before what the gateway
//     asked for.
//   - A gateway that drains: the same, after the wait that it names.
//   - A stream on which nothing arrives, not even a heartbeat, for three heartbeat
//     intervals: the same.
//   - UNAUTHENTICATED with a token that may have expired: a new token is fetched and
//     the stream resumes. UNAUTHENTICATED with a token that is new is final.
//   - An endpoint that has never been live and does not speak gRPC, does not speak TLS
//     where it should, or has a certificate that is not trusted: final.
//   - Events that come again after a resumption are recognised by their id and
//     dropped, among the last [DefaultDedupWindow] events.
//
// # What it does not do
//
// It does not remember positions between processes: keep [Stream.Cursor] (it is
// text) and start with [After]. A cursor stands behind whole responses, so after a
// restart the events of a response that was half handled come again: at least once
// between processes, exactly once within one [Stream]. It does not write: producers use
// Kinesis.
//
// # Concurrency
//
// A Client may be used by any number of goroutines; its streams share connections
// and one token. A Stream is read by one goroutine at a time; Cursor may be
// called by any. Cursors, events and gaps are values that nobody changes.
package client
