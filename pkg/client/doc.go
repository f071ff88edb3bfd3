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
// in the caller's goroutine, and leaving the loop closes the stream and waits for what
// renews its token beside it, so that nothing can leak. It also knows when the loop's body is
// done with an event, which a Next cannot: [Stream.Cursor] never runs ahead of
// the work. A body that leaves the loop may have failed, so the event on which it
// does is not behind the Cursor, unless the body said [Stream.Handled].
//
// A gap is yielded as an error in its place among the events, because a program
// that ignores gaps must not lose data silently: `if err != nil { return err }`
// stops at one. A program that can live with gaps recognises [*Gap] and goes on.
// Every other error is the last: the ctx's, the Store's, or an [*Error] that trying
// again would not mend; [Error.Remedy] says what would.
//
// # The position between processes
//
// With a [Store] in the Subscription, the position is kept to the event: a
// [Checkpoint] is the cursor, which stands behind whole responses, and the ids of the
// events that were handled beyond it, so that they are not shown again. It belongs to
// the patterns and the filter that it was made with: the position has passed what they
// left out. [FileStore] keeps it in a file, bound to both and locked against a second
// process. A program that keeps what it makes of the events in a database
// implements Store there, and has effect and position in one transaction.
//
//   - The stream starts from what the Store has, and from Subscription.Start where
//     it is empty. What cannot be read is an error, never another start.
//   - It saves the place where it began, then what was handled: as soon as no
//     received event waits, else after 256 events or 100 ms, and when the loop is
//     left. [Stream.Save] after [Stream.Handled] saves at once.
//   - A process that dies in any way, kill -9 included, has handled everything that
//     was saved. What it handled and did not save comes again: at most 256 events or
//     what it handled in 100 ms and one event more, or the one event that it was
//     handling if it saves after each, or none if handling and saving are one
//     transaction.
//   - If the machine itself crashes, a FileStore may lose what was saved in the last
//     second ([FileStoreConfig].SyncEvery), which then comes again. Effects that are
//     to survive with it are synced first, by [FileStoreConfig].BeforeSync.
//   - A cursor that the gateway refuses, for it was made for another client id or is
//     damaged, ends the stream with [ErrCursorRefused]. One that is only too old is
//     resumed, with a gap in the place of what the log no longer has.
//
// # Tokens
//
// Token requests are billed and limited. A Client asks for a token only if a stream or
// a call needs one that it does not have, with one request for all of them, and at about
// three quarters of the token's life (at a random time of its own for each stream) for
// those that are still there. A stream then goes on with the new token in place,
// whatever its loop's body is busy with, where the gateway offers that
// ([Stream.Renewed]); elsewhere it ends with the token that it began with and resumes
// with the new one. While the token endpoint is down, the present token is used until
// it ends. Clients of the same credentials share a token by a [TokenSource].
//
// The secret and the tokens are in no error and in nothing that fmt or slog prints.
//
// # What is mended, and how
//
//   - UNAVAILABLE, a lost connection, an overloaded or failing gateway, ABORTED
//     because the program took nothing for too long: the stream subscribes again on a
//     new connection and resumes by its cursor, after a random wait that grows to at
//     most 30 s, and not before what the gateway asked for ([ComeBack]).
//   - A gateway that drains: the same, after the wait that it names.
//   - A stream on which nothing arrives, not even a heartbeat, for three heartbeat
//     intervals: the same.
//   - RESOURCE_EXHAUSTED, a limit of the client, its address or the gateway: the same.
//   - UNAUTHENTICATED with a token that may have expired: a new token is fetched and
//     the stream resumes ([RenewToken]). So it is, after the wait that the gateway asks
//     for, if it has revoked the tokens issued so far. UNAUTHENTICATED otherwise, with a
//     token that is new and was never accepted, or was given ([Credentials].Token), is
//     final.
//   - A request that breaks a rule, as a filter may, a pattern that no grant covers, a
//     client that the operator has shut out: final ([FixRequest]).
//   - An endpoint that has never been live and does not speak gRPC, does not speak TLS
//     where it should, or has a certificate that is not trusted: final.
//   - Events that come again after a resumption are recognised by their id and
//     dropped, among the last [DefaultDedupWindow] events; [Stream.Repeated] counts
//     them.
//   - An event that is larger than what [Config].MaxMessageBytes has room for comes as
//     a gap, and the stream goes on.
//
// # What it does not do
//
// Without a Store it does not remember positions between processes. [Stream.Cursor]
// is text to keep, and [After] starts with it; but it stands behind whole responses, so
// the events of a response that was half handled come again: at least once between
// processes, exactly once within one [Stream]. It does not write: producers use Kinesis.
//
// # Concurrency
//
// A Client may be used by any number of goroutines; its streams share connections
// and one token. A Stream is read by one goroutine at a time; Cursor, Repeated and
// Renewed may be called by any. A Store serves one Stream. Cursors, events and gaps are values that
// nobody changes.
package client
