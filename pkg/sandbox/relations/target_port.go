package relations

import (
	"fmt"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// targetPort wants what a service registers to be a port of its containers, of a group that takes it.
func targetPort(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	for _, w := range t.services() {
		for i, lb := range list(w.at("LoadBalancers")) {
			property := index("LoadBalancers", i, "")
			name, port := text(at(lb, "ContainerName")), text(at(lb, "ContainerPort"))
			if w.task != nil && !w.maps(name, port) {
				all = append(all, w.finding("target-port", property, problem{
					fmt.Sprintf("container %s of %s has no port mapping for %s", name, w.task.path, port),
					fmt.Sprintf("the service cannot be made: \"The container %s did not have a container port %s defined\"", name, port),
					"make ContainerPort the one of the PortMappings",
				}))
			}
			if g := t.made(at(lb, "TargetGroupArn")); g != nil {
				all = append(all, t.takes(w, g, property, port)...)
			}
		}
	}
	return all
}

// maps tells whether a container has a port.
func (w workload) maps(container, port string) bool {
	for _, c := range w.containers() {
		for _, m := range list(at(c, "PortMappings")) {
			if text(at(c, "Name")) == container && text(at(m, "ContainerPort")) == port {
				return true
			}
		}
	}
	return false
}

// takes checks the target group of a service.
func (t *tree) takes(w workload, g *resource, property, port string) []cloudformation.Finding {
	var all []cloudformation.Finding
	if text(g.at("TargetType")) != "ip" && (w.task == nil || text(w.task.at("NetworkMode")) == "awsvpc") {
		all = append(all, g.finding("target-port", "TargetType", problem{
			g.path + " is not of type ip, and " + w.path + " has tasks with network interfaces of their own",
			"the service cannot be made: \"The provided target group has target type instance, which is incompatible with the awsvpc network mode\"",
			"set TargetType to ip",
		}))
	}
	if own := text(g.at("Port")); own != "" && own != port {
		f := g.finding("target-port", "Port", problem{
			fmt.Sprintf("%s is for port %s, and %s registers port %s", g.path, own, w.path, port),
			"tasks are registered with their container's port, so the group's is never used", "make both the same",
		})
		f.Warning = true
		all = append(all, f)
	}
	forwarded := false
	for _, l := range t.of(typeListener) {
		for _, to := range t.forwarded(l) {
			forwarded = forwarded || to == g
		}
	}
	if !forwarded {
		all = append(all, w.finding("target-port", property, problem{
			"no listener forwards to " + g.path,
			"the service cannot be made: \"The target group does not have an associated load balancer\"", "make a listener with " + g.path + " in its DefaultActions",
		}))
	}
	return all
}
