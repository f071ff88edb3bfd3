package relations_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/relations"
)

// mutation is a mistake in the production templates, and what is found of it: rules and paths, one a line.
type mutation struct {
	name       string
	parameters map[string]string
	edits      []edit
	want       []string
	says       string // part of the first finding's text
}

func mutations() []mutation {
	return slices.Concat(reachMutations(), routeMutations(), roleMutations(), containerMutations())
}

func reachMutations() []mutation {
	fargate := map[string]string{"RedisMode": "fargate"}
	endpoints := map[string]string{"InterfaceEndpoints": "true"}
	plain := map[string]string{"ProxyProtocol": "false"}
	return []mutation{
		{
			name:  "Redis lets the gateway in to another port",
			edits: []edit{{"network.yaml", "      Description: the gateway reads; 6380 is for reading from replicas of a serverless cache\n      GroupId: !Ref RedisSecurityGroup\n      IpProtocol: tcp\n      FromPort: 6379\n      ToPort: 6380", "      GroupId: !Ref RedisSecurityGroup\n      IpProtocol: tcp\n      FromPort: 6380\n      ToPort: 6380"}},
			want:  []string{"reach-redis Gateway/Service"},
			says:  "no rule of Network/RedisSecurityGroup lets Gateway/Service in to port 6379 of Gateway/ReplicatedRedis",
		},
		{
			name:  "Redis lets only the gateway in",
			edits: []edit{{"network.yaml", "SourceSecurityGroupId: !Ref ConsumerSecurityGroup", "SourceSecurityGroupId: !Ref GatewaySecurityGroup"}},
			want:  []string{"reach-redis Data/Consumer"},
			says:  "add a SecurityGroupIngress for TCP port 6379 from a group of Data/Consumer",
		},
		{
			name:  "the gateway is let out to 443 alone",
			edits: []edit{{"network.yaml", "        - Description: Redis\n          IpProtocol: tcp\n          FromPort: 6379\n          ToPort: 6380", "        - Description: Redis\n          IpProtocol: udp\n          FromPort: 6379\n          ToPort: 6380"}},
			want:  []string{"reach-redis Gateway/Service"},
			says:  "no rule of Network/GatewaySecurityGroup lets Gateway/Service out to port 6379",
		},
		{
			name: "a serverless cache without its second port", parameters: map[string]string{"RedisMode": "serverless"},
			edits: []edit{{"network.yaml", "      FromPort: 6379\n      ToPort: 6380\n      SourceSecurityGroupId: !Ref ConsumerSecurityGroup", "      FromPort: 6379\n      ToPort: 6379\n      SourceSecurityGroupId: !Ref ConsumerSecurityGroup"}},
			want:  []string{"reach-redis Data/Consumer"}, says: "port 6380 of Gateway/ServerlessRedis",
		},
		{
			name: "Redis as a task, which is found by its name", parameters: fargate,
			edits: []edit{{"network.yaml", "SourceSecurityGroupId: !Ref ConsumerSecurityGroup", "SourceSecurityGroupId: !Ref GatewaySecurityGroup"}},
			want:  []string{"reach-redis Data/Consumer"}, says: "port 6379 of Gateway/FargateRedis",
		},
		{
			name:  "the consumer outside of the VPC",
			edits: []edit{{"all-steps.yaml", "        SubnetIds: !GetAtt Network.Outputs.SubnetID\n        SecurityGroupIds: !GetAtt Network.Outputs.SecurityGroup\n", ""}},
			want:  []string{"reach-redis Data/Consumer"}, says: "is not in a VPC",
		},
		{
			name:  "no way from the load balancer to the gateway",
			edits: []edit{{"network.yaml", "      FromPort: 8443\n      ToPort: 8443\n      SourceSecurityGroupId", "      FromPort: 8444\n      ToPort: 8444\n      SourceSecurityGroupId"}},
			want:  []string{"reach-target Gateway/LoadBalancer"}, says: "lets Gateway/LoadBalancer in to port 8443 of Gateway/Service",
		},
		{
			name: "no way for health checks", parameters: plain,
			edits: []edit{{"gateway.yaml", "      FromPort: 8081\n      ToPort: 8081\n      DestinationSecurityGroupId", "      FromPort: 8082\n      ToPort: 8082\n      DestinationSecurityGroupId"}},
			want:  []string{"reach-target Gateway/LoadBalancer"}, says: "lets Gateway/LoadBalancer out to port 8081 of Gateway/Service",
		},
		{
			name:  "a load balancer without a group",
			edits: []edit{{"gateway.yaml", "      SecurityGroups: [!Ref LoadBalancerSecurityGroup]\n", ""}},
			want:  []string{"warning: reach-target Gateway/LoadBalancer"}, says: "none can ever be added",
		},
		{
			name: "a listener that nobody is let in to", parameters: map[string]string{"ListenPort": "443"},
			edits: []edit{{"network.yaml", "          FromPort: !Ref ListenPort\n          ToPort: !Ref ListenPort", "          FromPort: 80\n          ToPort: 80"}},
			want:  []string{"reach-target Gateway/Listener"}, says: "lets anybody in to port 443 of Gateway/LoadBalancer",
		},
		{
			name: "endpoints that do not let the gateway in", parameters: endpoints,
			edits: []edit{{"network.yaml", "        - Description: gateway\n          IpProtocol: tcp\n          FromPort: 443\n          ToPort: 443\n          SourceSecurityGroupId: !Ref GatewaySecurityGroup\n", ""}},
			want: []string{
				"reach-endpoint Network/EcrApiEndpoint", "reach-endpoint Network/EcrEndpoint", "reach-endpoint Network/LogsEndpoint", "reach-endpoint Network/SecretsEndpoint",
			}, says: "in place of the service's public address",
		},
	}
}

