// Package inert records the resources of a template that nothing in the local cloud acts on: networks, security groups, roles,
// alarms and their like. They have ids and attributes of AWS's forms, refer to each other as AWS lets them, and do nothing.
//
// [New] makes an [Account], whose Provisioners make, change and remove the resources of its types for package cloudformation.
//
//	account := inert.New("us-east-1", "000000000000")
//	cloudformation.New(cloudformation.Config{Provisioners: account.Provisioners(), ...})
//
// What AWS refuses because of how resources stand to each other is refused here, too: an id that does not exist, a subnet
// outside of its VPC or over another one, a route to an internet gateway that is not attached, the deletion of what others
// still use. Whether a network that could be made serves its purpose is for package relations to say.
//
// # Followed
//
// "Return values" of the types' pages in the CloudFormation template reference, the provider schemas' readOnlyProperties, and
// the EC2 API reference's "Error codes",
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html. Texts that it does not have are those users
// report.
//
// # Ledger
//
//   - Nothing is routed, filtered, authorized, encrypted, alarmed or drawn.
//   - There is no API of these services; DescribeStackResources tells what there is.
//   - No VPC is there from the start. Each VPC has a default security group, and no other default resource.
//   - Quotas, names of groups and rules that are there twice are not checked; what a property may hold, the schema says.
//   - An address is from 203.0.113.0/24, which is for documentation, and may be given out twice.
//
// An Account may be used by any number of goroutines.
package inert
