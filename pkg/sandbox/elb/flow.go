package elb

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// flow is a connection of a client and the one to its target.
type flow struct {
	raw    *net.TCPConn // the client's
	client halfCloser   // the same, or TLS over it
	target *net.TCPConn
	idle   time.Duration
	last   atomic.Int64 // when data came the last time, in nanoseconds of the epoch
}

// halfCloser is a connection of which one direction can be closed.
type halfCloser interface {
	io.ReadWriter
	CloseWrite() error
}

var errForgotten = errors.New("the flow was idle for too long")

// carry carries data both ways until both have ended, or one with an error.
func (f *flow) carry() {
	f.last.Store(time.Now().UnixNano())
	var both sync.WaitGroup
	both.Go(func() { f.copy(f.target, f.client, upBytes) })
	f.copy(f.client, f.target, downBytes)
	both.Wait()
	_ = f.raw.Close()
	_ = f.target.Close()
}

// copy carries one direction. The end of data is handed on as it is; an error, as a reset, resets the whole flow.
func (f *flow) copy(dst, src halfCloser, size int) {
	buf := make([]byte, size)
	for {
		n, err := src.Read(buf)
		if n > 0 {
			if f.forgotten() {
				err = errForgotten
			} else if _, writeErr := dst.Write(buf[:n]); writeErr != nil {
				err = writeErr
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			_ = dst.CloseWrite()
			return
		case err != nil:
			f.reset()
			return
		}
	}
}

// forgotten tells, when data has come, whether that was too late.
func (f *flow) forgotten() bool {
	now := time.Now()
	return now.Sub(time.Unix(0, f.last.Swap(now.UnixNano()))) > f.idle
}

// reset ends the flow at once, with a reset to both sides.
func (f *flow) reset() {
	abort(f.raw)
	abort(f.target)
}
