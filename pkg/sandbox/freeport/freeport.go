// Package freeport finds ports for what a test starts and cannot have choose one itself.
package freeport

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// The ports are below those that the system gives to connections and to who asks for any: one of those may belong to
// somebody else by the time it is used.
const first, number = 10_000, 20_000

// attempts bounds the search.
const attempts = 100

// Find returns a port of 127.0.0.1 that nothing has.
func Find(t testing.TB) int {
	t.Helper()
	for range attempts {
		port := first + rand.N(number)
		lis, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			_ = lis.Close()
			return port
		}
	}
	t.Fatal("there is no free port")
	return 0
}
