// Package ground starts real programs for those who look at what they do: redis-server,
// an issuer of tokens, gateways, and whatever else a caller has.
//
// [New] starts a redis-server that keeps everything in memory, opens the event log in
// it and an issuer with as many customers as are wanted. [Ground.StartGateway] starts a
// gateway over that log, [Ground.Start] any other program. [Ground.Close] ends all of them,
// each by its process; the kernel does if this program is killed. Everything listens on
// loopback, on ports that are free.
//
// It checks nothing, and nothing on it but the issuer can be stopped and started again or
// cut off: package harness is for that. A Ground is for one goroutine; a [Process] may be
// used by several.
package ground
