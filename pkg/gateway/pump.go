package gateway

import (
	"context"
	crand "crypto/rand"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spillway/spillway/pkg/authn"
	"github.com/spillway/spillway/pkg/fanout"
	spillwayv1 "github.com/spillway/spillway/proto/spillway/v1"
)

// sender is the sending side of a stream.
type sender interface{ SendMsg(m any) error }

// pump moves one subscription into one stream. What is live is sent by the senders, to
// which the handler lends the stream; all else by the handler.
type pump struct {
	server  *Server
	sub     *fanout.Subscription
	out     sender
	want    subscription
	release func() // gives back its place among the streams
	client  string
	id      string // what Renew calls it

	mark  fanout.Mark // whose base the subscriber has
	retry time.Duration

	token     atomic.Pointer[authn.Identity] // what it lives by
	dismissed atomic.Pointer[dismissal]      // that it is to end
	drainAt   atomic.Int64                   // when it is asked to move, by server.now
	sentAt    atomic.Int64                   // when the last response was sent, by server.now
	due       atomic.Bool                    // something is to be done beside sending
	news      chan struct{}                  // of capacity one: due was set

	mu     sync.Mutex // held by who sends: a sender, or the handler when lent is false
	lent   bool       // to the senders; guarded by mu
	stuck  bool       // the senders need the handler to go on; guarded by mu
	failed error      // what a sender's SendMsg returned; guarded by mu

	ready     func()       // calls senders.push
	queue     atomic.Int32 // what it is to the senders
	behind    *pump        // the next one in the queue of the senders; guarded by their mu
	slowUntil atomic.Int64 // it is not lent before that, by server.now

	sending atomic.Int64          // since when a response is being sent, by server.now; 0 if none is
	ended   atomic.Pointer[ended] // how the guard has ended the call
}

// ended is how the guard has ended a call.
type ended struct {
	status  error
	stalled bool // the transport has what the subscriber does not take
}

func newPump(s *Server, sub *fanout.Subscription, out sender, want subscription, id *authn.Identity) *pump {
	p := &pump{server: s, sub: sub, out: out, want: want, client: id.ClientID, id: crand.Text(), news: make(chan struct{}, 1)}
	p.ready = func() { s.senders.push(p) }
	p.token.Store(id)
	p.drainAt.Store(int64(s.now() + s.streamAge()))
	p.due.Store(true) // the token may have ended since it was verified
	return p
}

// run serves the stream, from its handler.
func (p *pump) run(ctx context.Context) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	aside(func() { err = p.greet() })
	for err == nil {
		if p.due.Swap(false) {
			if aside(func() { err = p.duties() }); err != nil {
				break
			}
		}
		if p.sub.Live() && !p.stuck && !p.slow() {
			err = p.lend(ctx)
		} else {
			p.stuck = false
			err = p.step(ctx)
		}
	}
	return err
}

// slow tells whether the stream is left to the handler because the subscriber reads
// slowly.
func (p *pump) slow() bool { return p.slowUntil.Load() > int64(p.server.now()) }

// slowed notes that the subscriber did not take what was sent, and has the handler go on.
func (p *pump) slowed() {
	p.slowUntil.Store(int64(p.server.now() + slowTime))
	p.attend()
}

// lend leaves the stream to the senders until something is due, or they cannot go on.
func (p *pump) lend(ctx context.Context) error {
	p.lent = true
	p.sub.Notify(p.ready)
	p.mu.Unlock()
	p.ready() // for what came before Notify
	select {
	case <-ctx.Done():
	case <-p.news:
	}
	p.mu.Lock()
	p.lent = false
	p.sub.Notify(nil)
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.failed
}

// turn sends a response, for a sender. It returns whether there may be another.
func (p *pump) turn() (more bool) {
	if !p.mu.TryLock() {
		return false // the handler has it, and looks itself
	}
	defer p.mu.Unlock()
	if !p.lent {
		return false
	}
	b, more, ok := p.sub.NextLive(p.want.batch)
	switch {
	case !ok:
		p.stuck = true
	case b.Gap != nil:
		p.failed = p.gap(&b)
	case b.Size > 0:
		p.failed = p.batch(&b)
	}
	if p.stuck || p.failed != nil {
		p.lent = false
		p.attend()
	}
	return more && p.lent
}

// step sends what there is, from the handler, and waits if there is nothing.
func (p *pump) step(ctx context.Context) error {
	begin := p.server.now()
	wait, err := p.next(ctx)
	if now := p.server.now(); now-begin > stuckAfter && p.sub.Live() {
		p.slowUntil.Store(int64(now + slowTime))
	}
	if wait == nil || err != nil {
		return err
	}
	// Channels of this stream alone: with one that is shared, a thousand streams that
	// begin to wait at once would wait for each other.
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.news:
	case <-wait:
	}
	return nil
}

func (p *pump) gap(b *fanout.Batch) error {
	p.server.cfg.Metrics.gaps.Inc()
	return p.send(b.Mark, &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Gap{Gap: protoGap(b.Gap)}})
}

// greet sends the first response.
func (p *pump) greet() error {
	return p.send(p.sub.Mark(), &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Subscribed{
		Subscribed: &spillwayv1.Subscribed{
			Patterns: texts(p.want.Patterns), Limits: p.want.limits(),
			StreamId: p.id, TokenExpiresAt: timestamppb.New(p.token.Load().Expires),
		},
	}})
}

