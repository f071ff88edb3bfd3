package relations

import (
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// way is where a subnet's default route leads.
type way int

// The ways out of a subnet.
const (
	nowhere way = iota
	byInternetGateway
	byNat
	unknownWay // to something that is not looked at, or a table that is not in the tree
)

// table is the route table of a subnet; nil is the main one of its VPC, which has no default route.
func (t *tree) table(subnet *resource) *resource {
	for _, a := range t.of("AWS::EC2::SubnetRouteTableAssociation") {
		if t.made(a.at("SubnetId")) == subnet {
			return t.made(a.at("RouteTableId"))
		}
	}
	return nil
}

// associated tells whether a subnet has a route table that the tree has not.
func (t *tree) foreignTable(subnet *resource) bool {
	for _, a := range t.of("AWS::EC2::SubnetRouteTableAssociation") {
		if t.made(a.at("SubnetId")) == subnet && t.made(a.at("RouteTableId")) == nil {
			return true
		}
	}
	return false
}

// out is the way out of a subnet.
func (t *tree) out(subnet *resource) way {
	if t.foreignTable(subnet) {
		return unknownWay
	}
	table := t.table(subnet)
	if table == nil {
		return nowhere
	}
	for _, r := range t.of("AWS::EC2::Route") {
		if t.made(r.at("RouteTableId")) != table || text(r.at("DestinationCidrBlock")) != anywhere {
			continue
		}
		switch {
		case r.at("NatGatewayId") != nil:
			return byNat
		case r.at("GatewayId") != nil:
			return byInternetGateway
		}
		return unknownWay
	}
	return nowhere
}

// endpoint is the VPC endpoint of a service, such as ecr.api, that a subnet has; nil is none.
func (t *tree) endpoint(subnet *resource, service string) *resource {
	for _, e := range t.of("AWS::EC2::VPCEndpoint") {
		if !strings.HasSuffix(text(e.at("ServiceName")), "."+service) || t.made(e.at("VpcId")) != t.made(subnet.at("VpcId")) {
			continue
		}
		if text(e.at("VpcEndpointType")) == "Interface" {
			if text(e.at("PrivateDnsEnabled")) != "false" {
				return e
			}
			continue
		}
		for _, v := range list(e.at("RouteTableIds")) {
			if table := t.table(subnet); table != nil && t.made(v) == table {
				return e
			}
		}
	}
	return nil
}

// needs are the services that a task has to reach, by their names in endpoints; internet is one of no endpoint.
const internet = "the internet"

func (w workload) needs() map[string]string {
	needs := map[string]string{}
	for _, c := range w.containers() {
		if image := text(at(c, "Image")); strings.Contains(image, ".dkr.ecr.") {
			for _, service := range []string{"ecr.api", "ecr.dkr", "s3"} {
				needs[service] = "its image"
			}
		} else {
			needs[internet] = "its image, " + image
		}
		if text(at(c, "LogConfiguration", "LogDriver")) == "awslogs" {
			needs["logs"] = "its log"
		}
		for _, s := range list(at(c, "Secrets")) {
			if from := text(at(s, "ValueFrom")); strings.Contains(from, ":parameter/") || !strings.Contains(from, ":") && !strings.Contains(from, "{{made:") {
				needs["ssm"] = "its secrets"
			} else {
				needs["secretsmanager"] = "its secrets"
			}
		}
	}
	for _, v := range w.environment() {
		if strings.HasPrefix(v, "https://") || strings.HasSuffix(attributeOf(v), "ProviderURL") {
			needs[internet] = "a URL in its environment"
		}
	}
	return needs
}

// attributeOf is the attribute that a value is.
func attributeOf(v string) string {
	p, _ := cloudformation.ParsePlaceholder(v)
	return p.Attribute
}
