package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/spillway/spillway/e2e/harness"
	"github.com/spillway/spillway/pkg/client"
	"github.com/spillway/spillway/pkg/stack"
)

// errNoIssuer says that tokens cannot be made up: a stack that is given has its own issuer.
var errNoIssuer = errors.New("there is no issuer at hand")

// target is the Spillway that records are put into and read from.
type target interface {
	AWS() aws.Config
	// Stream is the Kinesis stream, FailureBucket where records are that Lambda has given up.
	Stream() string
	FailureBucket() string
	Client(customer string) (client.Config, error)
	// ExpiredToken returns a token of a customer whose time is over, or errNoIssuer.
	ExpiredToken(customer string) (string, error)
	Stop() error
}

// started is the system of the bench's own.
type started struct{ *harness.System }

// Stream implements target.
func (s started) Stream() string { return s.StreamName }

// FailureBucket implements target.
func (s started) FailureBucket() string { return s.System.FailureBucket }

// ExpiredToken implements target.
func (s started) ExpiredToken(customer string) (string, error) {
	return s.Issuer.Issue(customer, -time.Minute)
}

// given is a stack that somebody else runs, and hurts.
type given struct{ end stack.Endpoints }

// readGiven reads the file in which a local stack tells how to reach it.
func readGiven(path string) (given, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return given{}, fmt.Errorf("CHAOS_STACK: %w", err)
	}
	var record struct {
		Endpoints stack.Endpoints `json:"endpoints"`
	}
	if err := json.Unmarshal(text, &record); err != nil {
		return given{}, fmt.Errorf("CHAOS_STACK: %s: %w", path, err)
	}
	for _, name := range []string{institute, newyork, tristate} {
		if _, ok := record.Endpoints.Customers[name]; !ok {
			return given{}, fmt.Errorf("CHAOS_STACK: %s: no customer %s", path, name)
		}
	}
	return given{record.Endpoints}, nil
}

// AWS implements target.
func (g given) AWS() aws.Config {
	return aws.Config{Region: g.end.Region, BaseEndpoint: &g.end.AWS, Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}
}

// Stream implements target.
func (g given) Stream() string { return g.end.Stream }

// FailureBucket implements target.
func (g given) FailureBucket() string { return g.end.FailureBucket }

// Client implements target.
func (g given) Client(customer string) (client.Config, error) {
	c, ok := g.end.Customers[customer]
	if !ok {
		return client.Config{}, fmt.Errorf("the stack has no customer %s", customer)
	}
	return client.Config{
		Endpoint: g.end.Gateway, CAFile: g.end.CAFile, Dial: dial,
		Credentials: client.Credentials{ClientID: c.ClientID, ClientSecret: c.Secret, TokenURL: g.end.TokenURL},
	}, nil
}

func dial(ctx context.Context, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// ExpiredToken implements target.
func (g given) ExpiredToken(string) (string, error) { return "", errNoIssuer }

// Stop implements target: who runs the stack ends it.
func (g given) Stop() error { return nil }
