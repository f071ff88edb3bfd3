// Package redistest starts the kinds of Redis that the event log runs on, for tests: the
// embedded one ([Mini]), a redis-server ([Server]) and a cluster of three ([Cluster]). A
// node can be paused and killed; [Switch] stands for an address that moves from one
// Redis to another.
//
// Everything listens on loopback and ends with the test. It does not know the event
// log. What it returns may be used concurrently, but for what changes a node.
package redistest
