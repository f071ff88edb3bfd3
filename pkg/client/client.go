package client

import (
	"fmt"
	"sync/atomic"

	"google.golang.org/grpc"
)

// Client holds the connections to a gateway, and a TokenSource. Make one with New, use
// it for all streams of the process, and Close it.
type Client struct {
	conns     *connections
	tokens    *TokenSource
	plaintext bool
	maxBytes  int         // of a response
	reached   atomic.Bool // the endpoint has been a gateway
}

// New checks config, with every mistake in the error, and returns a Client. It
// does not connect: the first stream or call does.
func New(config Config) (*Client, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	target, plaintext, err := config.target()
	if err != nil {
		return nil, err
	}
	opts, err := config.dialOptions(plaintext)
	if err != nil {
		return nil, err
	}
	dial := func() (*grpc.ClientConn, error) {
		cc, err := grpc.NewClient(target, opts...)
		if err != nil {
			return nil, fmt.Errorf("open a connection to %s: %w", config.Endpoint, err)
		}
		return cc, nil
	}
	tokens := config.Tokens
	if tokens == nil {
		tokens = newTokenSource(config.Credentials)
	}
	return &Client{conns: newConnections(dial), tokens: tokens, plaintext: plaintext, maxBytes: orDefault(config.MaxMessageBytes, DefaultMaxMessageBytes)}, nil
}

// Close ends the connections. Streams that are being read yield ErrClosed. It
// returns nil.
func (c *Client) Close() error {
	c.conns.close()
	return nil
}

// Subscribe returns a Stream. Nothing is sent before its Events are read.
func (c *Client) Subscribe(sub Subscription) *Stream {
	return newStream(c, sub)
}

// What surrounds the largest event in a response.
const (
	// maxBatchBytes is the most that a gateway grants to a subscriber who asks for no
	// number of its own.
	maxBatchBytes = 1 << 20
	// responseRoom is for an entry of the log (64 KiB), the cursor and the framing.
	responseRoom = 256 << 10
)

// maxEventBytes is how large an event may be so that a response with it, and with
// batch bytes of others, is received; of a tiny limit, an event may take half.
func (c *Client) maxEventBytes(batch uint32) uint32 {
	room := responseRoom + orDefault(int(batch), maxBatchBytes)
	return uint32(max(c.maxBytes-room, c.maxBytes/2, 1))
}

// callOption attaches the token to one call.
func (c *Client) callOption(t *token) grpc.CallOption {
	return grpc.PerRPCCredentials(bearer{t.text, c.plaintext})
}
