package e2e

import (
	"os/exec"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/spillway/spillway/pkg/client"
)

// The customers that every stack has, and what they may read.
const (
	Institute = "institute" // weather.us.>
	NewYork   = "newyork"   // weather.us.ny
	TriState  = "tristate"  // weather.us.ny, weather.us.nj, weather.us.ct
	Operator  = "operator"  // weather.> and $spillway.>
)

// Need is what some scenarios do to a stack and not every stack can have done to it.
type Need string

// The needs, named after the methods of a Stack that are for them.
const (
	Policy      Need = "SetPolicy"
	Certificate Need = "ReplaceCertificate"
	Log         Need = "OperatorCommand" // one that reaches the event log
	FullMemory  Need = "FillRedis"
	Loss        Need = "LoseRedis"
	OldToken    Need = "ExpiredToken"
)

// Stack is where scenarios run. Its stream's route is weather.us.{state}.
type Stack interface {
	// Lacks says why the stack cannot be asked for something; it is empty if it can.
	Lacks(n Need) string
	// Own makes a name that nobody else on the stack has: of a state, of a customer, of a key of
	// records without a topic. Of an empty name it is what all of them end with.
	Own(name string) string

	// Promptly is how soon an event follows its record where nothing has to be started.
	Promptly() time.Duration

	// AWS is how to reach Kinesis, S3 and the rest.
	AWS() aws.Config
	// StreamName names the Kinesis stream.
	StreamName() string
	// FailureBucket names the bucket of what the consumer could not process.
	FailureBucket() string
	// FunctionName names the consumer.
	FunctionName() string
	// Client returns the configuration of a client of a customer.
	Client(t *testing.T, customer string) client.Config
	// ExpiredToken returns a token of a customer whose time is over.
	ExpiredToken(t *testing.T, customer string) string
	// Command returns the path of the program spillway, and the arguments that make
	// it act for a customer.
	Command(t *testing.T, customer string) []string
	// OperatorCommand returns the program spillway with arguments, set up to reach the
	// event log and the user pool as an operator does.
	OperatorCommand(t *testing.T, args ...string) *exec.Cmd
	// Outside are variables for operators, who reach by other names than the consumer what
	// its own variables name.
	Outside() []string
	// SetPolicy puts an operator's policy in force, as package policy reads it. The end of
	// the test puts the one before in force again.
	SetPolicy(t *testing.T, text string)
	// ReplaceCertificate gives the running gateway a certificate of another authority,
	// which is what Client and Command trust from then on.
	ReplaceCertificate(t *testing.T)
	// KillGateway ends a gateway as hard as can be. Something starts it again.
	KillGateway(t *testing.T)
	// FillRedis makes Redis refuse what writes until the returned one is free again.
	FillRedis(t *testing.T) FullRedis
	// LoseRedis empties Redis.
	LoseRedis(t *testing.T)
}

// FullRedis is a Redis that refuses what writes.
type FullRedis interface {
	// Refusals returns how often it has refused since it is full.
	Refusals(t *testing.T) int
	// Free ends that. The end of the test does it, too.
	Free(t *testing.T)
}
