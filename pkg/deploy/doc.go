// Package deploy brings a CloudFormation template and the consumer's binary to AWS, or to whatever answers at AWS_ENDPOINT_URL.
//
// [Stack] makes or updates a stack and returns its outputs; [Destroy] deletes one and says what its template retained.
// Both take an aws.Config, so endpoint, region and credentials are whatever the SDK found. The order of [Stack] is: who is the
// caller, is the template valid, is the code uploaded, is there a dead stack to clear away, change set, execution, events
// until the end. A template without changes is a success without an operation. A change set that would replace a resource
// whose template retains it is refused unless [Options.AllowReplacement] says otherwise.
//
// It does not build the binary, and it does not delete what a template retains: that is for an operator to do on purpose.
//
// Every function may be called from several goroutines; two deployments of one stack at a time are told apart by CloudFormation,
// which refuses the second.
package deploy
