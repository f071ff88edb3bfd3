// Package gateway serves spillway.v1.StreamService: it lets a subscriber with a
// valid token read the events that its grants cover, live and from the log.
//
// A [Server] is made from a fanout.Hub, which shares the tail of the log, and an
// authn.Verifier. [Server.Serve] serves gRPC until its context ends, and then asks
// every subscriber to come back elsewhere, spread over a window, before it stops.
// [Server.Admin] is the handler of the operators' port: /healthz (the process is
// alive), /readyz (it can serve subscribers) and /metrics.
//
// A response with events is a concatenation of bytes that the hub shares among
// subscribers; nothing is encoded for one of them but a few bytes of framing.
//
// grpc.health.v1 needs no token; every other method does, also one that there is
// not. Until a connection has had a valid token, its calls cost next to nothing, and
// it may make but a few. A server has TLS by what [TLSFiles.Credentials] returns, limits
// what clients and addresses take ([Limits]), and does what an operator decides meanwhile
// ([Policy], [Revocations]). Without credentials it speaks plaintext, which is for behind
// a balancer that has TLS. A Server is safe to use concurrently.
package gateway
