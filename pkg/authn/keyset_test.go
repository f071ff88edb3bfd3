package authn

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestKeySet(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	n := 0
	verify := func() error { // a token that is not remembered
		n++
		_, err := v.Verify(t.Context(), p.claim(t, "jti", fmt.Sprint(n)))
		return err
	}
	p.down.Store(true)
	if err := verify(); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("without any keys: %v, want ErrUnavailable", err)
	}
	p.down.Store(false)
	if err := verify(); !errors.Is(err, ErrUnavailable) || p.fetches.Load() != 1 {
		t.Fatalf("within the interval: %v after %d fetches", err, p.fetches.Load())
	}
	p.pass(keyFetchInterval)
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	p.down.Store(true)
	p.pass(time.Minute)
	if err := verify(); err != nil {
		t.Errorf("with known keys, the issuer down: %v", err)
	}
	p.kid.Store("key-2") // rotated while down: it is not known whether the key is one
	for range 2 {
		if err := verify(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("rotated while down: %v, want ErrUnavailable", err)
		}
	}
	p.down.Store(false)
	p.pass(keyFetchInterval)
	if err := verify(); err != nil {
		t.Errorf("rotated: %v", err)
	}
	p.kid.Store("key-3") // the issuer withdraws the key
	if _, err := v.keys.key(t.Context(), "key-2"); err != nil {
		t.Errorf("a key of a set that is not old: %v", err)
	}
	p.pass(keyMaxAge)
	eventually(t, func() bool {
		_, err := v.keys.key(t.Context(), "key-2")
		return errors.Is(err, errUnknownKey)
	})
}

// eventually repeats until cond holds.
func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
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

// issuerStub answers for the issuer without a network, so that a test can have a clock
// of its own.
type issuerStub struct {
	body    []byte
	down    atomic.Bool
	fetches atomic.Int32
}

func (s *issuerStub) RoundTrip(*http.Request) (*http.Response, error) {
	s.fetches.Add(1)
	if s.down.Load() {
		return nil, errors.New("no route to host")
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(s.body)))}, nil
}

func (s *issuerStub) verifier(t *testing.T) *Verifier {
	t.Helper()
	v, err := New(Config{Issuer: issuer, ResourceServers: []string{"spillway"}, Client: &http.Client{Transport: s}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestRunTriesAgain: Run tries until there is a set, ever less often.
func TestRunTriesAgain(t *testing.T) {
	key := newKey(t, 2048)
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{body: keySetOf(jwk("key-1", &key.PublicKey, nil))}
		s.down.Store(true)
		v := s.verifier(t)
		done := make(chan error, 1)
		go func() { done <- v.Run(t.Context()) }()
		time.Sleep(10 * time.Minute)
		if got := s.fetches.Load(); got < 60 || got > 130 {
			t.Errorf("%d fetches in ten minutes", got)
		}
		s.down.Store(false)
		time.Sleep(keyFetchInterval)
		if err := <-done; err != nil {
			t.Error(err)
		}
		got := s.fetches.Load()
		time.Sleep(time.Hour)
		if _, err := v.keys.key(t.Context(), "key-1"); err != nil || s.fetches.Load() > got+1 {
			t.Errorf("%v after %d fetches more", err, s.fetches.Load()-got)
		}
		if err := v.Run(t.Context()); err != nil {
			t.Errorf("with a set: %v", err)
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &issuerStub{}
		s.down.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.verifier(t).Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run = %v", err)
		}
	})
}

// TestIssuerDownForTenMinutes: whoever signs with a known key gets in throughout, and
// the issuer is asked for a set that is old as often as for an unknown key, not more.
func TestIssuerDownForTenMinutes(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	if err := v.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.pass(keyMaxAge - 5*time.Minute) // the set becomes old while the issuer is down
	p.down.Store(true)
	before := p.fetches.Load()
	for i := range 600 {
		p.pass(time.Second)
		if _, err := v.Verify(t.Context(), p.claim(t, "jti", fmt.Sprint(i))); err != nil {
			t.Fatalf("after %d s: %v", i, err)
		}
	}
	eventually(t, func() bool { return p.fetches.Load() > before })
	if got := p.fetches.Load() - before; got > 31 {
		t.Errorf("%d fetches in the five minutes for which the set was old", got)
	}
	p.down.Store(false)
	p.pass(keyFetchInterval)
	eventually(t, func() bool {
		_, _ = v.keys.key(t.Context(), "key-1")
		_, _, failure := v.keys.lookup("key-1")
		return failure == nil
	})
}

func TestUnknownKeyFlood(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	if err := v.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if i%10 == 0 {
			p.pass(time.Second)
		}
		if _, err := v.Verify(t.Context(), p.header(t, "kid", rand.Text())); err == nil {
			t.Fatal("a token with a made-up key id passes")
		}
	}
	if got := p.fetches.Load(); got > 3 { // the first, and one per 10 s of 20 s
		t.Errorf("%d fetches in 20 s", got)
	}
}

