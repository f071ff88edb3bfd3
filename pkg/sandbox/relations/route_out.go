package relations

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// routeOut wants tasks to have a way to what they need, by their subnets and by their groups.
func routeOut(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	for _, w := range t.services() {
		needs := w.needs()
		subnets, _ := t.madeAll(w.subnets())
		for _, subnet := range subnets {
			if missing := t.unreachable(w, subnet, needs); missing != "" {
				all = append(all, w.finding("route-out", "NetworkConfiguration", problem{
					fmt.Sprintf("a task in %s has no way to %s, which %s needs", subnet.path, missing, needs[missing]),
					"tasks fail to start (CannotPullContainerError, ResourceInitializationError), or cannot reach what they are told to",
					t.mendRoute(w, subnet, missing),
				}))
			}
		}
		if t.needsPublic(subnets, needs) && !t.allows(w.groups(), false, peer{public: true}, httpsPort) {
			all = append(all, w.finding("route-out", "NetworkConfiguration", problem{
				fmt.Sprintf("no rule of %s lets %s out to port %d", t.groupNames(w.groups()), w.path, httpsPort),
				"tasks fail to start (CannotPullContainerError, ResourceInitializationError)",
				fmt.Sprintf("add a SecurityGroupEgress for TCP port %d to %s", httpsPort, anywhere),
			}))
		}
	}
	return all
}

// unreachable is the first need that has no way; empty is that all have.
func (t *tree) unreachable(w workload, subnet *resource, needs map[string]string) string {
	switch t.out(subnet) {
	case byNat, unknownWay:
		return ""
	case byInternetGateway:
		if text(w.network["AssignPublicIp"]) == "ENABLED" {
			return ""
		}
	}
	for _, need := range slices.Sorted(maps.Keys(needs)) {
		if need == internet || t.endpoint(subnet, need) == nil {
			return need
		}
	}
	return ""
}

func (t *tree) mendRoute(w workload, subnet *resource, need string) string {
	switch {
	case t.out(subnet) == byInternetGateway:
		return "set AssignPublicIp of " + w.path + " to ENABLED, or use a subnet that has a route to a NAT gateway"
	case need == internet:
		return "give the subnet a route to a NAT gateway"
	}
	return "give the subnet a route to a NAT gateway, or the VPC an endpoint of " + need
}

// needsPublic tells whether something is reached by public addresses.
func (t *tree) needsPublic(subnets []*resource, needs map[string]string) bool {
	for _, subnet := range subnets {
		for need := range needs {
			if need == internet || t.endpoint(subnet, need) == nil {
				return true
			}
		}
	}
	return false
}
