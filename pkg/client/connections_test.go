package client

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// TestAFullConnection: it is closed once its last call has ended, as one that is retired.
func TestAFullConnection(t *testing.T) {
	t.Parallel()
	c := newConnections(func() (*grpc.ClientConn, error) {
		return grpc.NewClient("passthrough:///none", grpc.WithTransportCredentials(insecure.NewCredentials()))
	})
	defer c.close()
	calls := make(map[*connection]int)
	for range 2*callsPerConnection + 1 {
		conn, err := c.acquire()
		if err != nil {
			t.Fatal(err)
		}
		calls[conn]++
	}
	if len(calls) != 3 || len(c.open) != 3 || calls[c.current] != 1 {
		t.Errorf("%d connections, %d open, %d calls on the last", len(calls), len(c.open), calls[c.current])
	}
	for conn, n := range calls {
		if n > callsPerConnection {
			t.Errorf("%d calls on a connection", n)
		}
		for range n {
			c.release(conn)
		}
	}
	if _, kept := c.open[c.current]; len(c.open) != 1 || !kept {
		t.Errorf("%d connections stay open", len(c.open))
	}
}
