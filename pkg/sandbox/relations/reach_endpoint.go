package relations

import (
	"maps"
	"slices"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// reachEndpoint wants interface endpoints to let in who needs their service: with private names they take all of its traffic,
// also of who has another way.
func reachEndpoint(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	for _, w := range t.services() {
		subnets, _ := t.madeAll(w.subnets())
		if len(subnets) == 0 {
			continue
		}
		for _, need := range slices.Sorted(maps.Keys(w.needs())) {
			e := t.endpoint(subnets[0], need)
			if e == nil || text(e.at("VpcEndpointType")) != "Interface" {
				continue
			}
			to := peer{name: e.path, groups: e.at("SecurityGroupIds"), subnets: e.at("SubnetIds")}
			if why, mend := t.blocked(w.peer(), to, httpsPort); why != "" {
				all = append(all, e.finding("reach-endpoint", "SecurityGroupIds", problem{
					why, "the endpoint answers in place of the service's public address, so tasks time out where they would not without it", mend,
				}))
			}
		}
	}
	return all
}
