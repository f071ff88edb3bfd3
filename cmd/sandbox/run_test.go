package main

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// Every mistake is told by the name of its variable, and nothing is started.
func TestRunTellsAllMistakes(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), nil, []string{
		"SPILLWAY_SANDBOX_LISTEN=4566", "SPILLWAY_SANDBOX_REDIS=mongo", "SPILLWAY_SANDBOX_REDIS_LISTEN=x", "SPILLWAY_SANDBOX_ACCOUNT=1",
		"SPILLWAY_SANDBOX_REGION=moon", "SPILLWAY_SANDBOX_KINESIS_BYTES=1000", "SPILLWAY_SANDBOX_KINESIS_DELAY=-1s", "SPILLWAY_SANDBOX_PERSIST=maybe", "SPILLWAY_SANDBOX_POLL_INTERVAL=-1s",
		"SPILLWAY_SANDBOX_COGNITO=localhost", "SPILLWAY_SANDBOX_TLS_CERT=cert.pem",
	}, io.Discard)
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{"LISTEN", "STATE", "REDIS", "REDIS_LISTEN", "ACCOUNT", "REGION", "KINESIS_BYTES", "KINESIS_DELAY", "PERSIST", "POLL_INTERVAL", "COGNITO", "TLS_CA"} {
		if !strings.Contains(err.Error(), "SPILLWAY_SANDBOX_"+name+" ") && !strings.Contains(err.Error(), "SPILLWAY_SANDBOX_"+name+":") {
			t.Errorf("error %v does not name SPILLWAY_SANDBOX_%s", err, name)
		}
	}
}

// A Redis address that is taken is told by the name of its variable.
func TestRunTellsForeignRedis(t *testing.T) {
	t.Parallel()
	lis, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	err = run(t.Context(), nil, []string{
		"SPILLWAY_SANDBOX_LISTEN=127.0.0.1:0", "SPILLWAY_SANDBOX_STATE=" + t.TempDir(), "SPILLWAY_SANDBOX_REDIS_LISTEN=" + lis.Addr().String(),
	}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "SPILLWAY_SANDBOX_REDIS_LISTEN") || !strings.Contains(err.Error(), lis.Addr().String()) {
		t.Errorf("error %v", err)
	}
}

// Another argument than health is refused, and health tells that nobody listens.
func TestRunArguments(t *testing.T) {
	t.Parallel()
	environ := []string{"SPILLWAY_SANDBOX_LISTEN=127.0.0.1:1", "SPILLWAY_SANDBOX_STATE=" + t.TempDir()}
	for _, tt := range []struct{ arg, want string }{{"helth", `unexpected arguments ["helth"]`}, {"health", "connection refused"}} {
		err := run(t.Context(), []string{tt.arg}, environ, io.Discard)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.arg, err, tt.want)
		}
	}
}

// A function reaches a sandbox that listens on all addresses by loopback.
func TestEndpoint(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{"0.0.0.0:4566": "http://127.0.0.1:4566", "[::]:4566": "http://127.0.0.1:4566", "127.0.0.2:1": "http://127.0.0.2:1"} {
		if got := endpoint(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addr))); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}
