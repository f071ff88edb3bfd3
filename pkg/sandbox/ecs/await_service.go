package ecs

import (
	"context"
	"errors"
)

// ErrDeploymentFailed is the error of [Emulator.AwaitSteady] when the circuit breaker has tripped.
var ErrDeploymentFailed = errors.New("the deployment's circuit breaker has tripped")

// AwaitSteady waits until a service has reached a steady state with the deployment that it has now. The error is
// ErrDeploymentFailed when the circuit breaker has tripped meanwhile.
func (e *Emulator) AwaitSteady(ctx context.Context, clusterName, name string) error {
	e.mu.Lock()
	svc, err := e.findService(clusterName, name)
	if err != nil {
		e.mu.Unlock()
		return err
	}
	wanted := svc.primary()
	e.mu.Unlock()
	return e.awaitChange(ctx, func() (bool, error) {
		switch {
		case svc.Status != statusActive:
			return false, errorf(CodeServiceNotActive, "Service was not ACTIVE.")
		case wanted.RolloutState == rolloutFailed:
			return false, ErrDeploymentFailed
		case svc.primary() != wanted:
			return false, errors.New("another deployment of the service has begun")
		}
		return svc.steady, nil
	})
}

// AwaitInactive waits until a service that is being deleted has no task left.
func (e *Emulator) AwaitInactive(ctx context.Context, clusterName, name string) error {
	e.mu.Lock()
	svc, err := e.findService(clusterName, name)
	e.mu.Unlock()
	if err != nil {
		return err
	}
	return e.awaitChange(ctx, func() (bool, error) { return svc.Status == statusInactive, nil })
}

// awaitChange looks again at every change, with e.mu held, until what it waits for is there.
func (e *Emulator) awaitChange(ctx context.Context, done func() (bool, error)) error {
	for {
		e.mu.Lock()
		ok, err := done()
		changed := e.changed
		e.mu.Unlock()
		if ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