func routeMutations() []mutation {
	noDefault := edit{"network.yaml", "  PrivateDefaultRouteOne:\n    Type: AWS::EC2::Route\n    Condition: HasNat\n    Properties:\n      RouteTableId: !Ref PrivateRoutesOne", "  PrivateDefaultRouteOne:\n    Type: AWS::EC2::Route\n    Condition: HasNat\n    Properties:\n      RouteTableId: !Ref PrivateRoutesTwo"}
	public := map[string]string{"Egress": "public-ip"}
	return []mutation{
		{name: "a private subnet without a way out", edits: []edit{noDefault}, want: []string{"route-out Gateway/Service"}, says: "a task in Network/PrivateSubnetOne has no way to ecr.api"},
		{
			name: "endpoints, and no way to the issuer", parameters: map[string]string{"InterfaceEndpoints": "true"}, edits: []edit{noDefault},
			want: []string{"route-out Gateway/Service"}, says: "has no way to the internet, which a URL in its environment needs",
		},
		{
			name: "a public subnet, and no public address", parameters: public,
			edits: []edit{{"network.yaml", "Value: !If [HasNat, DISABLED, ENABLED]", "Value: DISABLED"}},
			want:  []string{"route-out Gateway/Service", "route-out Gateway/Service"}, says: "set AssignPublicIp of Gateway/Service to ENABLED",
		},
		{
			name:  "the gateway is not let out to 443",
			edits: []edit{{"network.yaml", "          FromPort: 443\n          ToPort: 443\n          CidrIp: 0.0.0.0/0", "          FromPort: 443\n          ToPort: 443\n          CidrIp: 10.0.0.0/8"}},
			want:  []string{"route-out Gateway/Service"}, says: "no rule of Network/GatewaySecurityGroup lets Gateway/Service out to port 443",
		},
		{
			name: "public subnets that are not", parameters: map[string]string{"Scheme": "internet-facing"},
			edits: []edit{{"network.yaml", "  PublicRoutesOfOne:\n    Type: AWS::EC2::SubnetRouteTableAssociation\n    Properties:\n      RouteTableId: !Ref PublicRoutes\n", "  PublicRoutesOfOne:\n    Type: AWS::EC2::SubnetRouteTableAssociation\n    Properties:\n      RouteTableId: !Ref PrivateRoutesOne\n"}},
			want:  []string{"route-public Gateway/LoadBalancer", "route-public Network/NatOne"}, says: "is in Network/PublicSubnetOne, which has no route to an internet gateway",
		},
		{
			name: "a group of another VPC",
			edits: []edit{
				{"network.yaml", "Resources:\n", "Resources:\n  Other:\n    Type: AWS::EC2::VPC\n    Properties:\n      CidrBlock: 10.9.0.0/16\n"},
				{"network.yaml", "      GroupDescription: The consumer function\n      VpcId: !Ref Vpc", "      GroupDescription: The consumer function\n      VpcId: !Ref Other"},
			},
			want: []string{"one-vpc Data/Consumer"}, says: "Network/ConsumerSecurityGroup is in Network/Other",
		},
	}
}

