package servicediscovery

import (
	"cmp"
	"context"
	"maps"
	"slices"
)

// Instance is a task that is to be found.
type Instance struct {
	ID      string
	Address string
	// Ports are where it listens.
	Ports []int
	// Healthy is whether it is so from the start.
	Healthy bool
	// What ECS tells of it.
	Zone, Cluster, Service, Family string
}

// instance is one that is registered. Guarded by Emulator.mu.
type instance struct {
	Instance
	attributes map[string]string
}

// The health of an instance, as the API says it.
const (
	healthy   = "HEALTHY"
	unhealthy = "UNHEALTHY"
)

func healthOf(ok bool) string {
	if ok {
		return healthy
	}
	return unhealthy
}

// Register adds an instance to a service, of which the ARN or id is given, or replaces the one of its id.
func (e *Emulator) Register(ctx context.Context, serviceID string, in Instance) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := e.service(serviceID)
	switch {
	case err != nil:
		return err
	case e.closed:
		return errorf(CodeInternal, "The sandbox is stopping")
	case len(s.instances) >= MaxInstances && s.instances[in.ID] == nil:
		return errorf(CodeLimit, "A service has at most %d instances", MaxInstances)
	}
	if err := e.open(ctx, s, in.Ports); err != nil {
		return err
	}
	s.instances[in.ID] = &instance{in, map[string]string{
		"AWS_INSTANCE_IPV4": in.Address, "AWS_INIT_HEALTH_STATUS": healthOf(in.Healthy), "AVAILABILITY_ZONE": in.Zone, "REGION": e.cfg.Region,
		"ECS_CLUSTER_NAME": in.Cluster, "ECS_SERVICE_NAME": in.Service, "ECS_TASK_DEFINITION_FAMILY": in.Family,
	}}
	return nil
}

// Deregister takes an instance away; its connections stay.
func (e *Emulator) Deregister(_ context.Context, serviceID, id string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := e.service(serviceID)
	if err != nil {
		return err
	}
	if s.instances[id] == nil {
		return errorf(CodeNoInstance, "The service %s has no instance %.200q", s.Id, id)
	}
	delete(s.instances, id)
	s.shut(s.ports())
	return nil
}

// SetHealth tells how an instance is. One that is not registered has no health.
func (e *Emulator) SetHealth(serviceID, id string, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, err := e.service(serviceID); err == nil && s.instances[id] != nil {
		s.instances[id].Healthy = ok
	}
}

// ports are those of all instances; Emulator.mu is held.
func (s *service) ports() map[int]bool {
	all := map[int]bool{}
	for _, i := range s.instances {
		for _, p := range i.Ports {
			all[p] = true
		}
	}
	return all
}

// sorted are the instances by id; Emulator.mu is held.
func (s *service) sorted() []*instance {
	return slices.SortedFunc(maps.Values(s.instances), func(a, b *instance) int { return cmp.Compare(a.ID, b.ID) })
}

// answered are the instances that DNS answers with: the healthy ones, or all where none is. Emulator.mu is held.
func (s *service) answered() []*instance {
	all := s.sorted()
	good := slices.DeleteFunc(slices.Clone(all), func(i *instance) bool { return !i.Healthy })
	if len(good) == 0 {
		return all
	}
	return good
}
