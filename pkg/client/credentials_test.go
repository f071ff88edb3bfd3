package client

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
)

func TestFetch(t *testing.T) {
	t.Parallel()
	var form, contentType string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		form, contentType = r.PostForm.Encode(), r.Header.Get("Content-Type")
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.Write([]byte(`{"access_token":"abc","expires_in":3600,"token_type":"Bearer"}`))
	}))
	defer server.Close()
	c := Credentials{ClientID: "news", ClientSecret: "a+b c", TokenURL: server.URL, Scopes: []string{"s/weather.>", "s/x"}}
	token, err := c.Fetch(t.Context())
	if err != nil || token.AccessToken != "abc" || token.Expiry.IsZero() {
		t.Fatalf("token %+v, %v", token, err)
	}
	want := "client_id=news&client_secret=a%2Bb+c&grant_type=client_credentials&scope=s%2Fweather.%3E+s%2Fx"
	if form != want || contentType != "application/x-www-form-urlencoded" {
		t.Errorf("form %s as %s, want %s", form, contentType, want)
	}
}

func TestFetchFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		body   string
		code   codes.Code
		says   string
	}{
		{"wrong secret", 400, `{"error":"invalid_client"}`, codes.Unauthenticated, `answers client "news" with "invalid_client" (HTTP 400): the client id is unknown or the secret is wrong`},
		{"wrong scope", 400, `{"error":"invalid_scope"}`, codes.Unauthenticated, "a scope is unknown"},
		{"wrong grant", 400, `{"error":"unauthorized_client"}`, codes.Unauthenticated, "may not use"},
		{"wrong method or path", 405, ``, codes.Unauthenticated, "HTTP 405"},
		{"a redirect", 307, ``, codes.Unauthenticated, "HTTP 307"},
		{"no token in the answer", 200, `{}`, codes.Unauthenticated, "missing access_token"},
		{"no JSON", 200, `<html>`, codes.Unauthenticated, "cannot parse json"},
		{"something that repeats the request", 400, `{"error":"client_secret=s3cret"}`, codes.Unauthenticated, "with HTTP 400"},
		{"throttled", 429, `{}`, codes.Unavailable, "HTTP 429"},
		{"broken", 503, `oops`, codes.Unavailable, "HTTP 503"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				w.Write([]byte(tt.body))
			}))
			defer server.Close()
			_, err := Credentials{ClientID: "news", ClientSecret: "s3cret", TokenURL: server.URL}.Fetch(t.Context())
			var answer *Error
			if !errors.As(err, &answer) || answer.Code != tt.code || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("err = %v, want %v saying %q", err, tt.code, tt.says)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Error("the error holds the secret")
			}
		})
	}
}

func TestFetchUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := Credentials{ClientID: "news", ClientSecret: "s", TokenURL: server.URL}.Fetch(t.Context())
	var answer *Error
	if !errors.As(err, &answer) || answer.Code != codes.Unavailable || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("err = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Credentials{TokenURL: server.URL}).Fetch(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want the ctx's", err)
	}
}

func TestCheckTokenURL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		url   string
		plain bool
		says  string // empty: accepted
	}{
		{"https://auth.example.com/oauth2/token", false, ""},
		{"http://127.0.0.1:9229/oauth2/token", false, ""},
		{"http://localhost:9229/oauth2/token", false, ""},
		{"http://auth.example.com/oauth2/token", true, ""},
		{"http://auth.example.com/oauth2/token", false, "must be https, or http on loopback"},
		{"ftp://auth.example.com", false, "scheme must be https"},
		{"auth.example.com/oauth2/token", false, "must be https://host/path"},
		{"https://u:p@auth.example.com", false, "must be https://host/path"},
		{"", false, "is empty"},
	}
	for _, tt := range tests {
		err := checkTokenURL(tt.url, tt.plain)
		if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%q: err = %v, want %q", tt.url, err, tt.says)
		}
	}
}

func TestGivenToken(t *testing.T) {
	t.Parallel()
	token, err := Credentials{Token: "abc"}.Fetch(t.Context())
	if err != nil || token.AccessToken != "abc" {
		t.Errorf("token %v, %v", token, err)
	}
	if err := (Credentials{Token: "a\nb"}).Validate(); err == nil {
		t.Error("a token with a line break is accepted")
	}
}

// TestOneFetchForAll holds that streams which start together share a token.
func TestOneFetchForAll(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := newGateway(t, nil)
		tokens := newTokenSource(g.config().Credentials)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if token, err := tokens.get(t.Context()); err != nil || token.text != "token-1" {
					t.Errorf("token %v, %v", token, err)
				}
			})
		}
		wg.Wait()
	})
}
