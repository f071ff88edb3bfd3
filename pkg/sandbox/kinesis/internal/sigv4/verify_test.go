package sigv4_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"crypto/sha256"
	"encoding/hex"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/spillway/spillway/pkg/sandbox/kinesis/internal/sigv4"
)

// TestVerifyWhatTheSDKSigns signs with AWS's own signer, spoils some requests, and verifies.
func TestVerifyWhatTheSDKSigns(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	body := []byte(`{"a":"b c"}`)
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	keys := sigv4.Keys{"AKID": "secret", "with/slash": "other"}
	sign := func(t *testing.T, key, secret string, presign bool) *http.Request {
		t.Helper()
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "http://localhost:4566/some%20path/?z=1&a=b+c&a=~", bytes.NewReader(body))
		r.Header.Set("X-Amz-Target", "Kinesis_20131202.ListStreams")
		creds := aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}
		if !presign {
			if err := v4.NewSigner().SignHTTP(t.Context(), creds, r, hash, "kinesis", "us-east-1", now); err != nil {
				t.Fatal(err)
			}
			return r
		}
		signed, header, err := v4.NewSigner().PresignHTTP(t.Context(), creds, r, hash, "kinesis", "us-east-1", now)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(signed)
		if err != nil {
			t.Fatal(err)
		}
		r.URL, r.Header = u, header
		return r
	}
	for name, row := range map[string]struct {
		key, secret string
		presign     bool
		spoil       func(r *http.Request)
		body        []byte
		at          time.Time
		want        error
	}{
		"header":          {"AKID", "secret", false, nil, body, now, nil},
		"query":           {"AKID", "secret", true, nil, body, now, nil},
		"key with slash":  {"with/slash", "other", false, nil, body, now, nil},
		"four minutes":    {"AKID", "secret", false, nil, body, now.Add(4 * time.Minute), nil},
		"six minutes":     {"AKID", "secret", false, nil, body, now.Add(6 * time.Minute), sigv4.ErrExpired},
		"of the future":   {"AKID", "secret", false, nil, body, now.Add(-6 * time.Minute), sigv4.ErrExpired},
		"unknown key":     {"other", "secret", false, nil, body, now, sigv4.ErrUnknownKey},
		"wrong secret":    {"AKID", "Secret", false, nil, body, now, sigv4.ErrMismatch},
		"another body":    {"AKID", "secret", false, nil, []byte("{}"), now, sigv4.ErrMismatch},
		"another target":  {"AKID", "secret", false, func(r *http.Request) { r.Header.Set("X-Amz-Target", "x") }, body, now, sigv4.ErrMismatch},
		"another query":   {"AKID", "secret", false, func(r *http.Request) { r.URL.RawQuery = "z=2" }, body, now, sigv4.ErrMismatch},
		"no credential":   {"AKID", "secret", false, func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Signature=a") }, body, now, sigv4.ErrMismatch},
		"another method":  {"AKID", "secret", false, func(r *http.Request) { r.Method = http.MethodPut }, body, now, sigv4.ErrMismatch},
		"time not signed": {"AKID", "secret", false, func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260304T050608Z") }, body, now, sigv4.ErrMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sign(t, row.key, row.secret, row.presign)
			if row.spoil != nil {
				row.spoil(r)
			}
			if err := sigv4.Verify(r, row.body, keys, row.at); !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
		})
	}
}
