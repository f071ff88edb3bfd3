// Package balancer gives TCP connections to the members of a group that are well, in turn: what a Network Load Balancer does
// in front of the gateways, for a stack in containers.
//
//	b := balancer.New(balancer.Config{Target: "gateway:8443", Health: "http://gateway:8081/readyz"})
//	err := b.Serve(ctx, listener)
//
// The members are the addresses of the target's name, looked up again with every round of health checks. If none is well, any
// is tried, as a Network Load Balancer does: a check may be wrong, and a refused connection helps nobody. A connection
// stays with its member until one of the two ends it, whatever the member's health.
//
// It knows nothing of TLS or gRPC, and does not try a connection again that broke. It is no emulator of AWS's API.
//
// A Balancer may be used concurrently.
//
// AWS pages: Network Load Balancers, "Health checks for Network Load Balancer target groups" (fail open), "Proxy protocol".
package balancer
