package eventlog_test

import (
	"testing"

	"github.com/spillway/spillway/pkg/eventlog/eventlogtest"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

// TestConformance holds the log to one behaviour on every Redis that we run on.
func TestConformance(t *testing.T) {
	t.Run("miniredis", func(t *testing.T) { eventlogtest.Conformance(t, redistest.Mini(t)) })
	t.Run("redis-server", func(t *testing.T) { eventlogtest.Conformance(t, redistest.Server(t)) })
	t.Run("cluster", func(t *testing.T) { eventlogtest.Conformance(t, redistest.Cluster(t)) })
}
