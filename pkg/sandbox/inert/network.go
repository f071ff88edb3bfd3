package inert

import (
	"net/netip"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// The types of a network that others refer to.
const (
	typeVPC             = "AWS::EC2::VPC"
	typeSubnet          = "AWS::EC2::Subnet"
	typeRouteTable      = "AWS::EC2::RouteTable"
	typeInternetGateway = "AWS::EC2::InternetGateway"
	typeAttachment      = "AWS::EC2::VPCGatewayAttachment"
	typeNatGateway      = "AWS::EC2::NatGateway"
	typeAddress         = "AWS::EC2::EIP"
)

func networkKinds() map[string]kind {
	inVPC := reference{"VpcId", typeVPC}
	return map[string]kind{
		typeVPC:             {make: makeVPC},
		typeSubnet:          {make: makeSubnet, references: []reference{inVPC}},
		typeInternetGateway: {make: byID("igw", "InternetGatewayId")},
		typeAttachment:      {make: makeAttachment, references: []reference{inVPC, {"InternetGatewayId", typeInternetGateway}}},
		typeRouteTable:      {make: byID("rtb", "RouteTableId"), references: []reference{inVPC}},
		"AWS::EC2::Route": {make: makeRoute, check: checkRoute, references: []reference{
			{"RouteTableId", typeRouteTable}, {"GatewayId", typeInternetGateway}, {"NatGatewayId", typeNatGateway},
		}},
		"AWS::EC2::SubnetRouteTableAssociation": {
			make: byID("rtbassoc", "Id"), references: []reference{{"RouteTableId", typeRouteTable}, {"SubnetId", typeSubnet}},
		},
		typeAddress: {make: makeAddress},
		typeNatGateway: {
			make: makeNatGateway, check: checkNatGateway, references: []reference{{"SubnetId", typeSubnet}, {"AllocationId", typeAddress}},
		},
		"AWS::EC2::VPCEndpoint": {make: makeEndpoint, references: []reference{
			inVPC, {"RouteTableIds[]", typeRouteTable}, {"SubnetIds[]", typeSubnet}, {"SecurityGroupIds[]", typeGroup},
		}},
	}
}

// byID makes a resource of which there is an id, and nothing else to say.
func byID(prefix, attribute string) func(*Account, cloudformation.Request) (made, error) {
	return func(*Account, cloudformation.Request) (made, error) {
		id := hexID(prefix)
		return made{id: id, attributes: map[string]any{attribute: id}}, nil
	}
}

func makeVPC(_ *Account, r cloudformation.Request) (made, error) {
	const narrowest, widest = 28, 16
	block, err := netip.ParsePrefix(text(r.Properties, "CidrBlock"))
	if err != nil || block.Bits() < widest || block.Bits() > narrowest {
		return made{}, invalid("The CIDR '%s' is invalid.", text(r.Properties, "CidrBlock"))
	}
	id := hexID("vpc")
	return made{id: id, attributes: map[string]any{
		"VpcId": id, "CidrBlock": block.Masked().String(), "CidrBlockAssociations": []any{hexID("vpc-cidr-assoc")}, "Ipv6CidrBlocks": []any{},
		"DefaultNetworkAcl": hexID("acl"), "DefaultSecurityGroup": hexID("sg"),
	}}, nil
}

// makeSubnet wants the block of a subnet inside of its VPC's and apart from other subnets'.
func makeSubnet(a *Account, r cloudformation.Request) (made, error) {
	block, err := netip.ParsePrefix(text(r.Properties, "CidrBlock"))
	if err != nil {
		return made{}, invalid("The CIDR '%s' is invalid.", text(r.Properties, "CidrBlock"))
	}
	vpc, _ := a.find(typeVPC, text(r.Properties, "VpcId"))
	whole, err := netip.ParsePrefix(text(vpc.attributes, "CidrBlock"))
	if err != nil || !whole.Contains(block.Addr()) || block.Bits() < whole.Bits() {
		return made{}, invalid("The CIDR '%s' is invalid.", block)
	}
	for k, other := range a.records {
		if k.typ != typeSubnet || text(other.properties, "VpcId") != vpc.id {
			continue
		}
		if taken, err := netip.ParsePrefix(text(other.properties, "CidrBlock")); err == nil && taken.Overlaps(block) {
			return made{}, invalid("The CIDR '%s' conflicts with another subnet", block)
		}
	}
	zone := text(r.Properties, "AvailabilityZone")
	if zone == "" {
		zone = a.region + "a"
	}
	id := hexID("subnet")
	return made{id: id, attributes: map[string]any{
		"SubnetId": id, "AvailabilityZone": zone, "CidrBlock": block.String(), "VpcId": vpc.id, "NetworkAclAssociationId": hexID("aclassoc"),
		"Ipv6CidrBlocks": []any{}, "BlockPublicAccessStates": map[string]any{"InternetGatewayBlockMode": "off"},
	}}, nil
}

func makeAttachment(_ *Account, r cloudformation.Request) (made, error) {
	kind := "IGW"
	if text(r.Properties, "VpnGatewayId") != "" {
		kind = "VGW"
	}
	return made{id: kind + "|" + text(r.Properties, "VpcId"), attributes: map[string]any{"AttachmentType": kind}}, nil
}

// attached tells whether a VPC has an internet gateway, that one if it is named. Account.mu is held.
func (a *Account) attached(vpc, gateway string) bool {
	for k, r := range a.records {
		if k.typ == typeAttachment && text(r.properties, "VpcId") == vpc && text(r.properties, "InternetGatewayId") != "" &&
			(gateway == "" || text(r.properties, "InternetGatewayId") == gateway) {
			return true
		}
	}
	return false
}

// checkRoute is what a template without DependsOn on the attachment runs into.
func checkRoute(a *Account, r cloudformation.Request) error {
	gateway, table := text(r.Properties, "GatewayId"), text(r.Properties, "RouteTableId")
	if gateway == "" {
		return nil
	}
	t, _ := a.find(typeRouteTable, table)
	if !a.attached(text(t.properties, "VpcId"), gateway) {
		return invalid("route table %s and network gateway %s belong to different networks", table, gateway)
	}
	return nil
}

func makeRoute(a *Account, r cloudformation.Request) (made, error) {
	table := text(r.Properties, "RouteTableId")
	for _, property := range []string{"DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"} {
		if to := text(r.Properties, property); to != "" {
			if _, taken := a.records[key{r.Type, table + "|" + to}]; taken {
				return made{}, &cloudformation.HandlerError{Code: cloudformation.CodeAlreadyExists, Message: "The route identified by " + to + " already exists."}
			}
			return made{id: table + "|" + to, attributes: map[string]any{"CidrBlock": to}}, nil
		}
	}
	return made{}, invalid("A destination CIDR block or prefix list must be given")
}

func makeAddress(*Account, cloudformation.Request) (made, error) {
	ip, allocation := documentationAddress(), hexID("eipalloc")
	return made{id: ip, attributes: map[string]any{"PublicIp": ip, "AllocationId": allocation}, aliases: []string{allocation}}, nil
}

// checkNatGateway wants the way out that a public NAT gateway is for.
func checkNatGateway(a *Account, r cloudformation.Request) error {
	subnet, ok := a.find(typeSubnet, text(r.Properties, "SubnetId"))
	if !ok || text(r.Properties, "ConnectivityType") == "private" {
		return nil
	}
	if vpc := text(subnet.properties, "VpcId"); !a.attached(vpc, "") {
		return invalid("Network %s has no Internet gateway attached", vpc)
	}
	return nil
}

func makeNatGateway(*Account, cloudformation.Request) (made, error) {
	id := hexID("nat")
	return made{id: id, attributes: map[string]any{
		"NatGatewayId": id, "EniId": hexID("eni"), "AutoProvisionZones": "", "AutoScalingIps": "", "RouteTableId": "", // of regional ones
	}}, nil
}

func makeEndpoint(_ *Account, r cloudformation.Request) (made, error) {
	id := hexID("vpce")
	interfaces, names := []any{}, []any{}
	if text(r.Properties, "VpcEndpointType") == "Interface" {
		for range valuesAt(r.Properties, "SubnetIds[]") {
			interfaces = append(interfaces, hexID("eni"))
		}
		names = append(names, wordID("Z")+":"+id+"."+text(r.Properties, "ServiceName")+".vpce.amazonaws.com")
	}
	return made{id: id, attributes: map[string]any{
		"Id": id, "NetworkInterfaceIds": interfaces, "DnsEntries": names, "CreationTimestamp": now(),
	}}, nil
}
