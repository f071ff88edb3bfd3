package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/spillway/spillway/pkg/config"
)

// cursorKey is 32 zero bytes.
const cursorKey = "SPILLWAY_CURSOR_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

func TestCursorKeysAreNotRepeated(t *testing.T) {
	for _, text := range []string{"hunter2", "aHVudGVyMg==", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,hunter2", "a,b,c"} {
		err := run(t.Context(), nil, []string{"SPILLWAY_REDIS_URL=redis://x", "SPILLWAY_ISSUER=https://x", "SPILLWAY_CURSOR_KEY=" + text}, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "SPILLWAY_CURSOR_KEY") || strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestCursorKeyWithoutPadding: what Secrets Manager makes is taken as the same key.
func TestCursorKeyWithoutPadding(t *testing.T) {
	for _, text := range []string{strings.Repeat("A", 43), strings.Repeat("A", 43) + "=", strings.Repeat("z", 43) + "," + strings.Repeat("+", 43) + "="} {
		if err := new(cursorKeys).UnmarshalText([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestTLSText: certificates come from files or from the environment, not from both, and a
// mistake repeats nothing of a key.
func TestTLSText(t *testing.T) {
	const required = "SPILLWAY_REDIS_URL=redis://x SPILLWAY_ISSUER=https://x "
	for set, want := range map[string]string{
		"SPILLWAY_TLS_CERT=hunter2 SPILLWAY_TLS_KEY=hunter2":                               "SPILLWAY_TLS_CERT: certificate and key: ",
		"SPILLWAY_TLS_KEY=hunter2":                                                         "SPILLWAY_TLS_CERT: certificate and key: ",
		"SPILLWAY_TLS_CERT=hunter2 SPILLWAY_TLS_KEY_FILE=x":                                "SPILLWAY_TLS_CERT_FILE: is set beside SPILLWAY_TLS_CERT",
		"SPILLWAY_TLS_CERT=hunter2 SPILLWAY_PLAINTEXT=true":                                "SPILLWAY_TLS_CERT_FILE: is set beside SPILLWAY_PLAINTEXT=true",
		"SPILLWAY_TLS_CERT=x SPILLWAY_TLS_KEY=x SPILLWAY_TLS_CLIENT_CA=hunter2":            "client authorities: there is no certificate",
		"SPILLWAY_TLS_CLIENT_CA_FILE=x SPILLWAY_TLS_CERT=hunter2 SPILLWAY_TLS_KEY=hunter2": "SPILLWAY_TLS_CERT_FILE: is set beside SPILLWAY_TLS_CERT",
	} {
		err := run(t.Context(), nil, append(strings.Fields(required+set), cursorKey), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", set, err)
		}
	}
}

func TestRunTellsAllMistakes(t *testing.T) {
	var out bytes.Buffer
	err := run(t.Context(), nil, []string{
		"SPILLWAY_REDIS_URL=http://x", "SPILLWAY_JWKS_URL=http://example.com/jwks", "SPILLWAY_LANES=0x", "SPILLWAY_HEARTBEAT=1h",
		"SPILLWAY_DRAIN_WINDOW=3m", "SPILLWAY_MAX_STREAMS=0", "SPILLWAY_STALL_TIMEOUT=1ms", "SPILLWAY_STREAM_AGE=1s", "SPILLWAY_MAX_EVENT_BYTES=1",
		"SPILLWAY_CURSOR_KEY=c2VjcmV0", "SPILLWAY_RESOURCE_SERVERS=  ", "SPILLWAY_REDISURL=redis://x",
	}, io.Discard, &out)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"SPILLWAY_REDIS_URL: ", "SPILLWAY_ISSUER", "SPILLWAY_JWKS_URL: ", "must be https", "SPILLWAY_LANES", "SPILLWAY_HEARTBEAT: is 1h0m0s: want 1s to 5m0s",
		"SPILLWAY_DRAIN_WINDOW: is 3m0s: want 0s to 1m40s", "SPILLWAY_MAX_STREAMS: is 0: want 1",
		"SPILLWAY_STALL_TIMEOUT: is 1ms: want 1s", "SPILLWAY_STREAM_AGE: is 1s: want 10s", "SPILLWAY_MAX_EVENT_BYTES: is 1: want 1024",
		"SPILLWAY_RESOURCE_SERVERS: holds only blanks", "SPILLWAY_CURSOR_KEY: cursor key 1 has 6 bytes, want 32",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if !strings.Contains(out.String(), "SPILLWAY_REDISURL") {
		t.Errorf("the unknown variable is not told: %s", out.String())
	}
}

func TestPortInUse(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	err = run(t.Context(), nil, []string{"SPILLWAY_REDIS_URL=redis://127.0.0.1:1", "SPILLWAY_ISSUER=https://x", cursorKey, "SPILLWAY_PLAINTEXT=true", "SPILLWAY_LISTEN=" + lis.Addr().String()}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "SPILLWAY_LISTEN: "+lis.Addr().String()+" is in use") {
		t.Errorf("run = %v", err)
	}
}

// TestPolicyWithTooMuch: filters that no client could subscribe with, for they are too
// costly together, are told at start.
func TestPolicyWithTooMuch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	costly := strings.Repeat(`topic.matches("a") || `, 12) + "true"
	text := fmt.Sprintf("filters:\n- {pattern: a, filter: '%s'}\n- {clients: [c], pattern: a, filter: '%s && true'}\n", costly, costly)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	err := run(t.Context(), nil, []string{
		"SPILLWAY_REDIS_URL=redis://127.0.0.1:1", "SPILLWAY_ISSUER=https://x", cursorKey, "SPILLWAY_PLAINTEXT=true", "SPILLWAY_POLICY_FILE=" + path,
		"SPILLWAY_LISTEN=127.0.0.1:0", "SPILLWAY_ADMIN_LISTEN=127.0.0.1:0",
	}, io.Discard, io.Discard)
	if want := `filters[1] (line 3): together with filters[0], for client "c": may cost`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("run = %v, want it to say %q", err, want)
	}
}

// syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) lines() []map[string]any {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []map[string]any
	for line := range bytes.Lines(b.buf.Bytes()) {
		var m map[string]any
		if json.Unmarshal(line, &m) == nil {
			all = append(all, m)
		}
	}
	return all
}

// TestServe: the program comes up without its issuer, is ready once Redis is read,
// and ends by itself when told.
func TestServe(t *testing.T) {
	m := miniredis.RunT(t)
	lis, admin := listenAny(t), listenAny(t)
	s := settings{Plaintext: true, RedisURL: "redis://" + m.Addr(), Issuer: "http://127.0.0.1:1/pool", ResourceServers: words{"spillway"}, LogName: "spillway", Lanes: 2, Retention: time.Minute}
	ctx, cancel := context.WithCancel(t.Context())
	var logs syncBuffer
	done := make(chan error, 1)
	go func() {
		done <- serve(ctx, lis, admin, s, outputs{metrics: io.Discard, log: slog.New(slog.NewJSONHandler(&logs, nil))})
	}()
	eventually(t, func() bool {
		resp, err := http.Get("http://" + admin.Addr().String() + "/readyz")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	conn, err := grpc.NewClient(lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	eventually(t, func() bool {
		resp, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		return err == nil && resp.Status == grpc_health_v1.HealthCheckResponse_SERVING
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	var said []string
	for _, l := range logs.lines() {
		said = append(said, l["msg"].(string))
	}
	for _, want := range []string{"gateway serving", "key set not readable", "draining", "drained"} {
		if !slices.Contains(said, want) {
			t.Errorf("the log %q does not say %q", said, want)
		}
	}
}

func listenAny(t *testing.T) net.Listener {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lis.Close() })
	return lis
}

func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("not within a minute")
		}
	}
}

// TestVariablesAreDocumented: the package doc lists exactly what is read.
func TestVariablesAreDocumented(t *testing.T) {
	for _, name := range config.Names(&settings{}) {
		if !strings.Contains(docText, "//	"+name+" ") {
			t.Errorf("doc.go does not list %s", name)
		}
	}
}

// Another argument than health is refused, and health tells what the gateway's port says.
func TestRunArguments(t *testing.T) {
	t.Parallel()
	admin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, r.URL.Path, http.StatusServiceUnavailable)
	}))
	t.Cleanup(admin.Close)
	environ := []string{
		"SPILLWAY_REDIS_URL=redis://x", "SPILLWAY_ISSUER=https://x", "SPILLWAY_PLAINTEXT=true", cursorKey,
		"SPILLWAY_ADMIN_LISTEN=" + admin.Listener.Addr().String(),
	}
	for _, tt := range []struct{ arg, want string }{{"helth", `unexpected arguments ["helth"]`}, {"health", "503 Service Unavailable: /readyz"}} {
		err := run(t.Context(), []string{tt.arg}, environ, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.arg, err, tt.want)
		}
	}
}
