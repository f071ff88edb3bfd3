package sandbox

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

const (
	// redisCommandTimeout bounds one command to a Redis of this machine.
	redisCommandTimeout = 5 * time.Second
	// maxRedisReply bounds a reply, of which the longest is that of CLUSTER INFO.
	maxRedisReply = 64 << 10
)

// redisDoor is how the sandbox itself speaks to a Redis that it runs.
type redisDoor struct {
	address  string
	tls      *tls.Config // nil means plaintext
	password string
}

// do runs commands on one connection and returns the last reply. An error reply is an error.
func (d redisDoor) do(ctx context.Context, commands ...[]string) (reply string, err error) {
	ctx, cancel := context.WithTimeout(ctx, redisCommandTimeout)
	defer cancel()
	conn, err := d.dial(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return "", err
	}
	if d.password != "" {
		commands = append([][]string{{"AUTH", d.password}}, commands...)
	}
	in := bufio.NewReader(io.LimitReader(conn, int64(len(commands))*maxRedisReply))
	for _, command := range commands {
		if _, err := conn.Write(encodeRedis(command)); err != nil {
			return "", fmt.Errorf("redis command %s: %w", command[0], err)
		}
		if reply, err = readRedis(in); err != nil {
			return "", fmt.Errorf("redis command %s: %w", command[0], err)
		}
	}
	return reply, nil
}

func (d redisDoor) dial(ctx context.Context) (net.Conn, error) {
	if d.tls == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", d.address)
	}
	return (&tls.Dialer{Config: d.tls}).DialContext(ctx, "tcp", d.address)
}

// encodeRedis is a command in Redis' protocol: an array of texts.
func encodeRedis(command []string) []byte {
	out := fmt.Appendf(nil, "*%d\r\n", len(command))
	for _, word := range command {
		out = fmt.Appendf(out, "$%d\r\n%s\r\n", len(word), word)
	}
	return out
}

// readRedis reads a reply that is one text or number.
func readRedis(in *bufio.Reader) (string, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line == "" {
		return "", fmt.Errorf("an empty line is no reply")
	}
	switch kind, rest := line[0], line[1:]; kind {
	case '+', ':':
		return rest, nil
	case '-':
		return "", fmt.Errorf("answers %s", rest)
	case '$':
		n, err := strconv.Atoi(rest)
		if err != nil || n < 0 || n > maxRedisReply {
			return "", fmt.Errorf("a text of %s bytes is no reply", rest)
		}
		text := make([]byte, n+len("\r\n"))
		_, err = io.ReadFull(in, text)
		return string(text[:n]), err
	default:
		return "", fmt.Errorf("a reply that begins with %q is not understood", kind)
	}
}
