package relations

import (
	"fmt"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

const (
	typeLoadBalancer = "AWS::ElasticLoadBalancingV2::LoadBalancer"
	typeTargetGroup  = "AWS::ElasticLoadBalancingV2::TargetGroup"
	typeListener     = "AWS::ElasticLoadBalancingV2::Listener"
)

// targets are what listeners of a load balancer forward to.
func (t *tree) targets(balancer *resource) []*resource {
	var groups []*resource
	for _, l := range t.of(typeListener) {
		if t.made(l.at("LoadBalancerArn")) == balancer {
			groups = append(groups, t.forwarded(l)...)
		}
	}
	return groups
}

// forwarded are the target groups that a listener forwards to.
func (t *tree) forwarded(listener *resource) []*resource {
	var groups []*resource
	for _, a := range list(listener.at("DefaultActions")) {
		arns := []any{at(a, "TargetGroupArn")}
		for _, g := range list(at(a, "ForwardConfig", "TargetGroups")) {
			arns = append(arns, at(g, "TargetGroupArn"))
		}
		found, _ := t.madeAll(arns)
		groups = append(groups, found...)
	}
	return groups
}

// reachTarget wants customers to reach listeners, and load balancers their targets, for traffic and for health checks.
func reachTarget(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	for _, b := range t.of(typeLoadBalancer) {
		groups := b.at("SecurityGroups")
		if len(list(groups)) == 0 {
			if text(b.at("Type")) == "network" {
				found := b.finding("reach-target", "SecurityGroups", problem{
					b.path + " has no security group", "everybody reaches every listener of it, and none can ever be added: it has to be made anew",
					"give it one when it is made",
				})
				found.Warning = true // it works nevertheless
				all = append(all, found)
			}
			continue
		}
		all = append(all, t.closedListeners(b)...)
		from := peer{name: b.path, groups: groups, subnets: b.at("Subnets")}
		for _, g := range t.targets(b) {
			for _, w := range t.services() {
				for _, port := range t.registeredPorts(w, g) {
					if why, mend := t.blocked(from, w.peer(), port); why != "" {
						all = append(all, b.finding("reach-target", "SecurityGroups", problem{why, "targets stay unhealthy, so a deployment fails, or nobody is served", mend}))
					}
				}
			}
		}
	}
	return all
}

// registeredPorts are the ports of a service's tasks that a target group sends traffic or health checks to.
func (t *tree) registeredPorts(w workload, group *resource) []int {
	var ports []int
	for _, lb := range list(w.at("LoadBalancers")) {
		if t.made(at(lb, "TargetGroupArn")) != group {
			continue
		}
		if n, ok := number(at(lb, "ContainerPort")); ok {
			ports = append(ports, n)
		}
		if n, ok := number(group.at("HealthCheckPort")); ok && (len(ports) == 0 || n != ports[0]) {
			ports = append(ports, n)
		}
	}
	return ports
}

// closedListeners are listeners on ports that no rule lets anybody in to.
func (t *tree) closedListeners(balancer *resource) []cloudformation.Finding {
	var all []cloudformation.Finding
	groups, whole := t.madeAll(balancer.at("SecurityGroups"))
	if !whole {
		return nil
	}
	for _, l := range t.of(typeListener) {
		port, known := number(l.at("Port"))
		if !known || t.made(l.at("LoadBalancerArn")) != balancer {
			continue
		}
		open := false
		for _, g := range groups {
			for _, r := range t.rules(g, true) {
				open = open || r.passes(port)
			}
		}
		if !open {
			all = append(all, l.finding("reach-target", "Port", problem{
				fmt.Sprintf("no rule of %s lets anybody in to port %d of %s", t.groupNames(balancer.at("SecurityGroups")), port, balancer.path),
				"customers' connections time out", fmt.Sprintf("add a SecurityGroupIngress for TCP port %d", port),
			}))
		}
	}
	return all
}
