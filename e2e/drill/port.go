package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

const (
	// Ports are chosen below those that Linux gives to outgoing connections, from 32768 on:
	// one of these could be taken, by a subscriber that looks for the gateway, while
	// nobody listens.
	lowestPort, highestPort = 20000, 32000
	portAttempts            = 500
)

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	for range portAttempts {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowestPort+rand.IntN(highestPort-lowestPort)))
		if lis, err := new(net.ListenConfig).Listen(ctx, "tcp", addr); err == nil {
			lis.Close()
			return addr, nil
		}
	}
	return "", fmt.Errorf("no free port between %d and %d", lowestPort, highestPort)
}
