package eventsource

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// backoff is the pause after a failure: base, doubled after each further one up to cap, less up to a fifth of it so that
// shards which failed together do not retry together.
type backoff struct {
	settings *Settings
	random   *rand.Rand
	next     time.Duration
}

// newBackoff makes the pauses of something that name tells from its siblings: with one seed they are always the same.
func newBackoff(settings *Settings, name string) *backoff {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return &backoff{settings: settings, random: rand.New(rand.NewPCG(settings.Seed, h.Sum64()))}
}

func (b *backoff) reset() { b.next = 0 }

func (b *backoff) wait(ctx context.Context) error {
	b.next = min(max(2*b.next, b.settings.RetryBase), b.settings.RetryCap)
	pause := b.next - time.Duration(b.random.Int64N(int64(b.next/5)+1))
	return sleep(ctx, b.settings.Clock, pause)
}
