package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// schedule keeps a service as it is wanted, until it is inactive or the emulator is closed.
func (e *Emulator) schedule(ctx context.Context, svc *service) {
	for {
		var health <-chan struct{}
		if e.cfg.LoadBalancers != nil {
			health = e.cfg.LoadBalancers.Changed()
		}
		e.mu.Lock()
		again := e.reconcile(svc)
		over := svc.Status == statusInactive
		e.mu.Unlock()
		if over {
			return
		}
		var due <-chan time.Time
		timer := time.NewTimer(max(time.Until(again), 0))
		if !again.IsZero() {
			due = timer.C
		}
		select {
		case <-svc.kick:
		case <-health:
		case <-due:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// state is a service as one look of its scheduler finds it.
type state struct {
	tasks  []*task // that have not stopped
	active []*task // of those, the ones that are not to stop
	health map[*task]string
	again  time.Time // when to look again if nothing happens
	least  int       // how many must be healthy
	most   int       // how many there may be
}

// reconcile does what is to be done now and returns when to look again, if nothing happens; e.mu is held.
func (e *Emulator) reconcile(svc *service) time.Time {
	if e.closed {
		return time.Time{}
	}
	st := e.look(svc)
	e.replaceUnhealthy(svc, st)
	e.stopOld(svc, st)
	e.stopExcess(svc, st)
	e.startMissing(svc, st)
	e.settle(svc)
	return st.again
}

// look finds out how a service is; e.mu is held.
func (e *Emulator) look(svc *service) *state {
	st := &state{tasks: e.tasksOf(svc), health: make(map[*task]string)}
	for _, t := range st.tasks {
		if t.leaving() {
			continue
		}
		st.active = append(st.active, t)
		health, until := e.healthOf(t)
		st.health[t] = health
		st.lookAgain(until)
		if health == healthHealthy && !t.wasHealthy {
			t.wasHealthy = true
			t.deployment.FailedTasks = 0
			svc.streak, svc.toldStreak = 0, false
		}
	}
	least, most := svc.DeploymentConfiguration.percents()
	st.least = (svc.DesiredCount*least + 99) / 100
	st.most = svc.DesiredCount * most / 100
	return st
}

func (st *state) lookAgain(at time.Time) {
	if !at.IsZero() && (st.again.IsZero() || at.Before(st.again)) {
		st.again = at
	}
}

// of are the active tasks that match.
func (st *state) of(match func(*task) bool) []*task {
	var out []*task
	for _, t := range st.active {
		if !t.leaving() && match(t) {
			out = append(out, t)
		}
	}
	return out
}

func (st *state) healthy() int {
	return len(st.of(func(t *task) bool { return st.health[t] == healthHealthy }))
}

// promising is how many tasks of a deployment are healthy, or may become so.
func (st *state) promising(d *deployment) int {
	return len(st.of(func(t *task) bool { return t.deployment == d && st.health[t] != healthUnhealthy }))
}

// healthOf is how a task is, after its containers' health checks and its targets; until is when a grace that hides something
// ends. e.mu is held.
func (e *Emulator) healthOf(t *task) (health string, until time.Time) {
	if t.LastStatus != taskRunning {
		return healthUnknown, time.Time{}
	}
	health = healthHealthy
	switch ripe := t.running.Add(e.scaled(unchecked)); {
	case t.hasChecks():
		health = t.containerHealth()
	case len(t.targets) == 0 && time.Now().Before(ripe):
		return healthUnknown, ripe
	}
	for _, b := range t.targets {
		switch state, _ := e.cfg.LoadBalancers.Health(b.group, b.Target); {
		case state == "healthy":
		case state == "unhealthy":
			health = healthUnhealthy
		case health == healthHealthy:
			health = healthUnknown
		}
	}
	grace := time.Duration(orDefault(t.service.HealthCheckGracePeriodSeconds, 0)) * time.Second
	if ends := t.running.Add(grace); health == healthUnhealthy && time.Now().Before(ends) {
		return healthUnknown, ends
	}
	return health, time.Time{}
}

// unhealthyReason is why an unhealthy task is stopped; e.mu is held.
func (e *Emulator) unhealthyReason(t *task) string {
	for _, b := range t.targets {
		if state, reason := e.cfg.LoadBalancers.Health(b.group, b.Target); state == "unhealthy" {
			t.service.event("(task %s) (port %d) is unhealthy in (target-group %s) due to (reason %s)", t.id(), b.Port, b.group, reason)
			return fmt.Sprintf("Task failed ELB health checks in (target-group %s)", b.group)
		}
	}
	return "Task failed container health checks"
}

// replaceUnhealthy stops unhealthy tasks of the primary deployment: at once in a deployment, which they may make fail;
// otherwise when there is a replacement, or no room for one. e.mu is held.
func (e *Emulator) replaceUnhealthy(svc *service, st *state) {
	primary := svc.primary()
	for _, t := range st.of(func(t *task) bool { return t.deployment == primary && st.health[t] == healthUnhealthy }) {
		rolling := primary.RolloutState == rolloutInProgress
		if !rolling && st.healthy() < svc.DesiredCount && (st.promising(primary) >= svc.DesiredCount || len(st.tasks) < st.most) {
			continue
		}
		t.order(stopByScheduler, e.unhealthyReason(t))
		svc.steady = false
		if rolling {
			svc.fail(primary)
		}
	}
}

// stopOld stops tasks of other deployments, as far as enough healthy ones are left; e.mu is held.
func (e *Emulator) stopOld(svc *service, st *state) {
	spare := st.healthy() - st.least
	var stopped []*task
	for _, t := range st.of(func(t *task) bool { return t.deployment != svc.primary() }) {
		if st.health[t] == healthHealthy {
			if spare <= 0 {
				continue
			}
			spare--
		}
		stopped = append(stopped, t)
	}
	stopAll(svc, stopped)
}

// stopExcess stops tasks that are more than wanted: those first that serve nobody, then the newest. e.mu is held.
func (e *Emulator) stopExcess(svc *service, st *state) {
	of := st.of(func(t *task) bool { return t.deployment == svc.primary() && st.health[t] != healthUnhealthy })
	slices.SortStableFunc(of, func(a, b *task) int {
		healthyA, healthyB := st.health[a] == healthHealthy, st.health[b] == healthHealthy
		switch {
		case healthyA == healthyB:
			return a.CreatedAt.Compare(b.CreatedAt.Time)
		case healthyA:
			return -1
		default:
			return 1
		}
	})
	if len(of) > svc.DesiredCount {
		stopAll(svc, of[svc.DesiredCount:])
	}
	if svc.Status == statusDraining {
		stopAll(svc, st.of(func(*task) bool { return true }))
	}
}

// stopAll stops tasks because of a deployment or of the desired count; Emulator.mu is held.
func stopAll(svc *service, tasks []*task) {
	if len(tasks) == 0 {
		return
	}
	for _, t := range tasks {
		t.order(stopByScheduler, fmt.Sprintf("Scaling activity initiated by (deployment %s)", svc.primary().ID))
	}
	svc.steady = false
	svc.event("has stopped %d running tasks: %s.", len(tasks), names(tasks))
}

func names(tasks []*task) string {
	var out []string
	for _, t := range tasks {
		out = append(out, "(task "+t.id()+")")
	}
	return strings.Join(out, " ")
}

// startMissing starts tasks of the primary deployment that are missing, as far as there is room and no pause; e.mu is held.
func (e *Emulator) startMissing(svc *service, st *state) {
	primary := svc.primary()
	missing := min(svc.DesiredCount-st.promising(primary), st.most-len(st.tasks))
	if missing <= 0 || primary.RolloutState == rolloutFailed || svc.Status != statusActive {
		return
	}
	if until := e.pause(svc); time.Now().Before(until) {
		st.lookAgain(until)
		return
	}
	if room := MaxTasks - e.count(); missing > room {
		svc.event("was unable to place a task. Reason: the sandbox runs at most %d tasks.", MaxTasks)
		missing = room
	}
	var started []*task
	for range missing {
		started = append(started, e.startTask(taskSpec{
			cluster: svc.cluster, definition: primary.definition, service: svc, deployment: primary, network: primary.NetworkConfiguration,
			subnet: svc.placed, group: "service:" + svc.ServiceName, startedBy: primary.ID, tags: svc.Tags, platform: svc.PlatformVersion,
		}))
		svc.placed++
	}
	if len(started) > 0 {
		svc.steady = false
		svc.event("has started %d tasks: %s.", len(started), names(started))
	}
}

// pause is until when a service waits with the next start: after the second end in a row that came too early, for a time that
// doubles. e.mu is held.
func (e *Emulator) pause(svc *service) time.Time {
	if svc.streak < 2 {
		return time.Time{}
	}
	wait := firstPause
	for i := 2; i < svc.streak && wait < longestPause; i++ {
		wait *= 2
	}
	if svc.notBefore.IsZero() {
		svc.notBefore = time.Now().Add(e.scaled(min(wait, longestPause)))
	}
	if !svc.toldStreak && svc.streak > minFailures {
		svc.toldStreak = true
		svc.event("is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
	}
	until := svc.notBefore
	if !time.Now().Before(until) {
		svc.notBefore = time.Time{}
	}
	return until
}

// settle tells that a deployment is completed, that a service is steady, or that it is no more; e.mu is held.
func (e *Emulator) settle(svc *service) {
	tasks := e.tasksOf(svc)
	if svc.Status == statusDraining {
		if len(tasks) == 0 {
			svc.Status = statusInactive
			svc.deployments = svc.deployments[:1]
			e.tell()
		}
		return
	}
	primary := svc.primary()
	svc.deployments = slices.DeleteFunc(svc.deployments, func(d *deployment) bool {
		return d != primary && d != svc.completed && !slices.ContainsFunc(tasks, func(t *task) bool { return t.deployment == d })
	})
	if len(tasks) != svc.DesiredCount || primary.RolloutState == rolloutFailed || svc.steady {
		return
	}
	for _, t := range tasks {
		if health, _ := e.healthOf(t); t.leaving() || t.deployment != primary || health != healthHealthy {
			return
		}
	}
	if primary.RolloutState == rolloutInProgress {
		primary.roll(rolloutCompleted, "ECS deployment "+primary.ID+" completed.")
		svc.event("(deployment %s) deployment completed.", primary.ID)
		svc.completed = primary
		svc.deployments = svc.deployments[:1]
	}
	svc.steady = true
	svc.event("has reached a steady state.")
	e.tell()
}
