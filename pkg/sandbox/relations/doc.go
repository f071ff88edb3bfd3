// Package relations finds what no schema tells: resources of a template that are right each for itself, and do not work together.
//
// [Check] looks at a whole tree of stacks before anything of it is made, for package cloudformation's Config.Check. Each check is a
// function in a file of its own; a finding names the resource, says what is wrong, what comes of it on AWS, and how to mend it.
//
// What the tree does not have, such as a security group that a parameter names, or a role of another stack, is not judged.
//
// # Rules
//
//   - reach-redis: who is given a cache's address may connect to it, by the security groups of both.
//   - reach-target: a load balancer has a group, whose rules let customers to its listeners, and it to its targets.
//   - reach-endpoint: an interface endpoint, which takes the place of the public address, lets in who needs it.
//   - route-out: a task has a way to its image, its log, its secrets and to what its environment names on the internet.
//   - route-public: a NAT gateway and an internet-facing load balancer are in subnets with a route to the internet.
//   - one-vpc: the subnets and groups of one thing are in one VPC.
//   - role-trust: a role lets the service assume it that is to use it.
//   - role-function, role-mapping, role-task: a role allows what Lambda and ECS do with it.
//   - target-port: what a service registers is a port of its containers, of a group that a listener forwards to.
//   - listener: a listener has what its protocol needs.
//   - log-group: a container's log group is made by somebody.
//
// # Followed
//
// "Control subnet traffic with network ACLs" and "Security group rules" of the VPC guide; "Amazon ECR interface VPC endpoints";
// "Task networking for Fargate"; "Task execution IAM role" of the ECS guide; "Execution role" and "Using Lambda with Kinesis" of the
// Lambda guide; "Policy evaluation logic" of the IAM guide; "Update the security groups" of the network load balancer guide.
//
// # Ledger
//
//   - Network ACLs, IPv6, prefix lists, peering, transit gateways, permissions boundaries, resource policies and the conditions
//     of statements are not looked at: what has them counts as allowing.
//   - AWS's managed policies are known as far as managed.go lists them; a role with another one counts as allowing everything.
package relations
