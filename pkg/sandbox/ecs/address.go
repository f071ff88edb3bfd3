package ecs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

const (
	// addressTries is how many addresses are tried for a task.
	addressTries = 10
	// addressBits are how many bits of 127.64.0.0/10 tell tasks apart.
	addressBits = 22
)

// takeAddress finds a loopback address that no task has and where the ports of a task definition are free. Addresses are
// random, so that those of two sandboxes on one machine differ.
func (e *Emulator) takeAddress(ctx context.Context, td *taskDefinition) (string, error) {
	var last error
	for range addressTries {
		n := 1 + rand.Uint32N(1<<addressBits-2)
		address := netip.AddrFrom4([4]byte{127, 64 | byte(n>>16), byte(n >> 8), byte(n)}).String()
		if last = portsFree(ctx, td, address); last != nil {
			continue
		}
		e.mu.Lock()
		_, taken := e.addresses[address]
		if !taken {
			e.addresses[address] = struct{}{}
		}
		e.mu.Unlock()
		if !taken {
			return address, nil
		}
	}
	return "", fmt.Errorf("no address of its own for a task, last tried %w; tasks have addresses of 127.64.0.0/10, which Linux has without being told", last)
}

// portsFree tries to listen where the containers of a task will.
func portsFree(ctx context.Context, td *taskDefinition, address string) error {
	for _, c := range td.ContainerDefinitions {
		for _, p := range c.PortMappings {
			lis, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(address, strconv.Itoa(p.ContainerPort)))
			if err != nil {
				return err
			}
			_ = lis.Close()
		}
	}
	return nil
}

// everywhere is a listen address on all interfaces: the whole of a variable's value or an argument, or what follows --flag=.
var everywhere = regexp.MustCompile(`^(-[A-Za-z0-9-]+=)?(?:0\.0\.0\.0|\[::\])?:([0-9]{1,5})$`)

// listenHere makes a listen address on all interfaces one on the address of a task, and leaves other values alone.
func listenHere(value, address string) string {
	if !strings.Contains(value, ":") {
		return value
	}
	return everywhere.ReplaceAllString(value, "${1}"+address+":${2}")
}
