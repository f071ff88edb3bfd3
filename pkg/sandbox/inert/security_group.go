package inert

import "github.com/spillway/spillway/pkg/sandbox/cloudformation"

const typeGroup = "AWS::EC2::SecurityGroup"

func groupKinds() map[string]kind {
	of, source, destination := reference{"GroupId", typeGroup}, reference{"SourceSecurityGroupId", typeGroup}, reference{"DestinationSecurityGroupId", typeGroup}
	return map[string]kind{
		typeGroup: {make: makeGroup, references: []reference{
			{"VpcId", typeVPC}, {"SecurityGroupIngress[].SourceSecurityGroupId", typeGroup}, {"SecurityGroupEgress[].DestinationSecurityGroupId", typeGroup},
		}},
		"AWS::EC2::SecurityGroupIngress": {make: byID("sgr", "Id"), references: []reference{of, source}},
		"AWS::EC2::SecurityGroupEgress":  {make: byID("sgr", "Id"), references: []reference{of, destination}},
	}
}

func makeGroup(_ *Account, r cloudformation.Request) (made, error) {
	id := hexID("sg")
	return made{id: id, attributes: map[string]any{"Id": id, "GroupId": id, "VpcId": text(r.Properties, "VpcId")}}, nil
}
