package relations

import "github.com/spillway/spillway/pkg/sandbox/cloudformation"

// oneVPC wants the subnets and groups of one thing to be in one VPC.
func oneVPC(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	check := func(r *resource, ids ...any) {
		var first *resource
		for _, v := range ids {
			parts, _ := t.madeAll(v)
			for _, part := range parts {
				vpc := t.made(part.at("VpcId"))
				if vpc == nil {
					continue
				}
				if first == nil {
					first = vpc
				}
				if vpc != first {
					all = append(all, r.finding("one-vpc", "", problem{
						part.path + " is in " + vpc.path + ", others of " + r.path + " in " + first.path, "it cannot be made",
						"take subnets and groups of one VPC",
					}))
				}
			}
		}
	}
	for _, w := range t.workloads() {
		check(w.resource, w.subnets(), w.groups())
	}
	for _, b := range t.of(typeLoadBalancer) {
		check(b, b.at("Subnets"), b.at("SecurityGroups"))
	}
	for _, c := range t.caches() {
		if c.host == "" {
			check(c.resource, c.peer.subnets, c.peer.groups)
		}
	}
	for _, e := range t.of("AWS::EC2::VPCEndpoint") {
		check(e, e.at("SubnetIds"), e.at("SecurityGroupIds"), e.at("RouteTableIds"))
	}
	return all
}
