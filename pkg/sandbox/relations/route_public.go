package relations

import "github.com/spillway/spillway/pkg/sandbox/cloudformation"

// routePublic wants what is public to be in public subnets.
func routePublic(t *tree) []cloudformation.Finding {
	var all []cloudformation.Finding
	for _, n := range t.of("AWS::EC2::NatGateway") {
		if text(n.at("ConnectivityType")) != "private" {
			all = append(all, t.public(n, "SubnetId", "what is sent to it goes nowhere")...)
		}
	}
	for _, b := range t.of(typeLoadBalancer) {
		if text(b.at("Scheme")) == "internet-facing" {
			all = append(all, t.public(b, "Subnets", "nobody on the internet reaches it there")...)
		}
	}
	return all
}

func (t *tree) public(r *resource, property, consequence string) []cloudformation.Finding {
	var all []cloudformation.Finding
	subnets, _ := t.madeAll(r.at(property))
	for _, subnet := range subnets {
		if way := t.out(subnet); way == nowhere || way == byNat {
			all = append(all, r.finding("route-public", property, problem{
				r.path + " is in " + subnet.path + ", which has no route to an internet gateway", consequence,
				"add a route for " + anywhere + " to an internet gateway to the route table of the subnet",
			}))
		}
	}
	return all
}
