package stack

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

const (
	loopback = "127.0.0.1"
	// Free ports are looked for below those that systems give to outgoing connections (Linux from 32768, others from
	// 49152), because such a one could be taken between the choice and its use.
	lowestFree, highestFree = 20000, 32000
	// freeAttempts is how many ports are tried; a machine on which so many of them are taken has another problem.
	freeAttempts = 500
	highestPort  = 65535
)

// Ports are the loopback ports of a stack; 0 means any that is free.
type Ports struct {
	AWS     int // Kinesis, Lambda, S3, STS and CloudFormation
	Gateway int // gRPC
	Admin   int // the gateway's health and metrics
	Cognito int // tokens and keys
	Redis   int
}

// DefaultPorts are those that the documentation names. Redis is not at its usual one, where a developer's own may be.
func DefaultPorts() Ports {
	return Ports{AWS: 4566, Gateway: 8443, Admin: 8081, Cognito: 9229, Redis: 16379}
}

// port is one of Ports with its names.
type port struct {
	number   *int
	what     string
	variable string
}

func (p *Ports) all() []port {
	return []port{
		{&p.AWS, "AWS endpoint", "SPILLWAY_PORT_AWS"},
		{&p.Gateway, "gateway", "SPILLWAY_PORT_GATEWAY"},
		{&p.Admin, "gateway's health and metrics", "SPILLWAY_PORT_ADMIN"},
		{&p.Cognito, "tokens", "SPILLWAY_PORT_COGNITO"},
		{&p.Redis, "Redis", "SPILLWAY_PORT_REDIS"},
	}
}

// PortsFrom returns the default ports with those replaced that the environment names: SPILLWAY_PORT_AWS, _GATEWAY,
// _ADMIN, _COGNITO, _REDIS. The error lists every mistake.
func PortsFrom(getenv func(string) string) (Ports, error) {
	ports := DefaultPorts()
	var errs []error
	for _, p := range ports.all() {
		text := getenv(p.variable)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > highestPort {
			errs = append(errs, fmt.Errorf("%s is %q: want a port from 1 to %d, or 0 for a free one", p.variable, text, highestPort))
			continue
		}
		*p.number = n
	}
	return ports, errors.Join(errs...)
}

// settle chooses the ports that are 0 and checks that the others are free. The error lists every one that is not.
func (p Ports) settle(ctx context.Context) (Ports, error) {
	taken := map[int]string{}
	var errs []error
	for _, q := range p.all() {
		if *q.number == 0 {
			continue
		}
		if other, ok := taken[*q.number]; ok {
			errs = append(errs, fmt.Errorf("port %d is to be both %s and %s: set %s to another", *q.number, other, q.what, q.variable))
			continue
		}
		taken[*q.number] = q.what
		if err := free(ctx, *q.number); err != nil {
			errs = append(errs, q.unusable(err))
		}
	}
	for _, q := range p.all() {
		if *q.number != 0 {
			continue
		}
		n, err := chooseFree(ctx, taken)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", q.what, err))
			continue
		}
		*q.number = n
		taken[n] = q.what
	}
	return p, errors.Join(errs...)
}

// unusable says what is wrong with a port and how to go on.
func (p port) unusable(err error) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d (%s) cannot be used: %w", *p.number, p.what, err)
	}
	holder := "another program"
	if h := holderOf(*p.number); h != "" {
		holder = h
	}
	return fmt.Errorf("port %d (%s) is in use by %s: stop it, or set %s to another port", *p.number, p.what, holder, p.variable)
}

func free(ctx context.Context, number int) error {
	lis, err := new(net.ListenConfig).Listen(ctx, "tcp", address(number))
	if err != nil {
		return err
	}
	return lis.Close()
}

func chooseFree(ctx context.Context, taken map[int]string) (int, error) {
	for range freeAttempts {
		n := lowestFree + rand.IntN(highestFree-lowestFree)
		if _, ok := taken[n]; !ok && free(ctx, n) == nil {
			return n, nil
		}
	}
	return 0, fmt.Errorf("no free port between %d and %d", lowestFree, highestFree)
}

func address(number int) string { return net.JoinHostPort(loopback, strconv.Itoa(number)) }
