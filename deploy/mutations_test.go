package templates

import (
	"strings"
	"testing"
)

func TestPolicies(t *testing.T) {
	t.Parallel()
	for _, name := range allNames() {
		for i, s := range scenariosOf(t, name, templateText(t, name)) {
			for _, p := range sortedPolicies() {
				for _, said := range policies[p](s) {
					t.Errorf("%s, scenario %d: %s: %s", name, i, p, said)
				}
			}
		}
	}
}

// mutation is a template made wrong: old, which is in it once or more often, gives way to now.
type mutation struct{ policy, file, old, now string }

var mutations = []mutation{
	{"conforms to its schemas", "gateway.yaml", "StopTimeout: 120", "StopTimeout: soon"},
	{"conforms to its schemas", "gateway.yaml", "MultiAZEnabled: true", "MultiAZ: true"},
	{"conforms to its schemas", "gateway.yaml", "!GetAtt Service.Name\n  MetricsService", "!GetAtt Service.Arn\n  MetricsService"},
	{"conforms to its schemas", "cognito.yaml", "GenerateSecret: true", "GenerateSecret: yes"},
	{"conforms to its schemas", "cognito.yaml", "!Sub \";${Grants};", "!Sub \";${Rights};"},
	{"conforms to its schemas", "network.yaml", "!Ref NatTwo, ", "!Ref NatThree, "},
	{"conforms to its schemas", "network.yaml", "Condition: HasNatPerZone\n    Properties:\n      SubnetId", "Condition: HasInterfaceEndpoints\n    Properties:\n      SubnetId"},
	{"conforms to its schemas", "watch.yaml", "TreatMissingData: breaching\n", "TreatMissingData: breaching\n      Severity: high\n"},
	{"conforms to its schemas", "data.yaml", "BatchSize: !Ref BatchSize", "BatchSize: 10001"},
	{"who may reach whom", "network.yaml", "ToPort: 8443\n      SourceSecurityGroupId: !Ref LoadBalancerSecurityGroup", "ToPort: 8443\n      CidrIp: 0.0.0.0/0"},
	{"who may reach whom", "network.yaml", "      IpProtocol: tcp\n      FromPort: 8443", "      IpProtocol: \"-1\"\n      FromPort: 8443"},
	{"who may reach whom", "network.yaml", "FromPort: 8443\n      ToPort: 8443", "FromPort: 1\n      ToPort: 8443"},
	{"who may reach whom", "network.yaml", "FromPort: 443\n          ToPort: 443\n          CidrIp: 0.0.0.0/0", "FromPort: 80\n          ToPort: 80\n          CidrIp: 0.0.0.0/0"},
	{"who may reach whom", "network.yaml", "      SecurityGroupEgress:\n        - Description: Redis, and nothing else; Lambda itself sees to its logs and its failures\n          IpProtocol: tcp\n          FromPort: 6379\n          ToPort: 6380\n          DestinationSecurityGroupId: !Ref RedisSecurityGroup\n", ""},
	{"who may reach whom", "network.yaml", "RouteTableId: !Ref PrivateRoutesTwo\n      SubnetId", "RouteTableId: !Ref PublicRoutes\n      SubnetId"},
	{"who may reach whom", "gateway.yaml", "      SecurityGroups: [!Ref LoadBalancerSecurityGroup]\n", ""},
	{"who may reach whom", "gateway.yaml", "ToPort: 8081\n      SourceSecurityGroupId: !Ref LoadBalancerSecurityGroup", "ToPort: 8081\n      CidrIp: 10.0.0.0/16"},
	{"least privilege", "gateway.yaml", "ecr:BatchGetImage", "ecr:*"},
	{"least privilege", "gateway.yaml", "Resource: !GetAtt GatewayLogGroup.Arn", "Resource: \"*\""},
	{"least privilege", "gateway.yaml", "repository/${ImageRepository}", "repository/*-${ImageRepository}"},
	{"least privilege", "gateway.yaml", "Service: ecs-tasks.amazonaws.com", "AWS: \"*\""},
	{"least privilege", "gateway.yaml", "      ExecutionRoleArn: !GetAtt ExecutionRole.Arn\n", "      ExecutionRoleArn: !GetAtt ExecutionRole.Arn\n      TaskRoleArn: !GetAtt ExecutionRole.Arn\n"},
	{"least privilege", "network.yaml", "Action: s3:GetObject", "Action: \"*\""},
	{"least privilege", "data.yaml", "Action: s3:PutObject\n                Resource: !Sub ${FailureBucket.Arn}/*", "Action: s3:PutObject\n                NotResource: x"},
	{"least privilege", "data.yaml", "Resource: !GetAtt Stream.Arn", "Resource: \"*\""},
	{"least privilege", "data.yaml", "Type: AWS::Kinesis::Stream", "Type: AWS::IAM::ManagedPolicy"},
	{"least privilege", "data.yaml", "      OwnershipControls:\n", "      AccessPolicy: {Statement: []}\n      OwnershipControls:\n"},
	{"no physical names", "data.yaml", "Description: Appends the records of the stream to the event log.", "FunctionName: consumer"},
	{"no physical names", "gateway.yaml", "      Type: network\n", "      Type: network\n      Name: spillway\n"},
	{"no physical names", "gateway.yaml", "ServerlessCacheName: !Join [\"-\", [spillway, !Select [4, !Split [\"-\", !Select [2, !Split [\"/\", !Ref AWS::StackId]]]]]]", "ServerlessCacheName: spillway"},
	{"no physical names", "data.yaml", "Type: AWS::Logs::LogGroup", "Type: AWS::SSM::Parameter"},
	{"no physical names", "network.yaml", "Value: !Ref Vpc\n", "Value: !Ref Vpc\n    Export: {Name: vpc}\n"},
	{"state is retained", "data.yaml", "Type: AWS::Kinesis::Stream\n    DeletionPolicy: Retain", "Type: AWS::Kinesis::Stream\n    DeletionPolicy: Delete"},
	{"state is retained", "gateway.yaml", "UpdateReplacePolicy: Retain", "UpdateReplacePolicy: Delete"},
	{"state is retained", "gateway.yaml", "DeletionPolicy: Snapshot", "DeletionPolicy: Delete"},
	{"state is retained", "cognito.yaml", "Type: AWS::Cognito::UserPool\n    DeletionPolicy: Retain\n", "Type: AWS::Cognito::UserPool\n"},
	{"logs end", "gateway.yaml", "RetentionInDays: !Ref LogRetentionDays", "LogGroupClass: STANDARD"},
	{"logs end", "gateway.yaml", "awslogs-group: !Ref GatewayLogGroup", "awslogs-group: /ecs/gateway"},
	{"logs end", "data.yaml", "      LoggingConfig:\n        LogGroup: !Ref ConsumerLogGroup\n", ""},
	{"encrypted at rest", "data.yaml", "EncryptionType: KMS", "EncryptionType: NONE"},
	{"encrypted at rest", "data.yaml", "SSEAlgorithm: AES256", "BucketKey: true"},
	{"encrypted at rest", "gateway.yaml", "AtRestEncryptionEnabled: true", "AtRestEncryptionEnabled: false"},
	{"encrypted on the way", "gateway.yaml", "TransitEncryptionMode: required", "TransitEncryptionMode: preferred"},
	{"encrypted on the way", "gateway.yaml", "!Sub rediss://${ReplicatedRedis", "!Sub redis://${ReplicatedRedis"},
	{"encrypted on the way", "gateway.yaml", "${ServerlessRedis.Endpoint.Port}?cluster=true", "${ServerlessRedis.Endpoint.Port}"},
	{"encrypted on the way", "gateway.yaml", "[HasTlsAtListener, TLS, TCP]", "[HasTlsAtListener, TCP, TCP]"},
	{"encrypted on the way", "gateway.yaml", newest, "ELBSecurityPolicy-2016-08"},
	{"encrypted on the way", "gateway.yaml", "      AlpnPolicy: !If [HasTlsAtListener, [HTTP2Preferred], !Ref AWS::NoValue]\n", ""},
	{"encrypted on the way", "gateway.yaml", "!If [HasTlsAtListener, \"true\", \"false\"]", "\"true\""},
	{"encrypted on the way", "gateway.yaml", "Name: SPILLWAY_TLS_CLIENT_CA", "Name: SPILLWAY_TLS_CA"},
	{"addresses by the PROXY protocol", "gateway.yaml", "          Value: !Ref ProxyProtocol", "          Value: \"false\""},
	{"addresses by the PROXY protocol", "gateway.yaml", "Name: SPILLWAY_PROXY_PROTOCOL\n              Value: !Ref ProxyProtocol", "Name: SPILLWAY_PROXY_PROTOCOL\n              Value: \"false\""},
	{"health is liveness", "gateway.yaml", "!If [HasProxyProtocol, TCP, HTTP]", "HTTP"},
	{"health is liveness", "gateway.yaml", "/healthz]", "/readyz]"},
	{"health is liveness", "gateway.yaml", "Key: target_health_state.unhealthy.connection_termination.enabled\n          Value: \"false\"", "Key: target_health_state.unhealthy.connection_termination.enabled\n          Value: \"true\""},
	{"a deployment loses nobody", "gateway.yaml", "StopTimeout: 120", "StopTimeout: 60"},
	{"a deployment loses nobody", "gateway.yaml", "StopTimeout: 120", "StopTimeout: 100"},
	{"a deployment loses nobody", "gateway.yaml", "StopTimeout: 120", "StopTimeout: 180"},
	{"a deployment loses nobody", "gateway.yaml", "Key: deregistration_delay.connection_termination.enabled\n          Value: \"false\"", "Key: deregistration_delay.connection_termination.enabled\n          Value: \"true\""},
	{"a deployment loses nobody", "gateway.yaml", "MinimumHealthyPercent: 100", "MinimumHealthyPercent: 50"},
	{"a deployment loses nobody", "gateway.yaml", "AvailabilityZoneRebalancing: DISABLED", "AvailabilityZoneRebalancing: ENABLED"},
	{"a deployment loses nobody", "gateway.yaml", "      EnableExecuteCommand: false\n", "      EnableExecuteCommand: false\n      DesiredCount: 2\n"},
	{"a bad deployment is taken back", "gateway.yaml", "Rollback: true", "Rollback: false"},
	{"a bad deployment is taken back", "gateway.yaml", "        DeploymentCircuitBreaker:\n          Enable: true\n          Rollback: true\n", ""},
	{"failed records are kept", "data.yaml", "Destination: !GetAtt FailureBucket.Arn", "Destination: arn:aws:sqs:us-east-1:123456789012:q"},
	{"failed records are kept", "data.yaml", "        - ReportBatchItemFailures\n", ""},
	{"failed records are kept", "data.yaml", "MaximumRecordAgeInSeconds: !Ref MaxRecordAgeSeconds", "MaximumRecordAgeInSeconds: -1"},
	{"failed records are kept", "data.yaml", "SPILLWAY_PARALLELIZATION: !Ref ParallelizationFactor", "SPILLWAY_PARALLELIZATION: 2"},
	{"private by default", "gateway.yaml", "Default: internal", "Default: internet-facing"},
	{"private by default", "network.yaml", "Default: 10.0.0.0/8", "Default: 0.0.0.0/0"},
	{"private by default", "network.yaml", "MapPublicIpOnLaunch: false", "MapPublicIpOnLaunch: true"},
	{"private by default", "data.yaml", "IgnorePublicAcls: true", "IgnorePublicAcls: false"},
	{"private by default", "gateway.yaml", "EnableExecuteCommand: false", "EnableExecuteCommand: true"},
	{"private by default", "cognito.yaml", "AllowAdminCreateUserOnly: true", "AllowAdminCreateUserOnly: false"},
	{"secrets stay secret", "gateway.yaml", "Value: !Ref CursorKey", "Value: !Sub \"{{resolve:secretsmanager:${CursorKey}}}\""},
	{"secrets stay secret", "gateway.yaml", "            - Name: SPILLWAY_ISSUER\n", "            - Name: SPILLWAY_CURSOR_KEY\n              Value: x\n            - Name: SPILLWAY_ISSUER\n"},
	{"secrets stay secret", "cognito.yaml", "Value: !Ref OperatorClient", "Value: !GetAtt OperatorClient.ClientSecret"},
	{"secrets stay secret", "data.yaml", "    NoEcho: true\n", ""},
	{"secrets stay secret", "data.yaml", "Value: !Ref FailureBucket", "Value: !Ref RedisUrl"},
	{"the cursor key is 32 bytes", "gateway.yaml", "PasswordLength: 43", "PasswordLength: 32"},
	{"the cursor key is 32 bytes", "gateway.yaml", "*,-.:;", "*,.:;"},
	{"the cursor key is 32 bytes", "gateway.yaml", "RequireEachIncludedType: false", "RequireEachIncludedType: true"},
	{"clients read what is granted", "cognito.yaml", "AllowedOAuthFlowsUserPoolClient: true", "AllowedOAuthFlowsUserPoolClient: false"},
	{"clients read what is granted", "cognito.yaml", "- \" spillway/\"", "- \" \""},
	{"clients read what is granted", "cognito.yaml", "!Split [\";${Customer}=\", !Sub \";${Grants};${Customer}=\"]", "!Split [\"${Customer}=\", !Ref Grants]"},
	{"clients read what is granted", "cognito.yaml", "ScopeName: !Select [15, ", "ScopeName: !Select [14, "},
	{"clients read what is granted", "cognito.yaml", "ClientName: ${Customer}", "ClientName: customer"},
	{"containers are confined", "gateway.yaml", "ReadonlyRootFilesystem: true", "ReadonlyRootFilesystem: false"},
	{"containers are confined", "gateway.yaml", "User: 65532:65532", "User: 0:0"},
	{"containers are confined", "gateway.yaml", "          User: 65532:65532\n          ReadonlyRootFilesystem: true\n          LinuxParameters:\n            Capabilities:\n              Drop: [ALL]\n          Command: [redis-server", "          Command: [redis-server"},
	{"containers are confined", "gateway.yaml", "Drop: [ALL]", "Drop: [ALL]\n              Add: [SYS_PTRACE]"},
	{"containers are confined", "gateway.yaml", "@${ImageDigest}", ":latest"},
	{"containers are confined", "gateway.yaml", "SoftLimit: 65535", "SoftLimit: 1024"},
	{"ports agree", "gateway.yaml", "Value: \":8443\"", "Value: \":8444\""},
	{"ports agree", "network.yaml", "FromPort: 8443\n      ToPort: 8443", "FromPort: 8444\n      ToPort: 8444"},
	{"scaled by what is measured", "gateway.yaml", "MetricName: ActiveStreams", "MetricName: Streams"},
	{"scaled by what is measured", "gateway.yaml", "Statistic: Average", "Statistic: Sum"},
	{"scaled by what is measured", "gateway.yaml", "ScaleInCooldown: 600", "ScaleInCooldown: 60"},
	{"scaled by what is measured", "gateway.yaml", "Name: SPILLWAY_METRICS_SERVICE\n              Value: !Ref AWS::StackName", "Name: SPILLWAY_METRICS_SERVICE\n              Value: gateway"},
	{"scaled by what is measured", "watch.yaml", "MetricName: UnreadableLanes", "MetricName: SickLanes"},
	{"scaled by what is measured", "watch.yaml", "[\"Spillway\", \"Lag\"", "[\"Spillway\", \"Age\""},
	{"alarms tell the topic", "watch.yaml", "AlarmActions: !If [HasTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]", "AlarmActions: []"},
	{"alarms tell the topic", "watch.yaml", "      TreatMissingData: breaching\n", ""},
	{"Redis evicts nothing", "gateway.yaml", "maxmemory-policy: noeviction", "maxmemory-policy: allkeys-lru"},
	{"Redis evicts nothing", "gateway.yaml", "--maxmemory-policy, noeviction", "--maxmemory-policy, allkeys-lru"},
	{"Redis evicts nothing", "gateway.yaml", "NumCacheClusters: 2", "NumCacheClusters: 1"},
	{"Redis is found", "gateway.yaml", "redis://redis.spillway-", "redis://cache.spillway-"},
	{"Redis is found", "gateway.yaml", "            Value: !Ref FargateRedisName\n", "            Value: redis\n"},
	{"Redis is found", "gateway.yaml", "          - Type: A\n", "          - Type: SRV\n"},
	{"Redis is found", "gateway.yaml", "RegistryArn: !GetAtt FargateRedisName.Arn", "RegistryArn: arn:aws:servicediscovery:us-east-1:123456789012:service/srv-1"},
	{"Redis is found", "gateway.yaml", "        MaximumPercent: 100\n", "        MaximumPercent: 200\n"},
	{"the dashboard is JSON", "watch.yaml", "{\"widgets\": [", "{\"widgets\": "},
}

// TestPoliciesSeeMutations: a policy that a wrong template does not offend is none.
func TestPoliciesSeeMutations(t *testing.T) {
	t.Parallel()
	proven := map[string]bool{}
	for _, m := range mutations {
		proven[m.policy] = true
		before := templateText(t, m.file)
		if !strings.Contains(before, m.old) {
			t.Errorf("%s: there is no %q to be made wrong", m.file, m.old)
			continue
		}
		seen := false
		for _, s := range scenariosOf(t, m.file, strings.ReplaceAll(before, m.old, m.now)) {
			seen = seen || len(policies[m.policy](s)) > 0
		}
		if !seen {
			t.Errorf("%s, %s: %q in place of %q is not seen", m.policy, m.file, m.now, m.old)
		}
	}
	for name := range policies {
		if !proven[name] {
			t.Errorf("%s: no mutation proves it", name)
		}
	}
}
