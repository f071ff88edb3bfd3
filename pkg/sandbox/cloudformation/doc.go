// Package cloudformation is a local AWS CloudFormation: it deploys templates, resource by resource, through provisioners that
// its user supplies, and speaks the Query protocol that the AWS SDKs and the AWS CLI speak.
//
// New makes a [Service] from a [Config]; the Service is an http.Handler, and Close ends it. A [Provisioner] makes, changes and
// removes the physical resources of one type; [Inert] has the types a local cloud only records, [PhysicalName] the names a
// template leaves out. TemplateURL is read through an [ObjectReader], SSM parameter types through a [ParameterStore].
//
// The package knows nothing of any other service: it makes resources only through its provisioners. It keeps state in memory
// only; a new Service has no stacks.
//
// A Service may be used by any number of goroutines. Provisioners are called from several goroutines at once.
//
// # Followed
//
// The API reference and the user guide of CloudFormation: "Template anatomy", "Intrinsic function reference", "Pseudo parameters
// reference", "Parameters", "Resource attribute reference", "Updating stacks using change sets", "Stack status codes",
// "CloudFormation quotas", https://docs.aws.amazon.com/AWSCloudFormation/latest/. Error texts that no page gives are those that
// users and client sources quote. The provider schemas in schemas/ are AWS's (MIT-0): they decide which properties exist, which
// types they have and which change replaces a resource.
//
// # Differences that are meant
//
//   - A change set is worked out before CreateChangeSet answers, so a waiter's first poll finds it complete.
//   - The first DescribeStacks of a stack after an operation began waits until the operation ends, at most Config.SettleWait:
//     a stock waiter would otherwise sleep 30 s after its first answer.
//   - "Resource creation Initiated" is told when the provisioner has returned, together with CREATE_COMPLETE.
//
// # Ledger
//
// Refused, with an error that says so: Transform (and with it SAM, macros, Fn::ForEach, Fn::ToJsonString, Fn::Length), Rules,
// Hooks, CreationPolicy, UpdatePolicy, DeletionPolicy Snapshot, dynamic references ({{resolve:...}}), stack policies,
// TimeoutInMinutes, ResourceTypes, rollback triggers, resource import, FORCE_DELETE_STACK, StackSetName, a type without a provisioner.
//
// Not there (InvalidAction): CancelUpdateStack, ContinueUpdateRollback, RollbackStack, drift detection, stack sets, stack
// refactors, generated templates, the registry, SignalResource, DescribeEvents, ListImports, EstimateTemplateCost.
//
// Simplified:
//   - Nested stacks have no provisioner; IncludeNestedStacks is repeated and has no effect. Drift is always NOT_CHECKED.
//   - Requests are not authenticated; RoleARN and NotificationARNs are repeated and not used; stack tags are not put on resources.
//   - ClientRequestToken is repeated in events but does not make a call idempotent.
//   - AWS-specific parameter types (AWS::EC2::Subnet::Id) are not checked against what exists.
//   - Conditional replacements and properties that the schemas mark read-only are not told apart further; a resource that
//     another one replaces counts as unknown in a change set's evaluation, and details name the property but not its cause.
//   - Types without an embedded schema take any property and are never replaced.
//   - Properties are checked when the resource is made, as AWS does outside of its early validation.
//   - A change of Metadata, DeletionPolicy or UpdateReplacePolicy alone makes no event for the resource.
//   - AllowedPattern is RE2, so look-around is refused. Duplicate keys are refused in JSON, too.
//   - At most 200 deleted stacks stay describable, and 10,000 events per stack.
package cloudformation