// duties does what is due beside sending. An error is what the stream ends with.
func (p *pump) duties() error {
	now := p.server.now()
	switch gone := p.dismissed.Load(); {
	case gone != nil:
		return p.last(gone.status)
	case p.left() <= 0:
		return p.last(p.expiredStatus())
	case now >= time.Duration(p.drainAt.Load()):
		if p.server.isDraining() || p.server.cfg.Hub.Ready() {
			return p.drain()
		}
		p.drainAt.Store(int64(now + ageRetry)) // whoever is sent away now may find no gateway that takes it
	}
	if p.silent(now) {
		return p.heartbeat()
	}
	return nil
}

// silent tells whether a heartbeat is due before streams are looked at again.
func (p *pump) silent(now time.Duration) bool {
	return now+guardInterval > time.Duration(p.sentAt.Load())+p.want.heartbeat
}

// wants tells whether anything is due. It is for who looks at all streams.
func (p *pump) wants(now time.Duration, clock time.Time) bool {
	return p.token.Load().Expires.Before(clock) || now >= time.Duration(p.drainAt.Load()) || p.silent(now)
}

// attend has the pump look for what is due.
func (p *pump) attend() {
	p.due.Store(true)
	nudge(p.news)
}

// next sends what there is. There may be more once wait gives something, or now if it
// is nil.
func (p *pump) next(ctx context.Context) (wait <-chan struct{}, err error) {
	b, wait, err := p.sub.Next(ctx, p.want.batch)
	switch {
	case errors.Is(err, fanout.ErrNotReady) && ctx.Err() == nil:
		// The stream stays: the log comes back, and nothing is lost meanwhile.
		p.retry = min(logRetryMax, max(logRetryMin, 2*p.retry))
		return after(p.retry/2 + rand.N(p.retry)), nil
	case err != nil:
		return nil, err
	}
	p.retry = 0
	switch {
	case b.Gap != nil:
		return nil, p.gap(&b)
	case b.Size > 0:
		return wait, p.batch(&b)
	}
	return wait, nil
}

// after is time.After for a wait channel.
func after(d time.Duration) <-chan struct{} {
	c := make(chan struct{})
	time.AfterFunc(d, func() { close(c) })
	return c
}

func (p *pump) batch(b *fanout.Batch) error {
	f := p.frame(b)
	p.mark = b.Mark
	if err := p.deliver(f); err != nil {
		return err
	}
	m := p.server.cfg.Metrics
	m.events.Add(float64(b.Count))
	m.bytes.Add(float64(b.Size))
	m.batches.Inc()
	return nil
}

// frame frames a batch: once for all who get the same one and have its base.
func (p *pump) frame(b *fanout.Batch) *frame {
	if !b.Mark.SameBase(p.mark) {
		return newFrame(b, b.Mark.Base(p.client))
	}
	if b.Memo == nil {
		return newFrame(b, nil)
	}
	if f, ok := b.Memo.Load().(*frame); ok {
		return f
	}
	f := newFrame(b, nil)
	b.Memo.Store(f) // whoever was quicker has made the same
	return f
}

// send sends a response other than events, with a whole cursor.
func (p *pump) send(mark fanout.Mark, resp *spillwayv1.SubscribeResponse) error {
	p.mark = mark
	step := mark.Step()
	if step == nil {
		step = []byte{} // present, so that it replaces the last one
	}
	resp.Cursor = &spillwayv1.Cursor{Base: mark.Base(p.client), Step: step}
	return p.deliver(resp)
}

// deliver sends a response, which takes as long as the subscriber does not read.
func (p *pump) deliver(m any) error {
	now := int64(p.server.now())
	p.sentAt.Store(now)
	p.sending.Store(now)
	defer p.sending.Store(0)
	return p.out.SendMsg(m)
}

func (p *pump) heartbeat() error {
	p.server.cfg.Metrics.heartbeats.Inc()
	return p.send(p.sub.Mark(), &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Heartbeat{Heartbeat: &spillwayv1.Heartbeat{}}})
}

// left is how long the token lives.
func (p *pump) left() time.Duration { return time.Until(p.token.Load().Expires) }

// last sends the cursor to resume from, and returns the status to end with.
func (p *pump) last(st error) error {
	if err := p.heartbeat(); err != nil {
		return err
	}
	return st
}

func (p *pump) expiredStatus() error {
	return status.Errorf(codes.Unauthenticated, "the token expired at %s: get a new one and resume with the cursor",
		p.token.Load().Expires.UTC().Format(time.RFC3339))
}

// drain asks the subscriber to come back elsewhere.
func (p *pump) drain() error {
	wait := rand.N(reconnectMax)
	if err := p.send(p.sub.Mark(), &spillwayv1.SubscribeResponse{Response: &spillwayv1.SubscribeResponse_Drain{
		Drain: &spillwayv1.Drain{ReconnectAfter: durationpb.New(wait)},
	}}); err != nil {
		return err
	}
	return comeBack(codes.Unavailable, "connect again and resume with the cursor: this gateway is stopping, or the stream is old", wait)
}

// protoReasons are the reasons of gaps as the API has them.
var protoReasons = map[fanout.GapReason]spillwayv1.GapReason{ //nolint:gochecknoglobals // a constant, but for the language
	fanout.GapTrimmed:  spillwayv1.GapReason_GAP_REASON_TRIMMED,
	fanout.GapReset:    spillwayv1.GapReason_GAP_REASON_LOG_RESET,
	fanout.GapOversize: spillwayv1.GapReason_GAP_REASON_OVERSIZE,
}

func protoGap(g *fanout.Gap) *spillwayv1.Gap {
	out := &spillwayv1.Gap{Reason: protoReasons[g.Reason], Events: g.Events}
	if !g.From.IsZero() {
		out.From = timestamppb.New(g.From)
	}
	if !g.To.IsZero() {
		out.To = timestamppb.New(g.To)
	}
	for _, lane := range g.Lanes {
		out.Lanes = append(out.Lanes, uint32(lane))
	}
	return out
}
