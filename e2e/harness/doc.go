// Package harness runs a whole Spillway on one machine so that it can be hurt: the
// real programs, a real redis-server, and between all of them links that can be cut
// and slowed.
//
//	producer ─► Kinesis ─► consumer ─► link ─► tap ─► redis-server
//	            (sandbox)                                  ▲
//	subscriber ─► balancer ─► link ─► gateway i ─► link ───┘
//
// [Start] starts everything and returns a [System]; [System.Stop] ends it. What may
// go wrong is in the hands of the caller:
//
//   - [System.Redis] can be killed, paused, wiped, rolled back to a [Snapshot], and
//     made full.
//   - [System.Gateways] can be killed, stopped as a deployment does it, and started
//     again.
//   - [System.ConsumerLink], [Gateway.RedisLink] and [Gateway.ClientLink] are [Link]s.
//   - [System.Tap] can swallow the answer to an append, which is the moment at which a
//     consumer that dies has appended and not acknowledged.
//   - [System.Functions] are the processes of the consumer.
//   - [System.Issuer] hands out tokens that live as long as it is told, and can rotate
//     its keys.
//
// [System.Client] is the configuration of an SDK client whose connections go to the
// gateways in turn, as behind a load balancer. [System.AWS] and [System.StreamName]
// are for producers.
//
// Everything listens on loopback, on free ports below those that outgoing
// connections get, so that a port is still free after a restart. All processes die
// with this one. What they say is in [System.LogDir].
//
// It runs on Linux only: it finds the function's processes in /proc. It checks
// nothing; who uses it does. A System and its parts may be used by any number of
// goroutines, but two must not start and stop the same process at a time.
package harness
