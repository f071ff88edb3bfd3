package main

import (
	"context"
	"time"

	"github.com/spillway/spillway/e2e/harness"
)

// shortLife is how long the tokens of an expiry live. Cognito's live for five minutes
// at least; a token must outlive the longest time that a link may hold up the call
// that it is fetched for.
const shortLife = 8 * time.Second

// expireTokens has all tokens that are handed out for a time live for some seconds,
// and rotates the keys.
func (c *conductor) expireTokens(ctx context.Context, f fault) error {
	c.system.Issuer.SetLife(shortLife)
	defer c.system.Issuer.SetLife(harness.DefaultTokenLife)
	if _, err := c.system.Issuer.Rotate(); err != nil {
		return err
	}
	return sleep(ctx, f.Hold)
}

// stopSubscriber keeps a subscriber from reading for a time.
func (c *conductor) stopSubscriber(ctx context.Context, f fault) error {
	c.subscribers[f.Target].stop(f.Hold)
	return sleep(ctx, f.Hold)
}
