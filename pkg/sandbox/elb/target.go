package elb

import (
	"context"
	"net"
	"strconv"
	"time"
)

// The states of a target.
const (
	StateInitial   = "initial"
	StateHealthy   = "healthy"
	StateUnhealthy = "unhealthy"
	StateDraining  = "draining"
	StateUnused    = "unused"
)

// targetKey is what sets targets of a group apart.
type targetKey struct {
	id   string
	port int
}

func (k targetKey) address() string { return net.JoinHostPort(k.id, strconv.Itoa(k.port)) }

// target is one registration of a target. Guarded by Service.mu.
type target struct {
	targetKey
	zone   string
	health TargetHealth
	since  time.Time // when its checks began
	streak int       // of checks with the same outcome: successes above 0, failures below

	drainingSince time.Time
	takesNew      bool          // while it drains: it was healthy
	drained       chan struct{} // closed when nothing is left to wait for
	stopChecks    context.CancelFunc
	flows         map[*flow]struct{}
}

// TargetHealth is how a target is, and why.
type TargetHealth struct {
	State       string
	Reason      string `xml:",omitempty"`
	Description string `xml:",omitempty"`
}

// The reasons, with the sentences that AWS says.
func registering() TargetHealth {
	return TargetHealth{StateInitial, "Elb.RegistrationInProgress", "Target registration is in progress"}
}

func initialChecks() TargetHealth {
	return TargetHealth{StateInitial, "Elb.InitialHealthChecking", "Initial health checks in progress"}
}

func notInUse() TargetHealth {
	return TargetHealth{StateUnused, "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"}
}

func notRegistered() TargetHealth {
	return TargetHealth{StateUnused, "Target.NotRegistered", "Target is not registered to the target group"}
}

func deregistering() TargetHealth {
	return TargetHealth{StateDraining, "Target.DeregistrationInProgress", "Target deregistration is in progress"}
}

// observe counts the outcome of a check and tells whether the state has changed.
func (t *target) observe(failure string, check HealthCheck) bool {
	if failure == "" {
		t.streak = max(t.streak, 0) + 1
	} else {
		t.streak = min(t.streak, 0) - 1
	}
	before := t.health
	switch {
	case t.streak >= check.HealthyThresholdCount:
		t.health = TargetHealth{State: StateHealthy}
	case -t.streak >= check.UnhealthyThresholdCount && (t.health.State != StateInitial || time.Since(t.since) >= check.patience()):
		t.health = TargetHealth{StateUnhealthy, failure, failureText(failure)}
	case t.health.State == StateInitial:
		t.health = initialChecks()
	}
	return t.health != before
}

// patience is how long a new target has to start before failed checks count.
func (h HealthCheck) patience() time.Duration {
	return time.Duration(h.UnhealthyThresholdCount*h.HealthCheckIntervalSeconds) * time.Second
}

// reset ends all flows with a reset; Service.mu is held.
func (t *target) reset() {
	for f := range t.flows {
		f.reset()
	}
}
