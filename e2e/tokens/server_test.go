package tokens

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/e2e/loopback"
	"github.com/spillway/spillway/mockcognito"
	"github.com/spillway/spillway/pkg/client"
)

// TestServer: who knows the secret gets the answer's token, nobody else does, and nobody
// is answered while the server is stopped.
func TestServer(t *testing.T) {
	t.Parallel()
	addr, err := new(loopback.Ports).Address(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(addr, mockcognito.Pool{Name: "test"}, func(id, secret string) (string, time.Duration, error) {
		if id != "me" || secret != "mine" {
			return "", 0, errors.New("nobody")
		}
		return "a token", time.Minute, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	me := client.Credentials{ClientID: "me", ClientSecret: "mine", TokenURL: s.TokenURL()}
	other := me
	other.ClientSecret = "yours"
	for range 2 {
		if err := s.Serve(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := me.Fetch(t.Context())
		if err != nil || got.AccessToken != "a token" || time.Until(got.Expiry) > time.Minute {
			t.Errorf("token %+v, %v", got, err)
		}
		if got, err := other.Fetch(t.Context()); err == nil {
			t.Errorf("token %+v for a wrong secret", got)
		}
		if diff := cmp.Diff(http.StatusOK, status(t, s.KeySetURL())); diff != "" {
			t.Errorf("keys: %s", diff)
		}
		s.Stop()
		if got, err := me.Fetch(t.Context()); err == nil {
			t.Errorf("token %+v from a server that is stopped", got)
		}
	}
}

func status(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}
