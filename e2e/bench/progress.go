package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// progressEvery is how often a feeder learns how far subscribers are: far below the time
// in which they read what it may be ahead.
const progressEvery = 2 * time.Millisecond

// serveProgress tells all who connect to the socket at path what read returns, until ctx
// ends.
func serveProgress(ctx context.Context, path string, read func() int64) error {
	lis, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return err
	}
	go func() { // ends with the process
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			go tellProgress(ctx, conn, read)
		}
	}()
	return nil
}

func tellProgress(ctx context.Context, conn net.Conn, read func() int64) {
	defer conn.Close()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for told := int64(-1); ctx.Err() == nil; <-tick.C {
		n := read()
		if n == told {
			continue
		}
		told = n
		if _, err := conn.Write(binary.BigEndian.AppendUint64(nil, uint64(n))); err != nil {
			return
		}
	}
}

// progress is how far the slowest subscriber is, in events.
type progress struct{ events atomic.Int64 }

// followProgress listens to what a load tells, until ctx ends.
func followProgress(ctx context.Context, path string) (*progress, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("progress of the load: %w", err)
	}
	p := &progress{}
	context.AfterFunc(ctx, func() { conn.Close() })
	go func() { // ends with ctx, or the load
		var b [8]byte
		for {
			if _, err := io.ReadFull(conn, b[:]); err != nil {
				return
			}
			p.events.Store(int64(binary.BigEndian.Uint64(b[:])))
		}
	}()
	return p, nil
}
