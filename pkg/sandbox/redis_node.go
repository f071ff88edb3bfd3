package sandbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/alicebob/miniredis/v2"

	"github.com/spillway/spillway/pkg/sandbox/elasticache"
	"github.com/spillway/spillway/pkg/sandbox/process"
)

// CertificateFiles are absolute paths of PEM files: an authority, and a certificate of it for localhost and its addresses with the key.
type CertificateFiles struct{ CA, Cert, Key string }

// errNoCertificates is what a cache with encryption in transit ends in where there are none.
var errNoCertificates = errors.New("encryption in transit needs a certificate for this machine, and the sandbox was given none")

const (
	// portAttempts is how many free ports are tried: another program may take one between its choice and its use.
	portAttempts = 5
	loopback     = "127.0.0.1"
)

// redisNodes runs the Redis of caches. It implements elasticache.Nodes.
type redisNodes struct {
	cfg Config

	mu      sync.Mutex // guards running
	running map[*redisNode]bool
}

// redisNode is a Redis of a cache: a process, or embedded.
type redisNode struct {
	nodes *redisNodes
	door  redisDoor
	dir   string

	proc     *process.Supervisor // nil if it is embedded
	embedded *miniredis.Miniredis
}

// Start implements elasticache.Nodes.
func (r *redisNodes) Start(ctx context.Context, n elasticache.Node) (elasticache.Running, error) {
	node := &redisNode{nodes: r, door: redisDoor{password: n.Password}, dir: filepath.Join(r.cfg.StateDir, "caches", n.Name)}
	if n.TLS {
		config, err := r.cfg.LocalTLS.client()
		if err != nil {
			return nil, err
		}
		node.door.tls = config
	}
	path, err := exec.LookPath("redis-server")
	switch {
	case r.cfg.Caches == RedisServer && err != nil:
		return nil, errNoRedisServer
	case r.cfg.Caches == RedisEmbedded, err != nil:
		err = node.embed(n, r.cfg.LocalTLS)
	default:
		err = node.launch(ctx, path, n)
	}
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running[node] = true
	return node, nil
}

