package eventlog

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// RevocationLife is how long a revocation matters: longer than the longest token of
	// Cognito lives (24 hours), by an hour for clocks that differ.
	RevocationLife = 25 * time.Hour
	// MaxRevocations bounds what gateways read again and again: as many as a user pool
	// has clients without asking AWS for more, ten times over.
	MaxRevocations = 10_000
	// MaxClientIDBytes bounds a client's name: what Cognito allows.
	MaxClientIDBytes = 128
)

//go:embed revoke.lua
var revokeScript string

// revokedKey is where the revocations are. They are of no epoch: what is lost with a
// log is not what its clients may do.
func (l *Log) revokedKey() string { return "{" + l.cfg.Name + "}:revoked" }

// Revoke takes back the tokens that a client has been issued until now, by Redis's
// clock, which it returns. It is remembered for RevocationLife, unless Redis loses it.
func (l *Log) Revoke(ctx context.Context, clientID string) (time.Time, error) {
	if n := len(clientID); n == 0 || n > MaxClientIDBytes {
		return time.Time{}, fmt.Errorf("revoke tokens in log %s: a client id has 1 to %d bytes, not %d", l.cfg.Name, MaxClientIDBytes, n)
	}
	ctx, cancel := context.WithTimeout(ctx, l.cfg.patient(appendTimeout))
	defer cancel()
	ms, err := redis.NewScript(revokeScript).Run(ctx, l.rdb, []string{l.revokedKey()},
		clientID, RevocationLife.Milliseconds(), MaxRevocations).Int64()
	switch {
	case redis.HasErrorPrefix(err, "FULL"):
		return time.Time{}, fmt.Errorf("revoke tokens in log %s: there are %d revocations of the last %s, as many as there may be", l.cfg.Name, MaxRevocations, RevocationLife)
	case err != nil:
		return time.Time{}, fmt.Errorf("revoke tokens in log %s: %w", l.cfg.Name, err)
	}
	return time.UnixMilli(ms), nil
}

// Revocations returns until when the tokens that were issued to a client are taken
// back, by client id.
func (l *Log) Revocations(ctx context.Context) (map[string]time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.patient(readTimeout))
	defer cancel()
	fields, err := l.rdb.HGetAll(ctx, l.revokedKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("read revocations of log %s: %w", l.cfg.Name, err)
	}
	revoked := make(map[string]time.Time, len(fields))
	var errs []error
	for clientID, text := range fields {
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			errs = append(errs, fmt.Errorf("read revocations of log %s: %q is not a time", l.cfg.Name, text))
			continue
		}
		revoked[clientID] = time.UnixMilli(ms)
	}
	return revoked, errors.Join(errs...)
}
