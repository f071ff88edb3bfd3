package redistest

import (
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis is a Redis that runs for a test.
type Redis struct {
	URL   string  // as the event log is told it
	Nodes []*Node // none if it is the embedded one
}

// Node is a redis-server.
type Node struct {
	Addr string
	cmd  *exec.Cmd
}

// Patience is what a log gives Redis in a test that is not about a Redis which is away: on a
// busy machine one that is there may take seconds.
const Patience = time.Minute

// Server starts a redis-server with further arguments; it keeps nothing on disk. Where
// there is none it skips the test, but on CI it fails.
func Server(t testing.TB, args ...string) *Redis {
	t.Helper()
	node := startNode(t, args)
	return &Redis{URL: "redis://" + node.Addr, Nodes: []*Node{node}}
}

// nodeTimeout is after how many milliseconds the nodes of a cluster give one up.
const nodeTimeout = "1000"

// Cluster starts three nodes that share the slots. As in ElastiCache, those that are
// there serve their slots while another is away.
func Cluster(t testing.TB) *Redis {
	t.Helper()
	const nodes, slots = 3, 16384
	r := &Redis{}
	var clients []*redis.Client
	for i := range nodes {
		bus := freePort(t)
		node := startNode(t, []string{"--cluster-enabled", "yes", "--cluster-port", bus,
			"--cluster-node-timeout", nodeTimeout, "--cluster-require-full-coverage", "no"})
		r.Nodes = append(r.Nodes, node)
		c := redis.NewClient(&redis.Options{Addr: node.Addr, DialTimeout: Patience, ReadTimeout: Patience, WriteTimeout: Patience})
		t.Cleanup(func() { _ = c.Close() })
		clients = append(clients, c)
		host, port, _ := net.SplitHostPort(node.Addr)
		do(t, c, "CLUSTER", "ADDSLOTSRANGE", i*slots/nodes, (i+1)*slots/nodes-1)
		do(t, c, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		do(t, clients[0], "CLUSTER", "MEET", host, port, bus)
	}
	for _, c := range clients {
		Eventually(t, func() bool {
			info, err := c.ClusterInfo(t.Context()).Result()
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_slots_ok:16384")
		})
	}
	r.URL = "redis://" + r.Nodes[0].Addr + "?addr=" + r.Nodes[1].Addr + "&addr=" + r.Nodes[2].Addr
	return r
}

func do(t testing.TB, c *redis.Client, args ...any) {
	t.Helper()
	if err := c.Do(t.Context(), args...).Err(); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
}

// Client connects to r.
func (r *Redis) Client(t testing.TB) redis.UniversalClient {
	t.Helper()
	addr, more, cluster := strings.Cut(strings.TrimPrefix(r.URL, "redis://"), "?")
	addrs := []string{addr}
	if cluster {
		addrs = append(addrs, strings.Split(strings.TrimPrefix(more, "addr="), "&addr=")...)
	}
	c := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: addrs, IsClusterMode: cluster, DialTimeout: Patience, ReadTimeout: Patience, WriteTimeout: Patience,
	})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Pause keeps the node from doing anything; what is sent to it waits.
func (n *Node) Pause(t testing.TB) { n.signal(t, syscall.SIGSTOP) }

// Resume lets it go on.
func (n *Node) Resume(t testing.TB) { n.signal(t, syscall.SIGCONT) }

func (n *Node) signal(t testing.TB, s os.Signal) {
	t.Helper()
	if err := n.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the node at once.
func (n *Node) Kill() {
	_ = n.cmd.Process.Kill()
	_ = n.cmd.Wait()
}

func startNode(t testing.TB, args []string) *Node {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not installed")
		}
		t.Skip("redis-server is not installed: tested on the embedded Redis only")
	}
	port := freePort(t)
	cmd := exec.CommandContext(t.Context(), "redis-server", append([]string{"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n := &Node{Addr: "127.0.0.1:" + port, cmd: cmd}
	t.Cleanup(n.Kill)
	waitFor(t, out, "Ready to accept connections")
	return n
}

// waitFor reads until the text is said, and goes on reading in the background.
func waitFor(t testing.TB, r io.Reader, text string) {
	t.Helper()
	var seen strings.Builder
	buf := make([]byte, 1024)
	for !strings.Contains(seen.String(), text) {
		n, err := r.Read(buf)
		seen.Write(buf[:n])
		if err != nil {
			t.Fatalf("redis-server said %q, then: %v", seen.String(), err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
}

// freePort returns a port that nothing has. It is not of those that the system gives to
// connections and to who asks for any, which one of them may have by the time it is used.
func freePort(t testing.TB) string {
	t.Helper()
	const first, number, attempts = 10_000, 20_000, 100
	for range attempts {
		port := strconv.Itoa(first + rand.N(number))
		lis, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:"+port)
		if err == nil {
			lis.Close()
			return port
		}
	}
	t.Fatal("there is no free port")
	return ""
}

// Eventually repeats until cond holds; the clock of a real Redis cannot be faked.
func Eventually(t testing.TB, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(Patience)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %s", Patience)
		}
	}
}
