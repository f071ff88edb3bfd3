package servicediscovery

import (
	"errors"
	"io"
	"net"
	"strconv"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// greeter accepts on an address, says its name, and then returns what it reads.
func greeter(t *testing.T, address, name string) {
	t.Helper()
	lis, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lis.Close() })
	go func() {
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.WriteString(conn, name)
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
			}()
		}
	}()
}

// greeting connects, and returns who answers.
func greeting(t *testing.T, address string) (net.Conn, string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	name := make([]byte, 1)
	if _, err := io.ReadFull(conn, name); err != nil {
		t.Fatal(err)
	}
	return conn, string(name)
}

// port is one that the addresses below have free.
func port(t *testing.T) int {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	return lis.Addr().(*net.TCPAddr).Port
}

// A name leads to the instances that there are now: to a healthy one where there is one, to none where there is none. What is connected
// stays so.
func TestName(t *testing.T) {
	t.Parallel()
	e := newEmulator(t)
	_, s := shop(t, e)
	p := port(t)
	number := strconv.Itoa(p)
	greeter(t, "127.0.0.2:"+number, "a")
	greeter(t, "127.0.0.3:"+number, "b")
	door := e.Resolve("web.shop.internal:" + number)
	refused := func(when string) {
		t.Helper()
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", door)
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: %v, %v, want it refused", when, conn, err)
		}
	}
	register := func(id, address string, healthy bool) {
		t.Helper()
		if err := e.Register(t.Context(), s.Arn, Instance{ID: id, Address: address, Ports: []int{p}, Healthy: healthy}); err != nil {
			t.Fatal(err)
		}
	}
	refused("without an instance")
	register("a", "127.0.0.2", true)
	standing, who := greeting(t, door)
	if who != "a" {
		t.Errorf("%s answers", who)
	}
	register("b", "127.0.0.3", false)
	for range 10 {
		if _, who := greeting(t, door); who != "a" {
			t.Fatalf("%s answers, which is not healthy", who)
		}
	}
	e.SetHealth(s.Id, "b", true)
	e.SetHealth(s.Id, "a", false)
	for range 10 {
		if _, who := greeting(t, door); who != "b" {
			t.Fatalf("%s answers, which is not healthy any more", who)
		}
	}
	e.SetHealth(s.Id, "b", false)
	seen := map[string]bool{}
	for range 100 {
		_, who := greeting(t, door)
		seen[who] = true
	}
	if !seen["a"] || !seen["b"] {
		t.Errorf("where none is healthy, only %v answer", seen)
	}
	for _, id := range []string{"a", "b"} {
		if err := e.Deregister(t.Context(), s.Id, id); err != nil {
			t.Fatal(err)
		}
	}
	refused("without an instance any more")
	echo := make([]byte, 5)
	_, err := io.WriteString(standing, "still")
	if err == nil {
		_, err = io.ReadFull(standing, echo)
	}
	if err != nil || string(echo) != "still" {
		t.Errorf("a standing connection: %q, %v", echo, err)
	}
	e.Close()
	if _, err := standing.Read(echo); err == nil {
		t.Error("a connection outlives the emulator")
	}
	if err := e.Register(t.Context(), s.Id, Instance{ID: "c", Ports: []int{p}}); err == nil {
		t.Error("an instance is registered after the end")
	}
}

// The end of what a client sends is handed on, and what comes back is not lost.
func TestHalfClose(t *testing.T) {
	t.Parallel()
	e := newEmulator(t)
	_, s := shop(t, e)
	p := port(t)
	greeter(t, "127.0.0.2:"+strconv.Itoa(p), "a")
	if err := e.Register(t.Context(), s.Id, Instance{ID: "a", Address: "127.0.0.2", Ports: []int{p}, Healthy: true}); err != nil {
		t.Fatal(err)
	}
	conn, _ := greeting(t, e.Resolve("web.shop.internal:"+strconv.Itoa(p)))
	if _, err := io.WriteString(conn, "all of it"); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if back, err := io.ReadAll(conn); err != nil || string(back) != "all of it" {
		t.Errorf("%q, %v", back, err)
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	e := newEmulator(t)
	shop(t, e)
	hosts := e.Hosts()
	if len(hosts) != 1 || hosts[0].Name != "web.shop.internal" || !net.ParseIP(hosts[0].Address).IsLoopback() {
		t.Fatalf("hosts are %v", hosts)
	}
	address := hosts[0].Address
	want, got := map[string]string{}, map[string]string{}
	for text, resolved := range map[string]string{
		"web.shop.internal":                        address,
		"redis://WEB.shop.Internal:6379/0":         "redis://" + address + ":6379/0",
		"redis://user:p@web.shop.internal":         "redis://user:p@" + address,
		"a=web.shop.internal:1,web.shop.internal:": "a=" + address + ":1," + address + ":",
		"my-web.shop.internal":                     "my-web.shop.internal",
		"web.shop.internal.example.com":            "web.shop.internal.example.com",
		"shop.internal":                            "shop.internal",
		"no name":                                  "no name",
	} {
		want[text], got[text] = resolved, e.Resolve(text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
