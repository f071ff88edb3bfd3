// Package redistest starts the kinds of Redis that the event log runs on, for tests: a
// redis-server ([Server]) and a cluster of three ([Cluster]). A node can be paused and
// killed; [Switch] stands for an address that moves from one Redis to another. A [Redis]
// may be the embedded one, too, which a test starts itself.
//
// Everything listens on loopback and ends with the test. It does not know the event
// log. What it returns may be used concurrently, but for what changes a node.
package redistest
