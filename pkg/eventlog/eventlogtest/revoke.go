package eventlogtest

import (
	"strings"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/eventlog"
)

func testRevoke(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{})
	if got, err := l.Revocations(t.Context()); err != nil || len(got) != 0 {
		t.Fatalf("revocations at first: %v, %v", got, err)
	}
	first, err := l.Revoke(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	if off := time.Since(first).Abs(); off > time.Minute {
		t.Errorf("revoked at %s, which is %s away", first, off)
	}
	if _, err := l.Revoke(t.Context(), "two"); err != nil {
		t.Fatal(err)
	}
	again, err := l.Revoke(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	// What is too old to matter goes with the next one.
	old := time.Now().Add(-eventlog.RevocationLife - time.Minute).UnixMilli()
	if err := w.client.HSet(t.Context(), "{"+w.name+"}:revoked", "old", old).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Revoke(t.Context(), "three"); err != nil {
		t.Fatal(err)
	}
	got, err := l.Revocations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || !got["one"].Equal(again) || got["two"].Before(first) || got["three"].IsZero() {
		t.Errorf("revocations %v, want one of %s, two and three", got, again)
	}
	if ttl := w.client.PTTL(t.Context(), "{"+w.name+"}:revoked").Val(); ttl <= 0 || ttl > eventlog.RevocationLife {
		t.Errorf("they expire after %s", ttl)
	}
	for _, bad := range []string{"", strings.Repeat("x", eventlog.MaxClientIDBytes+1)} {
		if _, err := l.Revoke(t.Context(), bad); err == nil {
			t.Errorf("%d bytes are a client id", len(bad))
		}
	}
}

func testRevokeTooMany(t *testing.T, w *world) {
	l := w.open(t, eventlog.Config{})
	fields := make([]any, 0, 2*eventlog.MaxRevocations)
	for i := range eventlog.MaxRevocations {
		fields = append(fields, i, time.Now().UnixMilli())
	}
	if err := w.client.HSet(t.Context(), "{"+w.name+"}:revoked", fields...).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Revoke(t.Context(), "more"); err == nil || !strings.Contains(err.Error(), "as many as there may be") {
		t.Errorf("one more: %v", err)
	}
	if _, err := l.Revoke(t.Context(), "7"); err != nil {
		t.Errorf("one of them again: %v", err)
	}
}
