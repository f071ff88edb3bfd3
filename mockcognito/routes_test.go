package mockcognito

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAccessLogHasNoSecrets(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s, err := New(Config{
		Pools: testPools(), StateFile: testStateFile(t),
		Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {testClientID}, "client_secret": {testSecret},
		"scope": {"spillway/weather.us.ny spillway/weather.us.ca"}, "aws_client_metadata": {`{"k":"hidden-metadata"}`},
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, tokenRequestTo(t, "http://x/oauth2/token?client_secret="+url.QueryEscape(testSecret), form))
	form.Set("client_secret", "wrong-"+testSecret)
	s.ServeHTTP(httptest.NewRecorder(), tokenRequestTo(t, "http://x/oauth2/token", form))

	var token tokenResponse
	if err := json.Unmarshal(rec.Body.Bytes(), &token); err != nil {
		t.Fatalf("%s: %v", rec.Body, err)
	}
	signature := token.AccessToken[strings.LastIndex(token.AccessToken, ".")+1:]
	for name, hidden := range map[string]string{"secret": testSecret, "token": token.AccessToken, "signature": signature, "metadata": "hidden-metadata", "escaped secret": url.QueryEscape(testSecret)} {
		if strings.Contains(out.String(), hidden) {
			t.Errorf("the log has the %s", name)
		}
	}
	var got []map[string]any
	for line := range strings.Lines(out.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		delete(entry, "time")
		delete(entry, "duration_ms")
		got = append(got, entry)
	}
	want := []map[string]any{
		{"level": "WARN", "msg": "scopes not allowed for the client were ignored, as cognito does", "client_id": testClientID, "ignored": 1.0, "granted": []any{"spillway/weather.us.ny"}},
		{"level": "INFO", "msg": "request", "method": "POST", "path": "/oauth2/token", "status": 200.0, "pool_id": testPoolID, "client_id": testClientID},
		{"level": "INFO", "msg": "request", "method": "POST", "path": "/oauth2/token", "status": 400.0, "pool_id": testPoolID, "error": "invalid_client"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestAccessLogCutsLongPaths(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s, err := New(Config{Pools: testPools(), StateFile: testStateFile(t), Logger: slog.New(slog.NewJSONHandler(&out, nil))})
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/"+strings.Repeat("a", 5000), nil)
	s.ServeHTTP(httptest.NewRecorder(), req)
	if out.Len() > 500 || !strings.Contains(out.String(), `"status":404`) {
		t.Errorf("log line of %d bytes: %s", out.Len(), out.String())
	}
}