// status lists the processes.
func (r *redisNodes) status() []process.Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []process.Status
	for node := range r.running {
		if node.proc != nil {
			all = append(all, node.proc.Status()...)
		}
	}
	slices.SortFunc(all, func(a, b process.Status) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// client is the configuration of who speaks to a server of this machine.
func (c CertificateFiles) client() (*tls.Config, error) {
	if c.CA == "" || c.Cert == "" || c.Key == "" {
		return nil, errNoCertificates
	}
	text, err := os.ReadFile(c.CA)
	if err != nil {
		return nil, fmt.Errorf("read the authority of certificates: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate", c.CA)
	}
	return &tls.Config{RootCAs: roots, ServerName: loopback, MinVersion: tls.VersionTLS12}, nil
}

// embed starts one in this process. It knows no parameters.
func (n *redisNode) embed(spec elasticache.Node, files CertificateFiles) error {
	n.embedded = miniredis.NewMiniRedis()
	start := n.embedded.Start
	if spec.TLS {
		pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
		if err != nil {
			return fmt.Errorf("certificate of a cache: %w", err)
		}
		start = func() error {
			return n.embedded.StartTLS(&tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
		}
	}
	if spec.Password != "" {
		n.embedded.RequireAuth(spec.Password)
	}
	if err := start(); err != nil {
		return fmt.Errorf("embedded Redis: %w", err)
	}
	n.door.address = n.embedded.Addr()
	return nil
}

// launch starts redis-server.
func (n *redisNode) launch(ctx context.Context, path string, spec elasticache.Node) error {
	if err := os.MkdirAll(n.dir, 0o700); err != nil {
		return fmt.Errorf("directory of Redis: %w", err)
	}
	cfg := n.nodes.cfg
	var err error
	for range portAttempts {
		var port, bus string
		if port, bus, err = freePorts(ctx); err != nil {
			return err
		}
		n.door.address = net.JoinHostPort(loopback, port)
		n.proc = process.NewSupervisor(process.Config{LogDir: filepath.Join(cfg.StateDir, "log"), StopGrace: serviceGrace, Logger: cfg.Logger})
		file := filepath.Join(n.dir, "redis.conf")
		if err := os.WriteFile(file, []byte(n.configuration(spec, port, bus)), 0o600); err != nil {
			return fmt.Errorf("configuration of Redis: %w", err)
		}
		err = n.proc.Start(ctx, process.Service{
			Name:    "redis-" + spec.Name,
			Command: process.Command{Path: path, Dir: n.dir, Env: []string{"LANG=C.UTF-8"}, Args: []string{file}},
			Address: n.door.address, Ready: n.ready,
		})
		if !errors.Is(err, process.ErrAddressInUse) {
			break
		}
	}
	if err == nil && spec.Cluster {
		err = n.form(ctx)
	}
	if err != nil {
		n.Stop(ctx)
	}
	return err
}

// ready is a probe: it answers, and is no other program that has come to the port.
func (n *redisNode) ready(ctx context.Context) error {
	_, err := n.door.do(ctx, []string{"PING"})
	return err
}

// configuration is redis-server's. It is a file, because every user could read a password among arguments.
func (n *redisNode) configuration(spec elasticache.Node, port, bus string) string {
	lines := [][2]string{{"bind", loopback}, {"dir", n.dir}, {"save", ""}, {"appendonly", "no"}, {"maxmemory", redisMaxMemory}}
	if spec.TLS {
		files := n.nodes.cfg.LocalTLS
		lines = append(lines, [][2]string{{"port", "0"}, {"tls-port", port}, {"tls-cert-file", files.Cert}, {"tls-key-file", files.Key},
			{"tls-ca-cert-file", files.CA}, {"tls-auth-clients", "no"}}...)
	} else {
		lines = append(lines, [2]string{"port", port})
	}
	if spec.Cluster {
		lines = append(lines, [][2]string{{"cluster-enabled", "yes"}, {"cluster-port", bus}, {"cluster-announce-ip", loopback}}...)
		if spec.TLS {
			lines = append(lines, [2]string{"tls-cluster", "yes"})
		}
	}
	if spec.Password != "" {
		lines = append(lines, [2]string{"requirepass", spec.Password})
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Parameters)) {
		lines = append(lines, [2]string{name, spec.Parameters[name]})
	}
	var text strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&text, "%s %q\n", line[0], line[1])
	}
	return text.String()
}

// form makes a cluster of one node, and waits until it takes commands.
func (n *redisNode) form(ctx context.Context) error {
	if _, err := n.door.do(ctx, []string{"CLUSTER", "ADDSLOTSRANGE", "0", "16383"}); err != nil {
		return err
	}
	return settle(ctx, func() (bool, error) {
		info, err := n.door.do(ctx, []string{"CLUSTER", "INFO"})
		return strings.Contains(info, "cluster_state:ok"), err
	})
}

// Address implements elasticache.Running.
func (n *redisNode) Address() (host, port string) {
	host, port, _ = net.SplitHostPort(n.door.address)
	return host, port
}

// Set implements elasticache.Running. An embedded Redis has no parameters.
func (n *redisNode) Set(ctx context.Context, parameters map[string]string) error {
	if n.embedded != nil {
		return nil
	}
	commands := make([][]string, 0, len(parameters))
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		commands = append(commands, []string{"CONFIG", "SET", name, parameters[name]})
	}
	_, err := n.door.do(ctx, commands...)
	return err
}

// Stop implements elasticache.Running.
func (n *redisNode) Stop(ctx context.Context) {
	if n.embedded != nil {
		n.embedded.Close()
	} else {
		n.proc.Stop(ctx)
		_ = os.RemoveAll(n.dir) // what is left over harms nobody
	}
	n.nodes.mu.Lock()
	defer n.nodes.mu.Unlock()
	delete(n.nodes.running, n)
}

// freePorts are two ports of loopback that are free now.
func freePorts(ctx context.Context) (one, other string, err error) {
	var ports [2]string
	for i := range ports {
		lis, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(loopback, "0"))
		if err != nil {
			return "", "", fmt.Errorf("look for a free port: %w", err)
		}
		defer lis.Close() // both are held until both are found
		_, ports[i], _ = net.SplitHostPort(lis.Addr().String())
	}
	return ports[0], ports[1], nil
}
