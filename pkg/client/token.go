package client

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	grpccreds "google.golang.org/grpc/credentials"
)

const (
	// No stream starts with a token that ends within this time, or a tenth of its life
	// where that is less, if another can be had.
	aboutToEnd = time.Minute
	// A token that is refused and was never accepted is wrong, not over, within this
	// time from its issue, or half of its life where that is less.
	freshFor = time.Minute

	// A token is replaced at a random point between these parts of its life: early
	// enough to outlast an issuer that is down for a fifth of it, and not by all
	// streams at once.
	replaceFrom = 0.7
	replaceTo   = 0.8
)

// token is an access token.
type token struct {
	text string
	// since and until are its life by the clock of this machine, whatever the issuer's
	// says. until is zero where the issuer did not tell, and of a given one.
	since, until time.Time
	given        bool        // there is no other
	accepted     atomic.Bool // a gateway has taken it
}

func newToken(t *oauth2.Token, given bool) *token {
	return &token{text: t.AccessToken, since: time.Now(), until: t.Expiry, given: given}
}

func (t *token) life() time.Duration { return t.until.Sub(t.since) }

// lasts tells whether t is good to start a stream with.
func (t *token) lasts() bool {
	return t.until.IsZero() || time.Until(t.until) > min(aboutToEnd, t.life()/10)
}

// isOver tells whether t has ended.
func (t *token) isOver() bool { return !t.until.IsZero() && time.Until(t.until) <= 0 }

// mayBeOver tells whether a gateway that refuses t may take another one: t has ended
// or was revoked, and it is not the issuer or the client that the gateway does not know.
func (t *token) mayBeOver() bool {
	if t.given {
		return false
	}
	fresh := freshFor
	if !t.until.IsZero() {
		fresh = min(fresh, t.life()/2)
	}
	return t.accepted.Load() || time.Since(t.since) >= fresh
}

// end returns when a stream with t ends, where the gateway says told; zero if that is
// not known. The gateway is not believed in what only a wrong clock explains, here or
// there: a token of which half the life is over at once, or that outlives itself.
func (t *token) end(told time.Time) time.Time {
	if t.until.IsZero() || told.IsZero() {
		return t.until
	}
	if told.Before(t.until) && told.Sub(t.since) > t.life()/2 {
		return told
	}
	return t.until
}

// untilReplaced returns how long to wait before a stream that ends at end gets a
// newer token than t; a random part of what is left, if t is old already.
func (t *token) untilReplaced(end time.Time) time.Duration {
	part := replaceFrom + (replaceTo-replaceFrom)*rand.Float64()
	wait := time.Until(t.since) + time.Duration(part*float64(end.Sub(t.since)))
	if wait > 0 {
		return wait
	}
	return rand.N(max(time.Until(end)/2, 1))
}

// bearer attaches a token to a call.
type bearer struct {
	token     string
	plaintext bool
}

var _ grpccreds.PerRPCCredentials = bearer{}

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + b.token}, nil
}

// RequireTransportSecurity makes gRPC refuse to send the token over a connection
// that turns out not to be encrypted.
func (b bearer) RequireTransportSecurity() bool { return !b.plaintext }
