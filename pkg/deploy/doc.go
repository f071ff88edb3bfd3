// Package deploy brings CloudFormation templates, the consumer's binary and the gateway's image to AWS, or to whatever answers at
// AWS_ENDPOINT_URL.
//
// [Prepare] works out a [Plan], which can be shown, executed or discarded; [Stack] does it in one. [ReadOutputs], [Drift] and
// [Destroy] are for the stack that came of it. All take an aws.Config, so endpoint, region and credentials are whatever the SDK
// found; without a region it is us-east-1. The order is: who is the caller, are the templates valid and the parameters known,
// is there a dead stack to clear away, change set, upload of code and image, execution, events of all nested stacks
// and of ECS services until the end. A template without changes is a success without an operation. A change set that would
// replace or remove a resource that holds data is refused unless [Options.AllowReplacement] says otherwise.
//
// What is uploaded is named after its content, so nothing is uploaded twice, and what a deployment does follows from its input
// alone: code and image of the same programs have the same names everywhere.
//
// It does not build programs (see package image for images), and it does not delete what a template retains, nor old artifacts:
// that is for an operator to do on purpose.
//
// Every function may be called from several goroutines, but a Plan by one at a time; two deployments of one stack at a time are
// told apart by CloudFormation, which refuses the second.
package deploy
