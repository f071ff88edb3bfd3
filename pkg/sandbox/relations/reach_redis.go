package relations

import "github.com/spillway/spillway/pkg/sandbox/cloudformation"

// reachRedis wants who is given a cache's address to be let to it.
func reachRedis(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	for _, c := range t.caches() {
		for _, w := range t.workloads() {
			if !c.usedBy(w) {
				continue
			}
			if !w.inVPC() {
				all = append(all, w.finding("reach-redis", "", problem{
					w.path + " is given the address of " + c.path + " and is not in a VPC",
					"a cache has only private addresses, so every connection times out",
					"give it the subnets and a security group of the cache's VPC",
				}))
				continue
			}
			for _, port := range c.ports {
				if why, mend := t.blocked(w.peer(), c.peer, port); why != "" {
					all = append(all, w.finding("reach-redis", "", problem{why, "connections time out, with nothing in any log but the program's own", mend}))
				}
			}
		}
	}
	return all
}
