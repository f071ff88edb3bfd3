package gateway

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/pkg/authn"
)

const (
	// revocationInterval is how often gateways ask which tokens were taken back: how long
	// a disconnected client goes on at most, and one small read of Redis.
	revocationInterval = time.Second
	// revocationLife is how long a revocation is remembered, also if Redis loses it: longer
	// than Cognito's longest token lives.
	revocationLife = 25 * time.Hour
)

// Revocations tells which tokens the operator has taken back; *eventlog.Log does.
type Revocations interface {
	// Revocations returns until when the tokens that were issued to a client are taken
	// back, by client id.
	Revocations(ctx context.Context) (map[string]time.Time, error)
}

// revoked remembers what has been taken back. It is nil before it was read.
type revoked struct {
	atomic.Pointer[map[string]time.Time]
}

// add takes over what was read, and tells whether there is anything new.
func (r *revoked) add(read map[string]time.Time, now time.Time) (news bool) {
	next := map[string]time.Time{}
	if old := r.Load(); old != nil {
		maps.Copy(next, *old)
	}
	for client, until := range read {
		if next[client].Before(until) {
			next[client], news = until, true
		}
	}
	maps.DeleteFunc(next, func(_ string, until time.Time) bool { return now.Sub(until) > revocationLife })
	r.Store(&next)
	return news
}

// check refuses a token that was taken back. Times of issue are whole seconds, so one of
// the same second is refused, too.
func (r *revoked) check(id *authn.Identity) error {
	all := r.Load()
	if all == nil {
		return nil
	}
	until, ok := (*all)[id.ClientID]
	if !ok || id.Issued.Unix() > until.Unix() {
		return nil
	}
	return comeBack(codes.Unauthenticated, fmt.Sprintf("the operator has taken back the tokens that were issued until %s: get a new one",
		until.UTC().Format(time.RFC3339)), retryAfter+rand.N(retryAfter))
}

// admitted tells whether the operator lets the holder of a token in.
func (s *Server) admitted(id *authn.Identity) error {
	if err := s.cfg.Policy.Check(id.ClientID); err != nil {
		return status.Error(codes.PermissionDenied, err.Error())
	}
	return s.revoked.check(id)
}

// watchRevocations keeps what is known of revocations true, and ends the streams of
// tokens that were taken back.
func (s *Server) watchRevocations(ctx context.Context) {
	tick := time.NewTicker(revocationInterval)
	defer tick.Stop()
	for failed := false; ; {
		read, err := s.cfg.Revocations.Revocations(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failed:
			s.cfg.Logger.Error("revocations not readable", "error", err)
		}
		failed = err != nil
		if err == nil && s.revoked.add(read, time.Now()) {
			s.review()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// watchPolicy ends the streams that the operator's policy does not allow any more, or
// not as they are, whenever it changes.
func (s *Server) watchPolicy(ctx context.Context) {
	for {
		changed := s.cfg.Policy.Changed()
		s.review()
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

// review looks at all streams in the light of what the operator says now.
func (s *Server) review() {
	for _, p := range s.guard.streams() {
		if err := s.judge(p); err != nil {
			p.dismiss(err)
		}
	}
}

// judge returns the status that a stream is to end with; nil if it may go on.
func (s *Server) judge(p *pump) error {
	id := p.token.Load()
	if err := s.admitted(id); err != nil {
		return err
	}
	grants, err := s.grants(*id)
	if err != nil {
		return toStatus(err)
	}
	_, rules, err := entitled(p.want.Patterns, grants)
	if err != nil || !admits(rules, p.want.Rules) || !admits(p.want.Rules, rules) {
		return comeBack(codes.Unavailable, "what the operator lets this client read has changed: subscribe again with the cursor", rand.N(reconnectMax))
	}
	return nil
}

// dismissal is the end of a stream that somebody else wants.
type dismissal struct {
	status error
	at     time.Duration // by server.now
}

// dismiss has the stream end with a status, soon.
func (p *pump) dismiss(st error) {
	if p.dismissed.CompareAndSwap(nil, &dismissal{st, p.server.now()}) {
		p.attend()
	}
}

// knowsRevoked tells whether it is known which tokens were taken back.
func (s *Server) knowsRevoked() bool { return s.cfg.Revocations == nil || s.revoked.Load() != nil }
