package servicediscovery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"
)

// door is a port of the address that stands for a service's name.
type door struct {
	service *service
	port    int
	socket  net.Listener
}

// takeAddress finds an address that no service has; e.mu is held. It is random, so that those of two sandboxes on one machine
// differ.
func (e *Emulator) takeAddress() (string, error) {
	for range addressTries {
		n := 1 + rand.Uint32N(1<<addressBits-2)
		address := netip.AddrFrom4([4]byte{127, 128 | byte(n>>16), byte(n >> 8), byte(n)}).String()
		taken := false
		for _, s := range e.services {
			taken = taken || s.address == address
		}
		if !taken {
			return address, nil
		}
	}
	return "", errors.New("no address for a service")
}

// open opens the ports of a service that are not open yet; e.mu is held.
func (e *Emulator) open(ctx context.Context, s *service, ports []int) error {
	for _, port := range ports {
		if s.doors[port] != nil {
			continue
		}
		socket, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(s.address, strconv.Itoa(port)))
		if err != nil {
			s.shut(s.ports())
			return fmt.Errorf("address of %s: %w; names have addresses of 127.128.0.0/10, which Linux has without being told", s.host, err)
		}
		d := &door{s, port, socket}
		s.doors[port] = d
		e.spawn(func(ctx context.Context) { e.accept(ctx, d) })
	}
	return nil
}

// shut closes the ports that are not wanted any more; Emulator.mu is held.
func (s *service) shut(wanted map[int]bool) {
	for port, d := range s.doors {
		if !wanted[port] {
			_ = d.socket.Close()
			delete(s.doors, port)
		}
	}
}

// accept takes the connections of a door until it is closed.
func (e *Emulator) accept(ctx context.Context, d *door) {
	for {
		conn, err := d.socket.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			e.cfg.Logger.Warn("accept", "host", d.service.host, "error", err)
			timer := time.NewTimer(acceptPause)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return
			}
			continue
		}
		client := conn.(*net.TCPConn) //nolint:forcetypeassert // what a TCP listener accepts
		if !e.enter() {
			abort(client)
			continue
		}
		e.spawn(func(ctx context.Context) {
			defer e.leave()
			if err := e.hand(ctx, d, client); err != nil {
				e.cfg.Logger.Debug("connection not handed on", "host", d.service.host, "error", err)
				abort(client)
			}
		})
	}
}

// enter counts a connection, if there may be one more.
func (e *Emulator) enter() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.connections >= MaxConnections {
		return false
	}
	e.connections++
	return true
}

func (e *Emulator) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.connections--
}

// errNoInstance ends a connection whose service has lost its last instance meanwhile.
var errNoInstance = errors.New("the service has no instance with that port")

// choose is the address of one of the instances that DNS would answer with.
func (e *Emulator) choose(d *door) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	of := slices.DeleteFunc(d.service.answered(), func(i *instance) bool { return !slices.Contains(i.Ports, d.port) })
	if len(of) == 0 {
		return "", errNoInstance
	}
	return net.JoinHostPort(of[rand.IntN(len(of))].Address, strconv.Itoa(d.port)), nil
}

// hand hands a connection on to an instance, and returns when it has ended.
func (e *Emulator) hand(ctx context.Context, d *door, client *net.TCPConn) error {
	address, err := e.choose(d)
	if err != nil {
		return err
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	target := conn.(*net.TCPConn) //nolint:forcetypeassert // what TCP dials
	defer context.AfterFunc(ctx, func() { abort(client); abort(target) })()
	var both sync.WaitGroup
	both.Go(func() { carry(target, client) })
	carry(client, target)
	both.Wait()
	_ = client.Close()
	_ = target.Close()
	return nil
}

// carry carries one direction. The end of data is handed on as it is; an error, as a reset, resets both.
func carry(dst, src *net.TCPConn) {
	if _, err := io.Copy(dst, src); err != nil {
		abort(dst)
		abort(src)
		return
	}
	_ = dst.CloseWrite()
}

// abort ends a connection with a reset.
func abort(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}
