package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spillway/spillway/pkg/client"
)

const (
	// intrusionInterval is how often something is tried that is not allowed.
	intrusionInterval = 500 * time.Millisecond
	// intrusionTimeout bounds an attempt: a gateway that is away has refused it.
	intrusionTimeout = 5 * time.Second
)

// intruder tries, through all faults, to read what it may not.
type intruder struct {
	target target
	// stolen is the present cursor of a customer, institute.
	stolen func() client.Cursor

	mu       sync.Mutex // guards what follows
	attempts int
	refused  int // by a gateway that said why
	breaches []string
}

// intrusion is one way to try.
type intrusion struct {
	name     string
	customer string
	expired  bool
	token    string
	patterns []string
	stolen   bool // starts at another customer's cursor
	want     codes.Code
}

func intrusions() []intrusion {
	return []intrusion{
		{name: "another state", customer: newyork, patterns: []string{"weather.us.pa"}, want: codes.PermissionDenied},
		{name: "all states", customer: tristate, patterns: []string{"weather.us.*"}, want: codes.PermissionDenied},
		{name: "the operators' topic", customer: institute, patterns: []string{"$spillway.unrouted"}, want: codes.PermissionDenied},
		{name: "an expired token", customer: institute, expired: true, want: codes.Unauthenticated},
		{name: "another customer's cursor", customer: newyork, stolen: true, want: codes.InvalidArgument},
		{name: "no token at all", token: "none", want: codes.Unauthenticated},
	}
}

// run tries until ctx ends. An error is one of the bench.
func (i *intruder) run(ctx context.Context) error {
	ways := intrusions()
	for n := 0; ; n++ {
		if err := i.try(ctx, ways[n%len(ways)]); err != nil {
			return err
		}
		select {
		case <-time.After(intrusionInterval):
		case <-ctx.Done():
			return nil
		}
	}
}

func (i *intruder) try(ctx context.Context, way intrusion) error {
	customer := way.customer
	if customer == "" {
		customer = institute
	}
	cfg, err := i.target.Client(customer)
	if err != nil {
		return err
	}
	if way.expired {
		way.token, err = i.target.ExpiredToken(customer)
		if errors.Is(err, errNoIssuer) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	if way.token != "" {
		cfg.Credentials = client.Credentials{Token: way.token}
	}
	c, err := client.New(cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, intrusionTimeout)
	defer cancel()
	sub := client.Subscription{Patterns: way.patterns}
	if way.stolen {
		sub.Start = client.After(i.stolen())
	}
	i.judge(way, attempt(ctx, c, sub))
	return nil
}

// errAdmitted says that the gateway let an intruder in.
var errAdmitted = errors.New("subscribed")

// attempt subscribes and returns what came of it.
func attempt(ctx context.Context, c *client.Client, sub client.Subscription) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sub.OnSubscribed = func(client.Subscribed) { cancel(errAdmitted) }
	for _, err := range c.Subscribe(sub).Events(ctx) {
		if cause := context.Cause(ctx); errors.Is(cause, errAdmitted) {
			return cause
		}
		var gap *client.Gap
		if err == nil || errors.As(err, &gap) {
			return errAdmitted
		}
		return err
	}
	return nil
}

// judge notes what came of an attempt. Who could not be reached has refused nothing
// and let nobody in.
func (i *intruder) judge(way intrusion, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.attempts++
	switch code := status.Code(err); {
	case code == way.want, code == codes.Unauthenticated: // a token may expire on its way
		i.refused++
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
	default:
		i.breaches = append(i.breaches, fmt.Sprintf("intruder with %s: %v, want %s", way.name, err, way.want))
	}
}
