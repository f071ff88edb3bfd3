// Package elasticache makes the caches of templates: each replication group and each serverless cache is a Redis of its own,
// with the parameters, the encryption and the cluster protocol that the template asks for.
//
// [New] makes a [Service], whose Provisioners are those of AWS::ElastiCache::ReplicationGroup, ServerlessCache, SubnetGroup and
// ParameterGroup. It starts nothing itself: a [Nodes], which its user supplies, runs a Redis as a [Node] says. The attributes
// of a cache are where that really is.
//
// # Followed
//
// The types' pages in the CloudFormation template reference; ElastiCache user guide "Redis OSS and Valkey specific parameters",
// "ElastiCache in-transit encryption (TLS)", "Choosing your node size".
//
// # Ledger
//
//   - One process stands for all nodes, replicas and shards of a cache: nothing fails over, and both endpoints lead to it.
//   - The port is a free one, not 6379. Memory is what the sandbox gives, not what the node type or the usage limit says.
//   - Encryption at rest, snapshots, windows, zones, log delivery, notification topics and tags are taken and do nothing; a
//     cache is empty when it is made, and gone when it is deleted.
//   - Refused by name: users and groups of them, TransitEncryptionMode preferred, a change of encryption or of AuthToken, global
//     replication groups, restoring from snapshots, data tiering, and parameters that are not in the table of parameter.go.
//   - There is no API of this service; DescribeStackResources tells what there is.
//
// A Service may be used by any number of goroutines.
package elasticache
