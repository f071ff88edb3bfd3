// Package cloudformation is a local AWS CloudFormation: it deploys templates, resource by resource, through provisioners that
// its user supplies, and speaks the Query protocol that the AWS SDKs and the AWS CLI speak.
//
// New makes a [Service] from a [Config]; the Service is an http.Handler, and Close ends it. A [Provisioner] makes, changes and
// removes the physical resources of one type; it may be a [Reader], for drift detection, and a [Snapshotter].
// [PhysicalName] has the names that a template leaves out. TemplateURL is read through an [ObjectReader], SSM
// parameter types and dynamic references through a [ParameterStore] and a [SecretStore].
//
// Before anything of a root stack is touched, Config.Check may judge all that it and its nested stacks ask for, as a [Tree]: what
// only a made resource has is a [Placeholder] there, so that a relation reads the same wherever it goes through.
//
// The package knows nothing of any other service: it makes resources only through its provisioners. It keeps state in memory
// only; a new Service has no stacks.
//
// A Service may be used by any number of goroutines. Provisioners are called from several goroutines at once.
//
// # Followed
//
// The API reference and the user guide of CloudFormation: "Template anatomy", "Intrinsic function reference", "Pseudo parameters
// reference", "Parameters", "Rules", "Resource attribute reference", "AWS::LanguageExtensions transform", "Embed stacks within other
// stacks", "Updating stacks using change sets", "Change sets for nested stacks", "Continue rolling back an update", "Detect unmanaged
// configuration changes", "Get values stored in other services using dynamic references", "Stack status codes", "CloudFormation
// quotas", https://docs.aws.amazon.com/AWSCloudFormation/latest/. Error texts that no page gives are those that
// users and client sources quote. The provider schemas in schemas/ are AWS's (MIT-0): they decide which properties exist, which
// types they have and which change replaces a resource.
//
// # Differences that are meant
//
//   - A change set is worked out before CreateChangeSet answers, so a waiter's first poll finds it complete.
//   - The first DescribeStacks of a stack after an operation began waits until the operation ends, at most Config.SettleWait:
//     a stock waiter would otherwise sleep 30 s after its first answer.
//   - "Resource creation Initiated" is told when the provisioner has returned, together with CREATE_COMPLETE, unless it announces
//     the physical id earlier, as nested stacks do.
//   - A change set is refused for parameters that name nothing, for properties that do not fit their schema, in nested stacks, too, and
//     for findings of Config.Check.
//     Its StatusReason is AWS's for early validation, with what is wrong after it, each with file and line; AWS tells that by
//     DescribeEvents. CreateStack and UpdateStack are refused for findings only; what does not fit fails with its resource, as in AWS.
//   - The nested stacks of an unchanged parent resource are looked into: one in which nothing changes is neither in a change set nor
//     updated, and an update that changes nothing anywhere is refused. AWS starts an update of every nested stack.
//
// # Ledger
//
// Refused, with an error that says so: transforms other than AWS::LanguageExtensions (and with them SAM, AWS::Include and macros),
// Fn::ValueOf and Fn::ValueOfAll in Rules, Hooks, CreationPolicy, UpdatePolicy except UseOnlineResharding, which has no effect,
// stack policies, ResourceTypes, rollback triggers, resource import, FORCE_DELETE_STACK, StackSetName, versions of SSM parameters in
// dynamic references, a type without a provisioner.
//
// Not there (InvalidAction): RollbackStack, stack sets, stack refactors, generated templates, the registry, SignalResource,
// DescribeEvents, EstimateTemplateCost.
//
// Simplified:
//   - Stacks are in memory only; a new Service has none.
//   - Requests are not authenticated; RoleARN and NotificationARNs are repeated and not used. A stack's tags are given to
//     provisioners, which may put them on resources.
//   - Values of AWS-specific parameter types are checked only where Config.Exists knows the type. What AWS answers to CreateChangeSet with
//     one that names nothing is not known; here the change set fails with the reason that CreateStack's stack has.
//   - A stored parameter's own type (String, StringList, SecureString) is not compared with what its parameter's type wants.
//   - Conditional replacements are changes in place; properties that the schemas mark read-only are not told apart. Of schemas, types,
//     required and closed properties, enums, bounds, lengths and patterns are checked, not anyOf, oneOf or dependencies. A resource
//     that another one replaces counts as unknown in a change set's evaluation.
//   - Types without an embedded schema take any property, get no tags and are never replaced.
//   - A change of Metadata, DeletionPolicy or UpdateReplacePolicy alone makes no event for the resource.
//   - AllowedPattern is RE2, so look-around is refused. Duplicate keys are refused in JSON, too.
//   - Fn::ToJsonString writes keys sorted. What Fn::ForEach loops over, and what names a Ref or Fn::GetAtt, is evaluated from parameters,
//     pseudo parameters and mappings only. The text of an assertion that fails, "Rule NAME failed with: TEXT", is not AWS's.
//   - A rule about an output that is still to be made is not judged in a change set; a condition takes such a value to differ from
//     everything else.
//   - ssm-secure is resolved in every property, Snapshot does no more than its type's provisioner can, and drift is compared one
//     level at a time: lists as a whole, and properties that AWS adds by itself not at all. Nested stacks are NOT_CHECKED.
//   - A ClientRequestToken is remembered per stack and action, whatever else the request says.
//   - At most 200 deleted stacks stay describable, and 10,000 events per stack.
package cloudformation
