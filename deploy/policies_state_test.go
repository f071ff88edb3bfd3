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

func noPhysicalNames(s *scenario) []string {
	var c complaints
	for id, r := range s.resources {
		if name := text(r.at(physical[r.Type])); name != "" && !strings.Contains(name, stackSuffix) {
			c.add("%s has the physical name %s", id, name)
		}
	}
	for id, o := range s.tree.Outputs {
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
	for id, r := range s.resources {
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
	groups := s.of("AWS::Logs::LogGroup")
	for id, r := range groups {
		if r.at("RetentionInDays") == nil {
			c.add("%s: kept for ever", id)
		}
	}
	ours := func(id string, group any) {
		if _, ok := groups[text(group)]; !ok {
			c.add("%s: logs to %q, which nobody ends", id, text(group))
		}
	}
	for id, r := range s.of("AWS::Lambda::Function") {
		ours(id, r.at("LoggingConfig", "LogGroup"))
	}
	for id, r := range s.of("AWS::ECS::TaskDefinition") {
		for _, d := range list(r.at("ContainerDefinitions")) {
			ours(id, at(d, "LogConfiguration", "Options", "awslogs-group"))
		}
	}
	return c
}

func encryptedAtRest(s *scenario) []string {
	var c complaints
	for id, r := range s.resources {
		switch r.Type {
		case "AWS::Kinesis::Stream":
			if r.at("StreamEncryption", "EncryptionType") != "KMS" {
				c.add("%s: not encrypted", id)
			}
		case "AWS::S3::Bucket":
			if r.at("BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm") == nil {
				c.add("%s: not encrypted", id)
			}
		case "AWS::ElastiCache::ReplicationGroup":
			if r.at("AtRestEncryptionEnabled") != true {
				c.add("%s: not encrypted", id)
			}
		}
	}
	return c
}

func failuresAreKept(s *scenario) []string {
	var c complaints
	for id, r := range s.of("AWS::Lambda::EventSourceMapping") {
		if !strings.HasPrefix(text(r.at("DestinationConfig", "OnFailure", "Destination")), "FailureBucket") {
			c.add("%s: what fails is gone", id)
		}
		if text(r.at("FunctionResponseTypes")) != "[ReportBatchItemFailures]" || r.at("BisectBatchOnFunctionError") != true {
			c.add("%s: one bad record takes its batch with it", id)
		}
		if age, _ := strconv.Atoi(text(r.at("MaximumRecordAgeInSeconds"))); age <= 0 || age >= 24*3600 {
			c.add("%s: tries for %d s, longer than the stream keeps records", id, age)
		}
		mapping, function := text(r.at("ParallelizationFactor")), text(s.resources["Consumer"].at("Environment", "Variables", "SPILLWAY_PARALLELIZATION"))
		if mapping == "" || mapping != function {
			c.add("%s: parallelization %s, the consumer knows of %s", id, mapping, function)
		}
	}
	return c
}

func redisEvictsNothing(s *scenario) []string {
	var c complaints
	for id, r := range s.of("AWS::ElastiCache::ReplicationGroup") {
		group := s.resources[text(r.at("CacheParameterGroupName"))]
		if group.at("Properties", "maxmemory-policy") != "noeviction" {
			c.add("%s: evicts", id)
		}
		if text(r.at("NumCacheClusters")) != "2" || r.at("AutomaticFailoverEnabled") != true || r.at("MultiAZEnabled") != true {
			c.add("%s: is lost with a node", id)
		}
	}
	for id, r := range s.of("AWS::ECS::TaskDefinition") {
		command := text(r.at("ContainerDefinitions", 0, "Command"))
		if strings.Contains(command, "redis-server") && !strings.Contains(command, "--maxmemory-policy noeviction") {
			c.add("%s: evicts", id)
		}
	}
	return c
}
