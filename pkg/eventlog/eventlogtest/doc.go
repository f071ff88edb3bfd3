// Package eventlogtest holds the event log to one behaviour on every Redis that it runs
// on: [Conformance] is run on the embedded Redis, a redis-server and a cluster.
//
// It uses what pkg/eventlog exports; where it must look at Redis, or has to do to it
// what a failover does, it goes by the keys that the package documents. [Rollback] is
// for other tests, too. It does not start a Redis; see pkg/eventlog/redistest.
package eventlogtest
