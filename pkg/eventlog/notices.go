package eventlog

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

const (
	// noticePing is how long a silent Pub/Sub connection is trusted. A dead one costs
	// nothing but the time to the next slow poll.
	noticePing = 10 * time.Second
	// reconnectMax caps the wait between attempts to subscribe again.
	reconnectMax = 5 * time.Second
	reconnectMin = 50 * time.Millisecond
)

// Notices calls notify with the number of a lane whenever it has grown, or may
// have: after every connection it is called for all lanes. It reconnects by
// itself, with back-off and jitter, until ctx ends. Calls of notify may be
// concurrent; notify must not block.
func (l *Log) Notices(ctx context.Context, lanes int, notify func(lane int)) error {
	if !l.cluster {
		return l.listen(ctx, 0, lanes, notify)
	}
	// A sharded subscription is a connection to the owner of one slot.
	g, ctx := errgroup.WithContext(ctx)
	for lane := range lanes {
		g.Go(func() error { return l.listen(ctx, lane, 1, notify) })
	}
	return g.Wait()
}

// listen keeps one connection subscribed to n lanes from first on.
func (l *Log) listen(ctx context.Context, first, n int, notify func(lane int)) error {
	lane := make(map[string]int, n)
	names := make([]string, 0, n)
	for i := first; i < first+n; i++ {
		lane[l.noticeName(i)] = i
		names = append(names, l.noticeName(i))
	}
	for wait := reconnectMin; ctx.Err() == nil; wait = min(2*wait, reconnectMax) {
		start := time.Now()
		l.listenOnce(ctx, names, func(channel string) {
			if i, ok := lane[channel]; ok {
				notify(i)
			}
		})
		if time.Since(start) > reconnectMax {
			wait = reconnectMin
		}
		sleep(ctx, rand.N(wait))
	}
	return ctx.Err()
}

// listenOnce subscribes and hands on until something goes wrong.
func (l *Log) listenOnce(ctx context.Context, names []string, grown func(channel string)) {
	subscribe := l.rdb.Subscribe
	if l.cluster {
		subscribe = l.rdb.SSubscribe
	}
	ps := subscribe(ctx, names...)
	defer ps.Close()
	// Receive does not watch ctx while it waits for bytes.
	defer context.AfterFunc(ctx, func() { ps.Close() })()
	pinged := false
	for {
		msg, err := ps.ReceiveTimeout(ctx, noticePing)
		var timeout net.Error
		switch {
		case err == nil:
			pinged = false
		case errors.As(err, &timeout) && timeout.Timeout() && !pinged && ctx.Err() == nil:
			pinged = true
			if ps.Ping(ctx) != nil {
				return
			}
		default:
			return
		}
		switch m := msg.(type) {
		case *redis.Subscription: // one for each name, once it is in force
			grown(m.Channel)
		case *redis.Message:
			grown(m.Channel)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
