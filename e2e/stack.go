package e2e

import (
	"os/exec"
	"testing"

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

// Stack is where scenarios run. Its stream's route is weather.us.{state}.
type Stack interface {
	// AWS is how to reach Kinesis, S3 and the rest.
	AWS() aws.Config
	// StreamName names the Kinesis stream.
	StreamName() string
	// FailureBucket names the bucket of what the consumer could not process.
	FailureBucket() string
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
	// SetPolicy puts an operator's policy in force, as package policy reads it. The end of
	// the test puts the one before in force again.
	SetPolicy(t *testing.T, text string)
	// ReplaceCertificate gives the running gateway a certificate of another authority,
	// which is what Client and Command trust from then on.
	ReplaceCertificate(t *testing.T)
	// KillGateway ends a gateway as a crash does. Something starts it again.
	KillGateway(t *testing.T)
	// FillRedis makes Redis refuse what writes until the returned one is free again. A
	// stack whose Redis cannot be filled returns an error that says why.
	FillRedis(t *testing.T) (FullRedis, error)
}

// FullRedis is a Redis that refuses what writes.
type FullRedis interface {
	// Refusals returns how often it has refused since it is full.
	Refusals(t *testing.T) int
	// Free ends that. The end of the test does it, too.
	Free(t *testing.T)
}