func roleMutations() []mutation {
	return []mutation{
		{
			name:  "the consumer's role is for tasks",
			edits: []edit{{"data.yaml", "Service: lambda.amazonaws.com", "Service: ecs-tasks.amazonaws.com"}},
			want:  []string{"role-trust Data/ConsumerRole"}, says: "cannot be assumed by Lambda",
		},
		{
			name:  "the execution role is for functions",
			edits: []edit{{"gateway.yaml", "Service: ecs-tasks.amazonaws.com", "Service: lambda.amazonaws.com"}},
			want:  []string{"role-trust Gateway/ExecutionRole"},
		},
		{
			name:  "the role may not read the stream",
			edits: []edit{{"data.yaml", "                  - kinesis:GetRecords\n", ""}, {"data.yaml", "                  - kinesis:ListShards\n", ""}},
			want:  []string{"role-mapping Data/ConsumerRole"}, says: "does not allow kinesis:GetRecords, kinesis:ListShards, which Data/ConsumerMapping needs",
		},
		{
			name:  "the role may read another stream",
			edits: []edit{{"data.yaml", "                Resource: !GetAtt Stream.Arn", "                Resource: arn:aws:kinesis:us-east-1:000000000000:stream/other"}},
			want:  []string{"role-mapping Data/ConsumerRole"}, says: "kinesis:DescribeStream, kinesis:DescribeStreamSummary",
		},
		{
			name:  "the role may not keep failures",
			edits: []edit{{"data.yaml", "                Resource: !Sub ${FailureBucket.Arn}/*", "                Resource: !GetAtt FailureBucket.Arn"}},
			want:  []string{"role-mapping Data/ConsumerRole"}, says: "s3:PutObject",
		},
		{
			name:  "a denial wins",
			edits: []edit{{"data.yaml", "              - Sid: CheckFailureBucket\n                Effect: Allow", "              - Sid: Never\n                Effect: Deny\n                Action: s3:Put*\n                Resource: \"*\"\n              - Sid: CheckFailureBucket\n                Effect: Allow"}},
			want:  []string{"role-mapping Data/ConsumerRole"}, says: "s3:PutObject",
		},
		{
			name:  "the role may not make network interfaces",
			edits: []edit{{"data.yaml", "                    - ec2:CreateNetworkInterface\n", ""}},
			want:  []string{"role-function Data/ConsumerRole"}, says: "ec2:CreateNetworkInterface",
		},
		{
			name:  "the role may log to another group",
			edits: []edit{{"data.yaml", "                Resource: !GetAtt ConsumerLogGroup.Arn", "                Resource: arn:aws:logs:us-east-1:000000000000:log-group:/other:*"}},
			want:  []string{"warning: role-function Data/ConsumerRole"}, says: "logs:CreateLogStream, logs:PutLogEvents",
		},
		{
			name:  "a log group that nobody makes and the role may not",
			edits: []edit{{"data.yaml", "        LogGroup: !Ref ConsumerLogGroup", "        LogGroup: /aws/lambda/consumer"}, {"data.yaml", "                Resource: !GetAtt ConsumerLogGroup.Arn", "                Resource: !Sub arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/*"}},
			want:  []string{"warning: role-function Data/ConsumerRole"}, says: "does not allow logs:CreateLogGroup",
		},
		{
			name:  "the execution role may not read the secret",
			edits: []edit{{"gateway.yaml", "                  - !Ref CursorKey\n", ""}, {"gateway.yaml", "!If [HasTlsInGateway, !Ref CertificateArn, !Ref AWS::NoValue]", "arn:aws:secretsmanager:us-east-1:000000000000:secret:other-??????"}},
			want:  []string{"role-task Gateway/ExecutionRole"}, says: "secretsmanager:GetSecretValue",
		},
		{
			name:  "the execution role may pull another image",
			edits: []edit{{"gateway.yaml", ":repository/${ImageRepository}", ":repository/other"}},
			want:  []string{"role-task Gateway/ExecutionRole"}, says: "ecr:BatchCheckLayerAvailability, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer",
		},
		{
			name:  "no execution role",
			edits: []edit{{"gateway.yaml", "      ExecutionRoleArn: !GetAtt ExecutionRole.Arn\n", ""}},
			want:  []string{"role-task Gateway/TaskDefinition"},
		},
	}
}

