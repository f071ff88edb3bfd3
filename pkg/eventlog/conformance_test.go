package eventlog_test

import (
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/spillway/spillway/pkg/eventlog/eventlogtest"
	"github.com/spillway/spillway/pkg/eventlog/redistest"
)

// TestConformance holds the log to one behaviour on every Redis that we run on.
func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		eventlogtest.Conformance(t, miniRedis(t))
	})
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		eventlogtest.Conformance(t, redistest.Server(t))
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		eventlogtest.Conformance(t, redistest.Cluster(t))
	})
}

func miniRedis(t *testing.T) *redistest.Redis {
	t.Helper()
	return &redistest.Redis{URL: "redis://" + miniredis.RunT(t).Addr()}
}
