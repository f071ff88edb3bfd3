package loopback

import (
	"net"
	"testing"
)

// TestAddress: every address is another one, and can be listened on.
func TestAddress(t *testing.T) {
	t.Parallel()
	var p Ports
	seen := map[string]bool{}
	for range 50 {
		addr, err := p.Address(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if seen[addr] {
			t.Errorf("%s twice", addr)
		}
		seen[addr] = true
		lis, err := new(net.ListenConfig).Listen(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		lis.Close()
	}
}
