package e2e

import (
	"io"
	"net"
	"regexp"
	"strconv"
	"testing"
)

// redisServer is a redis-server that is made full by a limit of memory which it is
// long beyond.
type redisServer struct {
	dial    func(t *testing.T) net.Conn
	limit   string // before
	refused int    // before
}

var _ FullRedis = (*redisServer)(nil)

func fillRedis(t *testing.T, dial func(t *testing.T) net.Conn) *redisServer {
	t.Helper()
	r := &redisServer{dial: dial}
	r.limit = r.find(t, "CONFIG GET maxmemory", `maxmemory\r\n\$\d+\r\n(\d+)\r\n`)
	if r.limit == "" {
		t.Fatal("redis-server does not tell its limit")
	}
	r.refused = r.Refusals(t)
	r.setLimit(t, "1")
	t.Cleanup(func() { r.Free(t) })
	return r
}

// Refusals implements FullRedis.
func (r *redisServer) Refusals(t *testing.T) int {
	t.Helper()
	text := r.find(t, "INFO errorstats", `errorstat_OOM:count=(\d+)`)
	if text == "" {
		return 0 // Redis tells of errors that have been there
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n - r.refused
}

// Free implements FullRedis.
func (r *redisServer) Free(t *testing.T) {
	t.Helper()
	r.setLimit(t, r.limit)
}

func (r *redisServer) setLimit(t *testing.T, bytes string) {
	t.Helper()
	r.find(t, "CONFIG SET maxmemory "+bytes, "")
}

// find carries a command out and returns what the pattern's group matches in the
// answer, or nothing. An answer that is an error fails the test.
func (r *redisServer) find(t *testing.T, command, pattern string) string {
	t.Helper()
	conn := r.dial(t)
	defer conn.Close()
	if _, err := io.WriteString(conn, command+"\r\nQUIT\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || len(answer) == 0 || answer[0] == '-' {
		t.Fatalf("redis-server answers %q to %s: %v", answer, command, err)
	}
	found := regexp.MustCompile(pattern).FindSubmatch(answer)
	if len(found) < 2 {
		return ""
	}
	return string(found[1])
}
