package mockcognito

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// life issues a token and returns its iat and exp claims.
func life(t *testing.T, s *Server, clientID string) (issued, ends time.Time) {
	t.Helper()
	token, err := s.Issue(clientID, IssueOptions{})
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, claims); err != nil {
		t.Fatal(err)
	}
	iat, errIssued := claims.GetIssuedAt()
	exp, errEnds := claims.GetExpirationTime()
	if err := errors.Join(errIssued, errEnds); err != nil {
		t.Fatal(err)
	}
	return iat.Time, exp.Time
}

func TestClockKnob(t *testing.T) {
	t.Parallel()
	base := fixedClock()
	s, _ := newTestServer(t, Config{Now: base})
	want := func(at time.Time) {
		t.Helper()
		if issued, _ := life(t, s, testClientID); !issued.Equal(at.Truncate(time.Second)) {
			t.Errorf("issued at %s, want %s", issued, at)
		}
	}
	for range 2 {
		if err := s.ShiftClock(-time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	want(base().Add(-2 * time.Hour))
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := s.SetClock(at); err != nil {
		t.Fatal(err)
	}
	want(at)
	for name, err := range map[string]error{
		"set": s.SetClock(at.AddDate(200, 0, 0)), "shift": s.ShiftClock(maxClockShift), "shift far": s.ShiftClock(1 << 62),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	want(at)
	s.ResetClock()
	want(base())
}

func TestTokenLifetimeKnob(t *testing.T) {
	t.Parallel()
	s, web := newTestServer(t, Config{})
	w := world{nil, s, web.URL}
	check := func(clientID string, lifetime, expiresIn time.Duration) {
		t.Helper()
		if issued, ends := life(t, s, clientID); ends.Sub(issued) != lifetime {
			t.Errorf("lifetime %s, want %s", ends.Sub(issued), lifetime)
		}
		if clientID != testClientID {
			return
		}
		var got tokenResponse
		if err := json.Unmarshal([]byte(w.token(t, "/oauth2/token", clientID, testSecret).body), &got); err != nil || got.ExpiresIn != int64(expiresIn/time.Second) {
			t.Errorf("expires_in %d (%v), want %s", got.ExpiresIn, err, expiresIn)
		}
	}
	set := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	set(s.SetTokenLifetime(testPoolID, 3*time.Second))
	check(testClientID, 3*time.Second, 3*time.Second)
	check("3example23456789", 5*time.Minute, 0)
	set(s.ExpireNow(testClientID))
	check(testClientID, -time.Second, time.Hour)
	check(codeClientID, 3*time.Second, 0)
	set(s.SetTokenLifetime(testClientID, 0))
	check(testClientID, 3*time.Second, 3*time.Second)
	s.ResetKnobs()
	check(testClientID, time.Hour, time.Hour)
	if err := s.ExpireNow("none"); !errors.Is(err, ErrUnknownPool) || !errors.Is(err, ErrUnknownClient) {
		t.Errorf("ExpireNow of nothing: %v", err)
	}
	for _, wrong := range []time.Duration{25 * time.Hour, time.Millisecond, -1 << 63} {
		if err := s.SetTokenLifetime(testClientID, wrong); err == nil {
			t.Errorf("lifetime %s: no error", wrong)
		}
	}
}

func TestLifetimesAreBounded(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t, Config{})
	s.knobs.lifetimes = map[string]time.Duration{}
	for i := range maxLifetimes {
		s.knobs.lifetimes[strings.Repeat("x", i)] = 1
	}
	if err := s.ExpireNow(testClientID); err == nil || !strings.Contains(err.Error(), "which is the most") {
		t.Errorf("ExpireNow: %v", err)
	}
}

// status asks for a token without a network, so that it works in a bubble.
func status(t *testing.T, s *Server, path string) int {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader("grant_type=client_credentials"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(testClientID, testSecret)
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, req)
	return rec.Code
}

func TestThrottleKnob(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t, Config{})
	synctest.Test(t, func(t *testing.T) {
		if err := s.SetThrottle(2); err != nil {
			t.Fatal(err)
		}
		var got []int
		for range 3 {
			got = append(got, status(t, s, "/oauth2/token"))
		}
		if got[0] != 200 || got[1] != 200 || got[2] != 429 {
			t.Errorf("three requests at once: %v", got)
		}
		if status(t, s, "/second/oauth2/token") == 429 {
			t.Error("another pool is throttled too")
		}
		time.Sleep(500 * time.Millisecond)
		if a, b := status(t, s, "/oauth2/token"), status(t, s, "/oauth2/token"); a != 200 || b != 429 {
			t.Errorf("after half a second: %d, %d", a, b)
		}
		if err := s.SetThrottle(0); err != nil {
			t.Fatal(err)
		}
		if got := status(t, s, "/oauth2/token"); got != 200 {
			t.Errorf("without throttle: %d", got)
		}
	})
	for _, wrong := range []int{-1, maxThrottle + 1} {
		if s.SetThrottle(wrong) == nil {
			t.Errorf("throttle %d: no error", wrong)
		}
	}
}

func TestLatencyKnob(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t, Config{})
	if err := s.SetLatency(3 * time.Second); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if status(t, s, "/oauth2/token"); time.Since(start) != 3*time.Second {
			t.Errorf("an answer after %s", time.Since(start))
		}
		start = time.Now()
		for _, path := range []string{"/healthz", knobPath} {
			s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		}
		if time.Since(start) != 0 {
			t.Errorf("/healthz and the knobs wait %s", time.Since(start))
		}
	})
	for _, wrong := range []time.Duration{-1, maxLatency + 1} {
		if s.SetLatency(wrong) == nil {
			t.Errorf("latency %s: no error", wrong)
		}
	}
}
