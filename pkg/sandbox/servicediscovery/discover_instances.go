package servicediscovery

import (
	"context"
	"maps"
	"strings"
)

// DiscoverInstancesInput names a service by its name and that of its namespace.
type DiscoverInstancesInput struct {
	NamespaceName, ServiceName string
	MaxResults                 *int
	// HealthStatus is HEALTHY, UNHEALTHY, ALL or HEALTHY_OR_ELSE_ALL, which is what is meant if it is empty.
	HealthStatus string
}

// DiscoverInstancesOutput are the instances that were asked for.
type DiscoverInstancesOutput struct{ Instances []FoundInstance }

// FoundInstance is an instance as who looks for it sees it.
type FoundInstance struct {
	InstanceId, NamespaceName, ServiceName, HealthStatus string
	Attributes                                           map[string]string
}

// DiscoverInstances finds instances by their names.
func (e *Emulator) DiscoverInstances(_ context.Context, in DiscoverInstancesInput) (DiscoverInstancesOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := e.named(in.NamespaceName, in.ServiceName)
	if err != nil {
		return DiscoverInstancesOutput{}, err
	}
	of := s.sorted()
	switch in.HealthStatus {
	case "", "HEALTHY_OR_ELSE_ALL":
		of = s.answered()
	case "ALL", healthy, unhealthy:
	default:
		return DiscoverInstancesOutput{}, invalid("The health status %.40q is unknown", in.HealthStatus)
	}
	out := []FoundInstance{}
	for _, i := range of {
		health := healthOf(i.Healthy)
		if (in.HealthStatus == healthy || in.HealthStatus == unhealthy) && health != in.HealthStatus {
			continue
		}
		out = append(out, FoundInstance{i.ID, in.NamespaceName, s.Name, health, maps.Clone(i.attributes)})
	}
	part, _, pageErr := page(out, "", in.MaxResults)
	if pageErr != nil {
		return DiscoverInstancesOutput{}, pageErr
	}
	return DiscoverInstancesOutput{part}, nil
}

// named finds a service by names; e.mu is held.
func (e *Emulator) named(namespace, name string) (*service, error) {
	found := false
	for _, n := range e.namespaces {
		if !strings.EqualFold(n.Name, namespace) {
			continue
		}
		found = true
		for _, s := range e.services {
			if s.NamespaceId == n.Id && strings.EqualFold(s.Name, name) {
				return s, nil
			}
		}
	}
	if !found {
		return nil, errorf(CodeNoNamespace, "There is no namespace of the name %.300q", namespace)
	}
	return nil, errorf(CodeNoService, "The namespace %.300s has no service %.200q", namespace, name)
}