// TestSingleFlight: many tokens that need the set at once wait for one fetch.
func TestSingleFlight(t *testing.T) {
	p := newPool(t)
	v := p.verifier(t)
	tokens := make([]string, 20)
	for i := range tokens {
		tokens[i] = p.claim(t, "jti", fmt.Sprint(i))
	}
	var wg sync.WaitGroup
	for _, token := range tokens {
		wg.Go(func() {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := p.fetches.Load(); got != 1 {
		t.Errorf("%d fetches", got)
	}
}

func TestCallerGoesAway(t *testing.T) {
	block := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
	defer srv.Close()
	defer close(block)
	v, err := New(Config{Issuer: issuer, KeySetURL: srv.URL, ResourceServers: []string{"spillway"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := v.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v", err)
	}
	p := &pool{key: newKey(t, 2048)}
	p.kid.Store("key-1")
	p.now.Store(time.Now().Unix())
	if _, err := v.Verify(ctx, p.token(t, nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify = %v", err)
	}
}

func TestKeySetURL(t *testing.T) {
	for _, ok := range []string{"http://127.0.0.1:9/x", "http://127.8.8.8/x", "http://[::1]/x", "http://localhost/x", "https://example.com/x"} {
		if err := checkKeySetURL(ok, false); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, bad := range []string{
		"", "x", "/etc/keys", "file:///etc/keys", "http://example.com/x", "http://localhost.example.com/x", "http://127.0.0.1.example.com/x",
		"http://10.0.0.1/x", "http://0.0.0.0/x", "ftp://127.0.0.1/x", "https://", "https:///x", "://x", "http://\x00/",
	} {
		if err := checkKeySetURL(bad, false); err == nil {
			t.Errorf("%q is allowed", bad)
		}
	}
	if err := checkKeySetURL("http://example.com/x", true); err != nil {
		t.Error(err)
	}
	if err := checkKeySetURL("ftp://example.com/x", true); err == nil {
		t.Error("ftp is allowed")
	}
	if err := checkKeySetURL("https://user:hunter2@example.com/x", false); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("with a password: %v", err)
	}
}

// TestAnswers: what the issuer may answer, and what not.
func TestAnswers(t *testing.T) {
	key := newKey(t, 2048)
	good := keySetOf(jwk("key-1", &key.PublicKey, nil))
	tests := []struct {
		name    string
		handler http.HandlerFunc
		says    string // "" if the key is found
	}{
		{"fine", func(w http.ResponseWriter, _ *http.Request) { w.Write(good) }, ""},
		{"too large", func(w http.ResponseWriter, _ *http.Request) {
			w.Write(append(good, strings.Repeat(" ", maxKeySetBytes)...))
		}, "larger than"},
		{"as large as can be", func(w http.ResponseWriter, _ *http.Request) {
			w.Write(append(good, strings.Repeat(" ", maxKeySetBytes-len(good))...))
		}, ""},
		{"redirect to a good one", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
				return
			}
			w.Write(good)
		}, "302"},
		{"redirect for ever", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, "302"},
		{"no content", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "204"},
		{"error with keys", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			w.Write(good)
		}, "500"},
		{"half", func(w http.ResponseWriter, _ *http.Request) { w.Write(good[:len(good)/2]) }, "no JSON"},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9999")
			w.Write(good)
		}, "EOF"},
		{"empty", func(http.ResponseWriter, *http.Request) {}, "no JSON"},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) }, "no JSON"},
		{"more than one", func(w http.ResponseWriter, _ *http.Request) { w.Write(append(good, good...)) }, "no JSON"},
		{"no keys", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"keys":[]}`)) }, "no RS256 key"},
		{"null", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`null`)) }, "no RS256 key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(tt.handler)
			defer srv.Close()
			v, err := New(Config{Issuer: issuer, KeySetURL: srv.URL + "/", ResourceServers: []string{"spillway"}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = v.keys.key(t.Context(), "key-1")
			if tt.says == "" && err != nil || tt.says != "" && (!errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("key = %v, want it to say %q", err, tt.says)
			}
		})
	}
}

func TestParseKeys(t *testing.T) {
	good, small := newKey(t, 2048), newKey(t, 1024)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	pub := &good.PublicKey
	tests := []struct {
		name string
		key  any
		want bool
	}{
		{"as Cognito has it", jwk("k", pub, nil), true},
		{"without use and alg", jwk("k", pub, map[string]any{"use": nil, "alg": nil}), true},
		{"to verify", jwk("k", pub, map[string]any{"key_ops": []string{"verify"}}), true},
		{"an id with NUL and path", jwk("../\x00", pub, nil), true},
		{"to encrypt", jwk("k", pub, map[string]any{"use": "enc"}), false},
		{"to wrap keys", jwk("k", pub, map[string]any{"key_ops": []string{"wrapKey"}}), false},
		{"of another algorithm", jwk("k", pub, map[string]any{"alg": "RS512"}), false},
		{"of PS256", jwk("k", pub, map[string]any{"alg": "PS256"}), false},
		{"of none", jwk("k", pub, map[string]any{"alg": "none"}), false},
		{"without id", jwk(nil, pub, map[string]any{"kid": nil}), false},
		{"with an empty id", jwk("", pub, nil), false},
		{"with a number for an id", jwk(7, pub, nil), false},
		{"of 1024 bits", jwk("k", &small.PublicKey, nil), false},
		{"of 16384 bits", jwk("k", pub, map[string]any{"n": b64([]byte(strings.Repeat("\xff", 2048)))}), false},
		{"without modulus", jwk("k", pub, map[string]any{"n": nil}), false},
		{"no base64", jwk("k", pub, map[string]any{"n": "???"}), false},
		{"symmetric", map[string]any{"kid": "k", "kty": "oct", "k": "AAAA", "alg": "RS256"}, false},
		{"elliptic", map[string]any{"kid": "k", "kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}, false},
		{"off the curve", map[string]any{"kid": "k", "kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}, false},
		{"of an unknown kind", map[string]any{"kid": "k", "kty": "XX"}, false},
		{"no object", 7, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			keys, err := parseKeys(keySetOf(tt.key, jwk("other", pub, nil)))
			if err != nil || keys["other"] == nil {
				t.Fatalf("the other key has gone with it: %v", err)
			}
			if got := len(keys) == 2; got != tt.want {
				t.Errorf("is taken = %v, want %v", got, tt.want)
			}
		})
	}
	keys, err := parseKeys(keySetOf(jwk("k", pub, nil), jwk("k", &newKey(t, 2048).PublicKey, nil)))
	if err != nil || len(keys) != 1 || !keys["k"].Equal(pub) {
		t.Errorf("an id twice: %v, %v", keys, err)
	}
}
