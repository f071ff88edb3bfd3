package ecs

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// runTask leads a task through its life.
func (e *Emulator) runTask(ctx context.Context, t *task) {
	if err := e.launch(ctx, t); err != nil {
		e.mu.Lock()
		t.order(stopFailedToStart, err.Error())
		e.mu.Unlock()
	} else {
		e.await(ctx, t)
	}
	e.finish(ctx, t)
}

// enter changes the status of a task.
func (e *Emulator) enter(t *task, status string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t.LastStatus = status
	t.Version++
	e.wake(t)
}

// wake wakes the scheduler of a task's service, and who waits for changes; e.mu is held.
func (e *Emulator) wake(t *task) {
	if t.service != nil {
		t.service.wake()
	}
	e.tell()
}

// errStopping ends the start of a task that is to stop already.
var errStopping = errors.New("it is to stop")

// launch starts the containers of a task and registers its targets.
func (e *Emulator) launch(ctx context.Context, t *task) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	for _, step := range []func(context.Context, *task) error{e.provision, e.pull, e.startContainers, e.limit, e.activate} {
		select {
		case <-t.stopping:
			return errStopping
		default:
		}
		if err := step(ctx, t); err != nil {
			return err
		}
	}
	e.mu.Lock()
	t.running, t.StartedAt, t.LastStatus = time.Now(), now(), taskRunning
	t.Version++
	e.wake(t)
	e.mu.Unlock()
	return nil
}

// provision gives a task its address.
func (e *Emulator) provision(ctx context.Context, t *task) error {
	address, err := e.takeAddress(ctx, t.definition)
	if err != nil {
		return fmt.Errorf("ResourceInitializationError: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	t.address = address
	t.Attachments[0].Status = "ATTACHED"
	t.Attachments[0].Details = append(t.Attachments[0].Details, Variable{"privateIPv4Address", address})
	t.Connectivity, t.ConnectivityAt = "CONNECTED", now()
	for _, c := range t.containers {
		c.NetworkInterfaces = []NetworkInterface{{t.Attachments[0].ID, address}}
	}
	t.LastStatus = taskPending
	e.wake(t)
	return nil
}

// pull opens the images of a task.
func (e *Emulator) pull(ctx context.Context, t *task) error {
	e.set(t, func() { t.PullStartedAt = now() })
	for _, c := range t.containers {
		image, err := e.cfg.Images.Open(ctx, c.definition.Image)
		if err != nil {
			return fmt.Errorf("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref %s: %w", c.definition.Image, err)
		}
		c.image = image
		e.set(t, func() { c.ImageDigest = image.Digest })
	}
	e.set(t, func() { t.PullStoppedAt = now() })
	return nil
}

// set changes what the API shows of a task.
func (e *Emulator) set(t *task, change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
	e.wake(t)
}

// activate registers the targets of a task.
func (e *Emulator) activate(ctx context.Context, t *task) error {
	if t.service == nil {
		return nil
	}
	e.enter(t, taskActivating)
	for _, lb := range t.balancers {
		b := boundTarget{lb.TargetGroupArn, Target{t.address, lb.ContainerPort, t.AvailabilityZone}}
		if err := e.cfg.LoadBalancers.Register(ctx, b.group, b.Target); err != nil {
			return fmt.Errorf("ResourceInitializationError: register target in %s: %w", b.group, err)
		}
		e.set(t, func() {
			t.targets = append(t.targets, b)
			t.service.event("registered 1 targets in (target-group %s)", b.group)
		})
	}
	for _, r := range t.registries {
		instance := Instance{
			ID: t.id(), Address: t.address, Ports: r.ports(t.definition), Healthy: !t.hasChecks(), Zone: t.AvailabilityZone,
			Cluster: lastPart(t.ClusterArn), Service: t.service.ServiceName, Family: t.definition.Family,
		}
		if err := e.cfg.Registries.Register(ctx, r.RegistryArn, instance); err != nil {
			return fmt.Errorf("ResourceInitializationError: register instance in %s: %w", r.RegistryArn, err)
		}
		t.instances = append(t.instances, r.RegistryArn)
	}
	e.set(t, func() { e.tellRegistries(t) }) // of what the checks have found before
	return nil
}

// tellRegistries tells the health of a task whose containers are checked; e.mu is held.
func (e *Emulator) tellRegistries(t *task) {
	if !t.hasChecks() {
		return
	}
	for _, r := range t.registries {
		e.cfg.Registries.SetHealth(r.RegistryArn, t.id(), t.containerHealth() == healthHealthy)
	}
}

// await waits until a task is to stop, or an essential container has ended.
func (e *Emulator) await(ctx context.Context, t *task) {
	died := make(chan string, len(t.containers))
	for _, c := range t.containers {
		if c.definition.essential() {
			e.spawn(func(context.Context) {
				<-c.process.Exited()
				died <- c.Name
			})
		}
	}
	select {
	case <-t.stopping:
	case <-ctx.Done():
		e.set(t, func() { t.order(stopByScheduler, "The sandbox is stopping") })
	case <-died:
		e.set(t, func() { t.order(stopExited, "Essential container in task exited") })
	}
}

// finish stops what is left of a task.
func (e *Emulator) finish(ctx context.Context, t *task) {
	e.enter(t, taskDeactivating)
	e.deactivate(ctx, t)
	e.enter(t, taskStopping)
	e.stopContainers(ctx, t)
	e.enter(t, taskDeprovisioning)
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.addresses, t.address)
	t.Attachments[0].Status = "DELETED"
	t.LastStatus, t.StoppedAt = taskStopped, now()
	t.Version++
	close(t.stopped)
	if t.service != nil {
		t.service.ended(t, e.scaled(quickEnd))
	}
	e.wake(t)
}

// deactivate deregisters a task's targets and waits until they are drained, if its containers still serve them.
func (e *Emulator) deactivate(ctx context.Context, t *task) {
	closing := ctx.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTimeout)
	defer cancel()
	for _, registry := range t.instances {
		if err := e.cfg.Registries.Deregister(ctx, registry, t.id()); err != nil {
			e.cfg.Logger.Warn("deregister instance", "task", t.id(), "registry", registry, "error", err)
		}
	}
	for _, b := range t.targets { // only this goroutine changes them
		drained, err := e.cfg.LoadBalancers.Deregister(ctx, b.group, b.Target)
		if err != nil {
			e.cfg.Logger.Warn("deregister target", "task", t.id(), "target_group", b.group, "error", err)
			continue
		}
		e.set(t, func() {
			t.service.event("deregistered 1 targets in (target-group %s)", b.group)
			t.service.event("has begun draining connections on 1 tasks.")
		})
		awaitDrained(t, drained, closing)
	}
}

// awaitDrained waits for a target to be drained. There is nothing to wait for when a container that served it is gone.
func awaitDrained(t *task, drained, closing <-chan struct{}) {
	for _, c := range t.containers {
		if !c.definition.essential() {
			continue
		}
		if c.process == nil {
			return
		}
		select {
		case <-drained:
		case <-c.process.Exited():
			return
		case <-closing:
			return
		}
	}
}
