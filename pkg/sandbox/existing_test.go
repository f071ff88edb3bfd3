package sandbox

import (
	"maps"
	"strings"
	"testing"

	awscloudformation "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// TestParametersNameWhatExists: what one stack makes may be given to another one, and nothing else.
func TestParametersNameWhatExists(t *testing.T) {
	t.Parallel()
	_, cfg := running(t)
	made := deploying(t, cfg, "network").create(`
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref Vpc, GroupDescription: of tasks}}
Outputs:
  Vpc: {Value: !Ref Vpc}
  Subnets: {Value: !Ref Subnet}
  Group: {Value: !Ref Group}
  Default: {Value: !GetAtt Vpc.DefaultSecurityGroup}
`, nil)
	body := `
Parameters:
  Vpc: {Type: "AWS::EC2::VPC::Id"}
  Subnets: {Type: "List<AWS::EC2::Subnet::Id>"}
  Group: {Type: "AWS::EC2::SecurityGroup::Id"}
  Default: {Type: "AWS::EC2::SecurityGroup::Id"}
Resources:
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
`
	d := deploying(t, cfg, "tasks")
	d.create(body, made)
	d.delete()
	for name, value := range map[string]string{"Vpc": made["Group"], "Subnets": made["Subnets"] + ",subnet-0123", "Group": "sg-0123", "Default": ""} {
		t.Run(name, func(t *testing.T) {
			wrong := maps.Clone(made)
			wrong[name] = value
			d := deploying(t, cfg, "wrong-"+name)
			_, err := d.cfn.CreateStack(t.Context(), &awscloudformation.CreateStackInput{StackName: &d.name, TemplateBody: &body, Parameters: parameterList(wrong)})
			if err != nil {
				t.Fatal(err)
			}
			d.settled(types.StackStatusRollbackComplete)
			events, err := d.cfn.DescribeStackEvents(t.Context(), &awscloudformation.DescribeStackEventsInput{StackName: &d.name})
			if err != nil || len(events.StackEvents) != 3 {
				t.Fatalf("%d events, want the stack's three: %v", len(events.StackEvents), err)
			}
			items := strings.Split(value, ",")
			want := "Parameter validation failed: parameter value " + items[len(items)-1] + " for parameter name " + name + " does not exist. Rollback requested by user."
			if got := *events.StackEvents[1].ResourceStatusReason; got != want {
				t.Errorf("the stack failed because of %q, want %q", got, want)
			}
		})
	}
}
