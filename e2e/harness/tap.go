package harness

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"regexp"
	"sync"
	"sync/atomic"
)

// tapBuffer is how much is passed on at once.
const tapBuffer = 64 << 10

// What is looked for: a script that is called for the entries of a lane, and that it
// has added something: it answers an id alone, not after SKIPPED, and a number, how many
// got the notice, follows. Redis answers a pipeline as a whole, so both are in one piece
// almost always; where they are not, the next append is taken.
var (
	appendCall = []byte(":entries")                                    //nolint:gochecknoglobals // a constant, but for the language
	appendDone = regexp.MustCompile(`[^D]\r\n\$\d+\r\n\d+-\d+\r\n:\d`) //nolint:gochecknoglobals // a constant, but for the language
)

// Tap is between the consumer's link and Redis. It passes everything on, until it is
// told to swallow an answer.
type Tap struct {
	lis      net.Listener
	upstream string
	work     sync.WaitGroup
	swallow  atomic.Pointer[func()]

	mu    sync.Mutex // guards what follows
	conns map[net.Conn]struct{}
	ended bool
}

func newTap(ctx context.Context, listen, upstream string) (*Tap, error) {
	lis, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("tap: %w", err)
	}
	t := &Tap{lis: lis, upstream: upstream, conns: map[net.Conn]struct{}{}}
	t.work.Go(t.accept)
	return t, nil
}

// Swallow waits for the next answer of Redis that tells of an append, does not pass it
// on but calls died, and closes the connection. It returns ctx's error if there was
// none.
func (t *Tap) Swallow(ctx context.Context, died func()) error {
	done := make(chan struct{})
	hook := func() { died(); close(done) }
	t.swallow.Store(&hook)
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	if t.swallow.CompareAndSwap(&hook, nil) {
		return fmt.Errorf("no append came by: %w", ctx.Err())
	}
	<-done // it is being called
	return nil
}

func (t *Tap) accept() {
	for {
		client, err := t.lis.Accept()
		if err != nil {
			return // closed
		}
		redis, err := net.Dial("tcp", t.upstream) //nolint:noctx // on loopback it is there or not
		if err != nil {
			client.Close()
			continue
		}
		if !t.keep(client, redis) {
			return
		}
		var appending atomic.Bool
		t.work.Go(func() { t.pass(redis, client, func(b []byte) bool { return t.called(&appending, b) }) })
		t.work.Go(func() { t.pass(client, redis, func(b []byte) bool { return t.answered(&appending, b) }) })
	}
}

// keep remembers connections, for the end. It returns false after it.
func (t *Tap) keep(conns ...net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range conns {
		if t.ended {
			c.Close()
			continue
		}
		t.conns[c] = struct{}{}
	}
	return !t.ended
}

// pass moves bytes until a side ends or look refuses; then both sides end.
func (t *Tap) pass(to, from net.Conn, look func([]byte) bool) {
	defer t.drop(to, from)
	buf := make([]byte, tapBuffer)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if !look(buf[:n]) {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (t *Tap) drop(conns ...net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range conns {
		c.Close()
		delete(t.conns, c)
	}
}

// called notes that an append is on its way to Redis.
func (t *Tap) called(appending *atomic.Bool, b []byte) bool {
	if bytes.Contains(b, appendCall) {
		appending.Store(true)
	}
	return true
}

// answered refuses the answer to an append if it is to be swallowed.
func (t *Tap) answered(appending *atomic.Bool, b []byte) bool {
	if !appending.Load() || !appendDone.Match(b) {
		return true
	}
	appending.Store(false)
	hook := t.swallow.Load()
	if hook == nil || !t.swallow.CompareAndSwap(hook, nil) {
		return true
	}
	(*hook)()
	return false
}

func (t *Tap) close() {
	t.lis.Close()
	t.mu.Lock()
	t.ended = true
	for c := range t.conns {
		c.Close()
	}
	t.mu.Unlock()
	t.work.Wait()
}
