package probe

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReady(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ready" {
			http.Error(w, "no Redis", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(srv.Close)
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, listen, path, want string }{
		{"ready", "127.0.0.1:" + port, "/ready", ""},
		{"all addresses", ":" + port, "/ready", ""},
		{"all of version 4", "0.0.0.0:" + port, "/ready", ""},
		{"all of version 6", "[::]:" + port, "/ready", ""},
		{"not ready", ":" + port, "/other", "answers 503 Service Unavailable: no Redis"},
		{"nobody listens", "127.0.0.1:1", "/ready", "connection refused"},
		{"no address", "8081", "/ready", "missing port"},
	} {
		err := Ready(t.Context(), tt.listen, tt.path)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
