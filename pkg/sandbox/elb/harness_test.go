package elb

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/freeport"
)

// testScale lets an interval of 5 s pass in 50 ms, and an hour in 36 s.
const testScale = 100

// farm is a service with a load balancer, a target group and a listener.
type farm struct {
	*Service
	t        *testing.T
	balancer string // ARNs
	group    string
	listener string
	address  string
}

// newFarm makes a farm; change may alter the listener and the attributes.
func newFarm(t *testing.T, protocol string, attributes ...Attribute) *farm {
	t.Helper()
	s, err := New(Config{Region: "us-east-1", AccountID: "000000000000", TimeScale: testScale, Certificates: oneCertificate(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	f := &farm{Service: s, t: t}
	lb := must(s.CreateLoadBalancer(t.Context(), CreateLoadBalancerInput{Name: "farm", Type: "network", Subnets: []string{"a", "b"}}))(t)
	f.balancer = lb.LoadBalancers[0].LoadBalancerArn
	five, two := 5, 2
	group := must(s.CreateTargetGroup(t.Context(), CreateTargetGroupInput{
		Name: "farm", Protocol: "TCP", Port: 7000, VpcId: "vpc-1", TargetType: "ip",
		HealthCheckInput: HealthCheckInput{HealthCheckIntervalSeconds: &five, HealthyThresholdCount: &two},
	}))(t)
	f.group = group.TargetGroups[0].TargetGroupArn
	must(s.ModifyTargetGroupAttributes(t.Context(), TargetGroupAttributesInput{f.group, attributes}))(t)
	port := freeport.Find(t)
	f.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	in := CreateListenerInput{
		LoadBalancerArn: f.balancer, Port: port, Protocol: protocol,
		DefaultActions: []Action{{Type: "forward", TargetGroupArn: f.group}},
	}
	if protocol == "TLS" {
		in.Certificates, in.SslPolicy, in.AlpnPolicy = []Certificate{{testCertificate}}, "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", []string{"HTTP2Preferred"}
	}
	f.listener = must(s.CreateListener(t.Context(), in))(t).Listeners[0].ListenerArn
	return f
}

// must returns what a call returns, and fails the test for its error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

const testCertificate = "arn:aws:acm:us-east-1:000000000000:certificate/1"

// certificates has the test certificate, which a test may change or take away.
type certificates struct {
	atomic.Pointer[tls.Certificate]
}

// Certificate implements Certificates.
func (c *certificates) Certificate(_ context.Context, arn string) (*tls.Certificate, bool, error) {
	one := c.Load()
	return one, one != nil && arn == testCertificate, nil
}

func oneCertificate(t *testing.T) *certificates {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"farm"}}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))(t)
	c := &certificates{}
	c.Store(&tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})
	return c
}

// addresses gives each target of this process a loopback address of its own.
var addresses atomic.Uint32

// server is a target: it says its name to who connects, and returns what it reads.
type server struct {
	name    string
	lis     net.Listener
	address netip.AddrPort

	headers chan []byte // of the PROXY protocol, where it reads them: the first ones
}

// serve starts a target and registers it.
func (f *farm) serve(name, zone string, withHeader bool) *server {
	f.t.Helper()
	n := addresses.Add(1)
	ip := fmt.Sprintf("127.130.%d.%d", n>>8, n&255)
	srv := &server{name: name, lis: must(net.Listen("tcp", ip+":0"))(f.t), headers: make(chan []byte, 100)}
	srv.address = srv.lis.Addr().(*net.TCPAddr).AddrPort()
	f.t.Cleanup(func() { _ = srv.lis.Close() })
	go srv.run(withHeader)
	f.register(srv, zone)
	return srv
}

func (f *farm) register(srv *server, zone string) {
	f.t.Helper()
	if err := f.RegisterTargets(f.t.Context(), TargetsInput{f.group, []TargetDescription{f.target(srv, zone)}}); err != nil {
		f.t.Fatal(err)
	}
}

func (f *farm) target(srv *server, zone string) TargetDescription {
	return TargetDescription{srv.address.Addr().String(), int(srv.address.Port()), zone}
}

func (s *server) run(withHeader bool) {
	for {
		conn, err := s.lis.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			if withHeader {
				header := make([]byte, 28)
				_, err := io.ReadFull(conn, header)
				select {
				case s.headers <- header:
				default:
				}
				if err != nil {
					return
				}
			}
			fmt.Fprintln(conn, s.name)
			_, _ = io.Copy(conn, conn)
		}()
	}
}

// await waits until a target has a state.
func (f *farm) await(srv *server, state string) {
	f.t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for {
		changed := f.Changed()
		h := f.TargetHealth(f.group, f.target(srv, ""))
		if h.State == state {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			f.t.Fatalf("target %s is %+v, not %s", srv.name, h, state)
		}
	}
}

// connect connects to the listener and returns the name of the target that answers.
func (f *farm) connect() (net.Conn, string, error) {
	conn, err := net.Dial("tcp", f.address)
	if err != nil {
		return nil, "", err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return conn, line[:max(len(line)-1, 0)], err
}

// reached are the targets that many connections reach.
func (f *farm) reached() map[string]bool {
	f.t.Helper()
	out := map[string]bool{}
	for range 40 {
		conn, name, err := f.connect()
		if err != nil {
			name = "a reset"
		}
		out[name] = true
		if conn != nil {
			_ = conn.Close()
		}
	}
	return out
}

// answers tells whether a connection still carries data.
func answers(conn net.Conn) error {
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := conn.Write([]byte("ping\n")); err != nil {
		return err
	}
	buf := make([]byte, 5)
	if _, err := io.ReadFull(conn, buf); err != nil || !bytes.Equal(buf, []byte("ping\n")) {
		return fmt.Errorf("read %q: %w", buf, err)
	}
	return nil
}

func (f *farm) deregister(srv *server) {
	f.t.Helper()
	if err := f.DeregisterTargets(f.t.Context(), TargetsInput{f.group, []TargetDescription{f.target(srv, "")}}); err != nil {
		f.t.Fatal(err)
	}
}

func delay(seconds int) Attribute {
	return Attribute{deregistrationDelay, strconv.Itoa(seconds)}
}