func containerMutations() []mutation {
	return []mutation{
		{
			name:  "another container port",
			edits: []edit{{"gateway.yaml", "          ContainerPort: 8443\n          TargetGroupArn", "          ContainerPort: 9443\n          TargetGroupArn"}},
			want:  []string{"reach-target Gateway/LoadBalancer", "target-port Gateway/Service", "warning: target-port Gateway/TargetGroup"}, says: "port 9443",
		},
		{
			name:  "another port of the group",
			edits: []edit{{"gateway.yaml", "      Port: 8443\n", "      Port: 9443\n"}},
			want:  []string{"warning: target-port Gateway/TargetGroup"}, says: "is for port 9443",
		},
		{
			name:  "targets by instance",
			edits: []edit{{"gateway.yaml", "TargetType: ip", "TargetType: instance"}},
			want:  []string{"target-port Gateway/TargetGroup"},
		},
		{
			name:  "a group that no listener forwards to",
			edits: []edit{{"gateway.yaml", "        - Type: forward\n          TargetGroupArn: !Ref TargetGroup\n", "        - Type: forward\n          TargetGroupArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/other/1\n"}},
			want:  []string{"target-port Gateway/Service"}, says: "no listener forwards to Gateway/TargetGroup",
		},
		{
			name:  "TLS without a certificate",
			edits: []edit{{"gateway.yaml", "      Certificates: !If\n        - HasTlsAtListener\n        - - CertificateArn: !Ref CertificateArn\n        - !Ref AWS::NoValue\n", ""}},
			want:  []string{"listener Gateway/Listener"}, says: "A certificate must be specified",
		},
		{
			name: "ALPN without TLS", parameters: map[string]string{"TlsAt": "gateway"},
			edits: []edit{{"gateway.yaml", "AlpnPolicy: !If [HasTlsAtListener, [HTTP2Preferred], !Ref AWS::NoValue]", "AlpnPolicy: [HTTP2Preferred]"}},
			want:  []string{"listener Gateway/Listener"},
		},
		{
			name:  "a log group that nobody makes",
			edits: []edit{{"gateway.yaml", "              awslogs-group: !Ref GatewayLogGroup", "              awslogs-group: /ecs/gateway"}, {"gateway.yaml", "                Resource: !GetAtt GatewayLogGroup.Arn", "                Resource: !Sub arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/ecs/*"}},
			want:  []string{"log-group Gateway/TaskDefinition"}, says: "no resource makes the log group /ecs/gateway",
		},
	}
}

// TestMutations: every mistake is found, and nothing else.
func TestMutations(t *testing.T) {
	e := newEngine(t)
	for _, m := range mutations() {
		t.Run(m.name, func(t *testing.T) {
			tree := e.treeOf(t, edits(t, m.edits...), given(m.parameters))
			var got []string
			var said strings.Builder
			for _, f := range relations.Check(region, account, tree) {
				line := f.Rule + " " + f.Path
				if f.Warning {
					line = "warning: " + line
				}
				got = append(got, line)
				said.WriteString(f.String() + "\n")
			}
			if diff := cmp.Diff(m.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%s", diff, said.String())
			}
			if !strings.Contains(said.String(), m.says) {
				t.Errorf("says\n%s\nwant %s", said.String(), m.says)
			}
		})
	}
}

// TestEveryRuleHasAMutation: a rule that finds nothing would not be missed otherwise.
func TestEveryRuleHasAMutation(t *testing.T) {
	var found []string
	for _, m := range mutations() {
		for _, line := range m.want {
			rule, _, _ := strings.Cut(strings.TrimPrefix(line, "warning: "), " ")
			found = append(found, rule)
		}
	}
	slices.Sort(found)
	want := []string{
		"listener", "log-group", "one-vpc", "reach-endpoint", "reach-redis", "reach-target", "role-function", "role-mapping", "role-task", "role-trust",
		"route-out", "route-public", "target-port",
	}
	if diff := cmp.Diff(want, slices.Compact(found)); diff != "" {
		t.Error(diff)
	}
}
