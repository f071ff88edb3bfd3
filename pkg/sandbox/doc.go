// Package sandbox is a small AWS on one port: Kinesis, Lambda, ECS with network load
// balancers, names and scaling, S3, SQS, SNS, CloudWatch Logs, ECR, Secrets Manager, the Parameter
// Store, STS and CloudFormation, together with Redis and the services that run beside them,
// so that the cloud of this project runs on one machine without containers.
//
// A [Sandbox] wires the emulators of the packages below it, which do not know each
// other: the resource types of CloudFormation to the services that make them, event
// source mappings of Lambda to the shards of Kinesis, tasks of ECS to the target groups
// of load balancers, to the names of Cloud Map and, by the metrics that they log, to scaling, code and destinations
// of Lambda to S3, SQS and SNS, its logs to CloudWatch Logs. Cognito is another program,
// which Config.Cognito names: its resources are made there, and requests for it handed on.
// What a template's resources are to each other is judged before any is made; see package
// relations. A request is given to the emulator of the service that it is signed for; see
// route.go.
//
//	s, err := sandbox.New(sandbox.Config{Endpoint: "http://127.0.0.1:4566", StateDir: dir, ...})
//	err = s.Serve(ctx, listener)
//
// Serve starts Redis, which is the installed redis-server, an embedded one or none, then
// the configured services in order, and ends them in reverse when its context ends.
// GET /_sandbox/health tells how far it is; below /_sandbox/kinesis/ and /_sandbox/lambda/
// are the knobs of those two. Everything is in memory and gone with the process, but for
// the logs of processes and what Config.Persist keeps.
//
// # Ledger
//
// What each emulator leaves out stands in its own package, and for Kinesis and Lambda in
// docs/ledger.md. Of the resource types of CloudFormation: AWS::Kinesis::Stream,
// AWS::Lambda::Function, AWS::Lambda::EventSourceMapping, AWS::Logs::LogGroup,
// AWS::S3::Bucket, AWS::ECS::Cluster, AWS::ECS::Service, AWS::ECS::TaskDefinition,
// AWS::ElasticLoadBalancingV2::LoadBalancer, AWS::ElasticLoadBalancingV2::TargetGroup,
// AWS::ElasticLoadBalancingV2::Listener, AWS::ApplicationAutoScaling::ScalableTarget,
// AWS::ApplicationAutoScaling::ScalingPolicy, AWS::SecretsManager::Secret,
// AWS::SSM::Parameter, AWS::ServiceDiscovery::PrivateDnsNamespace and
// AWS::ServiceDiscovery::Service are made, and those of ElastiCache and Cognito as their packages say;
// networks, roles, alarms and what else package inert lists are recorded, and do nothing; a
// property that an emulator cannot honour is refused by name, except
// these, and what package ecs keeps without enforcing it. Ignored: changes of the tags of a
// service, task definition, cluster, namespace or name of Cloud Map; tags, key and class of a log group; encryption,
// ownership, public access, lifecycle and tags of a
// bucket. Accepted and shown by Lambda, but without effect: VpcConfig, TracingConfig,
// EphemeralStorage and KmsKeyArn of a function, the format and levels of its LoggingConfig,
// and its Role, of which what it should allow is checked. Queues, topics, versions and aliases are made through their own APIs, not by
// a template.
//
// Images of containers come from the sandbox's registry. What a container writes is in a file of the logs' directory, too. A certificate
// of Certificate Manager is, whatever its ARN, the one in Config.ListenerTLS, which has no API.
//
// A cache with encryption in transit shows a certificate of this machine's authority, which
// functions and containers trust by SSL_CERT_FILE; Go programs heed that on Linux, and not
// on macOS.
//
// A host name of Cloud Map gives way to an address in what functions and containers are told; see package servicediscovery. Nothing is
// pulled from the internet: for a public image of Redis or Valkey the redis-server that is installed runs, of whatever version it is.
//
// AWS pages: the resource types' pages in the CloudFormation template reference.
package sandbox
