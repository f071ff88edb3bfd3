package elb

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// sorted are the targets of a group in a stable order.
func (g *targetGroup) sorted() []*target {
	return slices.SortedFunc(maps.Values(g.targets), func(a, b *target) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.port, b.port))
	})
}

// choose finds the target of a new flow, or nil where there is none. s.mu is held.
func (s *Service) choose(l *listener, hash uint64) *target {
	g := s.targetGroups[l.targetGroup()]
	if g == nil {
		return nil
	}
	all := g.sorted()
	candidates := slices.DeleteFunc(slices.Clone(all), func(t *target) bool { return !s.takesFlows(t) })
	if len(candidates) == 0 {
		candidates = all // fails open
	}
	if !s.crossesZones(l, g) {
		candidates = inOneZone(candidates, s.loadBalancers[l.LoadBalancerArn].zones(), hash)
	}
	if len(candidates) == 0 {
		return nil
	}
	return candidates[hash%uint64(len(candidates))]
}

// takesFlows tells whether a target gets new flows: it is healthy, or was, and has been draining for a short time only.
func (s *Service) takesFlows(t *target) bool {
	switch t.health.State {
	case StateHealthy:
		return true
	case StateDraining:
		return t.takesNew && time.Since(t.drainingSince) < s.scaled(NewFlowsWhileDraining)
	default:
		return false
	}
}

func (s *Service) crossesZones(l *listener, g *targetGroup) bool {
	if v := g.attributes[crossZone]; v != fromLoadBalancer {
		return v == "true"
	}
	lb := s.loadBalancers[l.LoadBalancerArn]
	return lb != nil && lb.attributes.on(crossZone)
}

// inOneZone chooses a zone as a client does that asks the DNS for the load balancer's addresses: there are those of zones
// with a target only.
func inOneZone(candidates []*target, zones []string, hash uint64) []*target {
	zones = slices.DeleteFunc(slices.Clone(zones), func(z string) bool {
		return !slices.ContainsFunc(candidates, func(t *target) bool { return t.zone == z })
	})
	if len(zones) == 0 {
		return nil
	}
	zone := zones[(hash>>32)%uint64(len(zones))]
	return slices.DeleteFunc(slices.Clone(candidates), func(t *target) bool { return t.zone != zone })
}
