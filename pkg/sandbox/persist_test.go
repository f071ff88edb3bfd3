package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spillway/spillway/pkg/sandbox/kinesis"
)

// TestPersist starts a second sandbox on the directory of a first.
func TestPersist(t *testing.T) {
	t.Parallel()
	for _, persist := range []bool{true, false} {
		cfg := Config{Endpoint: "http://127.0.0.1:4566", StateDir: t.TempDir(), Persist: persist}
		for i := range 2 {
			s, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			err = s.kinesis.CreateStream(t.Context(), kinesis.CreateStreamInput{StreamName: "s", ShardCount: 1})
			if taken := err != nil; taken != (persist && i == 1) {
				t.Errorf("persist %t, start %d: create: %v", persist, i, err)
			}
			s.kinesis.Close()
		}
	}
}

func TestKinesisKnobsAreServed(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Endpoint: "http://127.0.0.1:4566", StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/_sandbox/kinesis/clock", strings.NewReader(`{"shift":"1h"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusOK || s.kinesis.Clock().Shifted().Hours() != 1 {
		t.Errorf("%d %s, and the clock is shifted by %s", w.Code, w.Body, s.kinesis.Clock().Shifted())
	}
}
