// Package ssm is the Parameter Store of AWS Systems Manager in memory: names with values and versions, for templates whose
// parameters are of an AWS::SSM::Parameter type and for callers of the API.
//
// [New] makes a [Service], an http.Handler for the API (protocol AWS JSON 1.1) that can also be used directly.
//
// Followed: Systems Manager API reference (2014-11-06), https://docs.aws.amazon.com/systems-manager/latest/APIReference/; user
// guide "Working with parameter versions" and "Working with parameter hierarchies".
//
// Actions: PutParameter, GetParameter, GetParameters, GetParametersByPath, DescribeParameters, DeleteParameter,
// DeleteParameters. Every other one is refused by its name.
//
// Ledger, what is left out or simplified:
//   - a SecureString is kept in clear; without WithDecryption its text is a made-up one, as its ciphertext would be;
//   - AWS's own public parameters, below /aws, are not there, and cannot be made, as on AWS;
//   - labels, policies, tiers but Standard, data types but text, filters and tags are refused by name;
//   - of a parameter's versions only the newest 100 are kept, as on AWS; nothing is kept after the process ends.
//
// All methods may be called by several goroutines at once.
package ssm
