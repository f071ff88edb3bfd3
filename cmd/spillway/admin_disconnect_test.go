package main

import (
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/spillway/spillway/pkg/eventlog"
)

// TestDisconnect leaves word for the gateways.
func TestDisconnect(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	env := map[string]string{"SPILLWAY_REDIS_URL": "redis://" + redis.Addr(), "SPILLWAY_LOG_NAME": "weather"}
	got := spillway(t.Context(), env, "", "admin", "disconnect", "client-7")
	if got.exit != 0 || !strings.HasPrefix(got.stdout, "tokens that were issued to client-7 until 2") {
		t.Fatalf("exit %d, %v, stdout %q", got.exit, got.err, got.stdout)
	}
	log, err := eventlog.Open(eventlog.Config{URL: "redis://" + redis.Addr(), Name: "weather"})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	revoked, err := log.Revocations(t.Context())
	if err != nil || len(revoked) != 1 || time.Since(revoked["client-7"]).Abs() > time.Minute {
		t.Errorf("revocations %v, %v", revoked, err)
	}
}

func TestDisconnectMistakes(t *testing.T) {
	t.Parallel()
	here := map[string]string{"SPILLWAY_REDIS_URL": "redis://127.0.0.1:1"}
	for _, tt := range []struct {
		name string
		env  map[string]string
		args []string
		exit int
		says string
	}{
		{"no client", here, nil, exitUsage, "wants one client id, has 0"},
		{"two clients", here, []string{"a", "b"}, exitUsage, "wants one client id, has 2"},
		{"no Redis", nil, []string{"a"}, exitUsage, "SPILLWAY_REDIS_URL: is required"},
		{"no URL", map[string]string{"SPILLWAY_REDIS_URL": "x"}, []string{"a"}, exitUsage, "redis URL"},
		{"no name", map[string]string{"SPILLWAY_REDIS_URL": "redis://x", "SPILLWAY_LOG_NAME": "a b"}, []string{"a"}, exitUsage, "log name"},
		{"empty client", here, []string{""}, exitFailure, "a client id has 1 to 128 bytes"},
		{"Redis away", here, []string{"a"}, exitFailure, "revoke tokens in log spillway"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := spillway(t.Context(), tt.env, "", append([]string{"admin", "disconnect"}, tt.args...)...)
			if got.exit != tt.exit || got.err == nil || !strings.Contains(got.err.Error(), tt.says) {
				t.Errorf("exit %d, %v, want %d and %q", got.exit, got.err, tt.exit, tt.says)
			}
		})
	}
}
