package main

// kind is a kind of fault.
type kind string

// The kinds of faults; the package doc says what each does.
const (
	consumerCrashed   kind = "consumer_crashed"
	consumerKilled    kind = "consumer_killed"
	gatewayKilled     kind = "gateway_killed"
	gatewaysRolled    kind = "gateways_rolled"
	linkCut           kind = "link_cut"
	linkNarrow        kind = "link_narrow"
	linkReset         kind = "link_reset"
	linkSilent        kind = "link_silent"
	linkSliced        kind = "link_sliced"
	linkSlow          kind = "link_slow"
	redisFull         kind = "redis_full"
	redisKilled       kind = "redis_killed"
	redisLost         kind = "redis_lost"
	redisPaused       kind = "redis_paused"
	redisRolledBack   kind = "redis_rolled_back"
	streamResharded   kind = "stream_resharded"
	subscriberStopped kind = "subscriber_stopped"
	tokensExpired     kind = "tokens_expired"
)

// allKinds returns every kind, sorted.
func allKinds() []kind {
	return []kind{
		consumerCrashed, consumerKilled, gatewayKilled, gatewaysRolled, linkCut, linkNarrow, linkReset, linkSilent,
		linkSliced, linkSlow, redisFull, redisKilled, redisLost, redisPaused, redisRolledBack, streamResharded,
		subscriberStopped, tokensExpired,
	}
}

// loses tells whether a fault of the kind takes away what was acknowledged to Lambda,
// so that events may be gone for subscribers.
func (k kind) loses() bool { return k == redisLost || k == redisRolledBack }

// weight is how often a kind comes beyond the one time that each comes at least. What
// loses data is rare, so that most of a run is held to the promise that nothing is.
func (k kind) weight() int {
	if k.loses() {
		return 1
	}
	return 4
}
