package relations

import (
	"fmt"
	"net/netip"
)

const (
	typeGroup  = "AWS::EC2::SecurityGroup"
	anywhere   = "0.0.0.0/0"
	everything = "-1"
)

// peer is one end of a connection: its security groups and its subnets, as properties name them, or any address there is.
type peer struct {
	name    string
	groups  any
	subnets any
	public  bool
}

// rule is a rule of a security group.
type rule map[string]any

// rules are those of a group for one direction: its own, and those that are resources of their own.
func (t *tree) rules(group *resource, in bool) []rule {
	property, typ := "SecurityGroupEgress", "AWS::EC2::SecurityGroupEgress"
	if in {
		property, typ = "SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress"
	}
	var all []rule
	for _, v := range list(group.at(property)) {
		if m, ok := v.(map[string]any); ok {
			all = append(all, m)
		}
	}
	for _, r := range t.of(typ) {
		if t.made(r.at("GroupId")) == group {
			all = append(all, r.properties)
		}
	}
	if !in && all == nil {
		return []rule{{"IpProtocol": everything, "CidrIp": anywhere}} // what a group without rules for the way out gets
	}
	return all
}

// passes tells whether a rule is for a TCP port.
func (r rule) passes(port int) bool {
	switch text(r["IpProtocol"]) {
	case everything:
		return true
	case "tcp", "6":
		from, known := number(r["FromPort"])
		to, alsoKnown := number(r["ToPort"])
		return !known || !alsoKnown || from <= port && port <= to
	}
	return false
}

// covers tells whether a rule is for the other end of a connection.
func (t *tree) covers(r rule, other peer) bool {
	for _, name := range []string{"SourceSecurityGroupId", "DestinationSecurityGroupId"} {
		if r[name] == nil {
			continue
		}
		named := t.made(r[name])
		for _, g := range list(other.groups) {
			if text(g) == text(r[name]) || named != nil && t.made(g) == named {
				return true
			}
		}
		return !other.public && len(list(other.groups)) == 0 // the VPC's own group, which is not known
	}
	cidr := text(r["CidrIp"])
	if cidr == "" {
		return true // IPv6 and prefix lists are not looked at
	}
	if other.public {
		return cidr == anywhere
	}
	return t.inside(cidr, other.subnets)
}

// inside tells whether all subnets are in a block of addresses. Those that are not known are taken to be.
func (t *tree) inside(cidr string, subnets any) bool {
	whole, err := netip.ParsePrefix(cidr)
	if err != nil || whole.Bits() == 0 {
		return true
	}
	for _, v := range list(subnets) {
		s := t.made(v)
		if s == nil {
			continue
		}
		if block, err := netip.ParsePrefix(text(s.at("CidrBlock"))); err == nil && (!whole.Contains(block.Addr()) || block.Bits() < whole.Bits()) {
			return false
		}
	}
	return true
}

// allows tells whether the groups of one end let a connection to a port pass, in or out. Groups that the tree has not are
// taken to.
func (t *tree) allows(groups any, in bool, other peer, port int) bool {
	found, whole := t.madeAll(groups)
	if !whole || len(found) == 0 {
		return true
	}
	for _, g := range found {
		for _, r := range t.rules(g, in) {
			if r.passes(port) && t.covers(r, other) {
				return true
			}
		}
	}
	return false
}

// blocked tells why one end cannot connect to a port of another; empty is that it can.
func (t *tree) blocked(from, to peer, port int) (why, mend string) {
	if !t.allows(from.groups, false, to, port) {
		return fmt.Sprintf("no rule of %s lets %s out to port %d of %s", t.groupNames(from.groups), from.name, port, to.name),
			fmt.Sprintf("add a SecurityGroupEgress for TCP port %d to a group of %s", port, from.name)
	}
	if !t.allows(to.groups, true, from, port) {
		return fmt.Sprintf("no rule of %s lets %s in to port %d of %s", t.groupNames(to.groups), from.name, port, to.name),
			fmt.Sprintf("add a SecurityGroupIngress for TCP port %d from a group of %s", port, from.name)
	}
	return "", ""
}

func (t *tree) groupNames(groups any) string {
	names := ""
	for _, v := range list(groups) {
		if names != "" {
			names += ", "
		}
		if g := t.made(v); g != nil {
			names += g.path
		} else {
			names += text(v)
		}
	}
	return names
}
