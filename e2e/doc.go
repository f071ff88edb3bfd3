// Package e2e proves the whole path, from a record put into Kinesis to an event on
// a customer's stream, with the real programs.
//
// A scenario is written once, against a [Stack]: where Kinesis is, which customers
// there are, how a program of the project is run. Its test functions start a stack
// and run every scenario on it: TestSandbox the local cloud without containers,
// TestCompose, with the build tag compose, the one in containers. go tool mage e2e runs both.
// TestAWS, with the build tag aws, starts none but uses one that is deployed, among others who do.
// A scenario names what it needs of a stack beyond the ordinary ([Need]); where a stack lacks that, the table
// of results says why.
//
// It is a module of its own, so that what only tests of the whole need is no
// dependency of the product. It imports the product's public packages and runs its
// programs; it never imports the sandbox.
package e2e
