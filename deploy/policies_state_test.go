package templates

import (
	"regexp"
	"strconv"
	"strings"
)

// physical are the properties that would name a resource in its account, so that there could be only one.
var physical = map[string]string{
	"AWS::Kinesis::Stream": "Name", "AWS::S3::Bucket": "BucketName", "AWS::Logs::LogGroup": "LogGroupName", "AWS::IAM::Role": "RoleName",
	"AWS::Lambda::Function": "FunctionName", "AWS::ECS::Cluster": "ClusterName", "AWS::ECS::Service": "ServiceName", "AWS::ECS::TaskDefinition": "Family",
	"AWS::ElasticLoadBalancingV2::LoadBalancer": "Name", "AWS::ElasticLoadBalancingV2::TargetGroup": "Name", "AWS::EC2::SecurityGroup": "GroupName",
	"AWS::Cognito::UserPool": "UserPoolName", "AWS::Cognito::UserPoolDomain": "Domain", "AWS::SecretsManager::Secret": "Name", "AWS::CloudWatch::Alarm": "AlarmName",
	"AWS::CloudWatch::Dashboard": "DashboardName", "AWS::ElastiCache::ReplicationGroup": "ReplicationGroupId", "AWS::ElastiCache::ServerlessCache": "ServerlessCacheName",
	"AWS::ElastiCache::SubnetGroup": "CacheSubnetGroupName", "AWS::ElastiCache::ParameterGroup": "CacheParameterGroupName",
	"AWS::ServiceDiscovery::PrivateDnsNamespace": "Name",
}

// unnamed are the types that have no name in the account, or one in another resource only: what is in neither list may have one.
var unnamed = regexp.MustCompile(`^AWS::(ApplicationAutoScaling::\w+|CloudFormation::Stack|Cognito::(UserPoolClient|UserPoolResourceServer)|EC2::\w+|` +
	`ElasticLoadBalancingV2::Listener|Lambda::EventSourceMapping|ServiceDiscovery::Service)$`)

func noPhysicalNames(s *scenario) []string {
	var c complaints
	for id, r := range s.Resources {
		if physical[r.Type] == "" && !unnamed.MatchString(r.Type) {
			c.add("%s: find out what names a resource of %s", id, r.Type)
		}
		if name := text(r.At(physical[r.Type])); name != "" && !strings.Contains(name, stackSuffix) {
			c.add("%s has the physical name %s", id, name)
		}
	}
	for id, o := range s.Template.Outputs {
		if at(o, "Export") != nil {
			c.add("output %s is exported by a name", id)
		}
	}
	return c
}

// kept is what becomes of resources that hold something, when their stack or a replacement would take it. Reasons for what is
// not Retain are in the template.
var kept = map[string]string{
	"AWS::Kinesis::Stream": "Retain", "AWS::S3::Bucket": "Retain", "AWS::SecretsManager::Secret": "Retain", "AWS::Cognito::UserPool": "Retain",
	"AWS::Cognito::UserPoolDomain": "Retain", "AWS::Cognito::UserPoolResourceServer": "Retain", "AWS::ElastiCache::ReplicationGroup": "Snapshot",
	"AWS::ElastiCache::ServerlessCache": "Delete", "AWS::Logs::LogGroup": "Delete",
}

// held are types that would hold something, too, and are not used: one that is has to be decided on.
var held = regexp.MustCompile(`DynamoDB|RDS|EFS|SQS|SNS|KMS|ECR|SSM|DocDB|Neptune|Backup|ElastiCache::CacheCluster`)

func retained(s *scenario) []string {
	var c complaints
	for id, r := range s.Resources {
		if want := kept[r.Type]; want != r.DeletionPolicy || want != r.UpdateReplacePolicy {
			c.add("%s: DeletionPolicy %q, UpdateReplacePolicy %q, want %q", id, r.DeletionPolicy, r.UpdateReplacePolicy, want)
		}
		if held.MatchString(r.Type) {
			c.add("%s: decide what becomes of %s", id, r.Type)
		}
	}
	return c
}

func logsEnd(s *scenario) []string {
	var c complaints
	groups := s.Of("AWS::Logs::LogGroup")
	for id, r := range groups {
		if r.At("RetentionInDays") == nil {
			c.add("%s: kept for ever", id)
		}
	}
	ours := func(id string, group any) {
		if _, ok := groups[text(group)]; !ok {
			c.add("%s: logs to %q, which nobody ends", id, text(group))
		}
	}
	for id, r := range s.Of("AWS::Lambda::Function") {
		ours(id, r.At("LoggingConfig", "LogGroup"))
	}
	for id, r := range s.Of("AWS::ECS::TaskDefinition") {
		for _, d := range list(r.At("ContainerDefinitions")) {
			ours(id, at(d, "LogConfiguration", "Options", "awslogs-group"))
		}
	}
	return c
}

func encryptedAtRest(s *scenario) []string {
	var c complaints
	for id, r := range s.Resources {
		switch r.Type {
		case "AWS::Kinesis::Stream":
			if r.At("StreamEncryption", "EncryptionType") != "KMS" {
				c.add("%s: not encrypted", id)
			}
		case "AWS::S3::Bucket":
			if r.At("BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm") == nil {
				c.add("%s: not encrypted", id)
			}
		case "AWS::ElastiCache::ReplicationGroup":
			if r.At("AtRestEncryptionEnabled") != true {
				c.add("%s: not encrypted", id)
			}
		}
	}
	return c
}

func failuresAreKept(s *scenario) []string {
	var c complaints
	for id, r := range s.Of("AWS::Lambda::EventSourceMapping") {
		if !strings.HasPrefix(text(r.At("DestinationConfig", "OnFailure", "Destination")), "FailureBucket") {
			c.add("%s: what fails is gone", id)
		}
		if text(r.At("FunctionResponseTypes")) != "[ReportBatchItemFailures]" || r.At("BisectBatchOnFunctionError") != true {
			c.add("%s: one bad record takes its batch with it", id)
		}
		if age, _ := strconv.Atoi(text(r.At("MaximumRecordAgeInSeconds"))); age <= 0 || age >= 24*3600 {
			c.add("%s: tries for %d s, longer than the stream keeps records", id, age)
		}
		mapping, function := text(r.At("ParallelizationFactor")), text(s.Resources["Consumer"].At("Environment", "Variables", "SPILLWAY_PARALLELIZATION"))
		if mapping == "" || mapping != function {
			c.add("%s: parallelization %s, the consumer knows of %s", id, mapping, function)
		}
	}
	return c
}

func redisEvictsNothing(s *scenario) []string {
	var c complaints
	for id, r := range s.Of("AWS::ElastiCache::ReplicationGroup") {
		group := s.Resources[text(r.At("CacheParameterGroupName"))]
		if group.At("Properties", "maxmemory-policy") != "noeviction" {
			c.add("%s: evicts", id)
		}
		if text(r.At("NumCacheClusters")) != "2" || r.At("AutomaticFailoverEnabled") != true || r.At("MultiAZEnabled") != true {
			c.add("%s: is lost with a node", id)
		}
	}
	for id, r := range s.Of("AWS::ECS::TaskDefinition") {
		command := text(r.At("ContainerDefinitions", 0, "Command"))
		if strings.Contains(command, "redis-server") && !strings.Contains(command, "--maxmemory-policy noeviction") {
			c.add("%s: evicts", id)
		}
	}
	return c
}
