package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// Inside is a stack in containers, as the container sees it that prepares and deploys the stack: compose.yaml runs it, as
// cmd/provision.
type Inside struct {
	// Dir is the directory that the containers share, and HostDir where the machine has it that they run on: what customers
	// read names files there.
	Dir, HostDir string
	// Ports are where the machine reaches the stack.
	Ports Ports
	// AWS and Redis are the URLs of the cloud and of Redis in the network of the containers.
	AWS, Redis string
	// Bootstrap is the path of the consumer's program.
	Bootstrap string
	// LogLevel is the consumer's.
	LogLevel string
	// Out is told of the deployment's events.
	Out io.Writer
}

func (i Inside) stack() (*Stack, error) {
	return New(Options{Root: "/", Dir: i.Dir, Template: TemplateData, LogLevel: i.LogLevel, Out: i.Out})
}

// Prepare writes what the other containers are configured from, as far as it is not there: certificates, the operator's policy
// and the pool of customers.
func (i Inside) Prepare() error {
	s, err := i.stack()
	if err != nil {
		return err
	}
	pools, err := poolsText(s.o.Customers)
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	if err := errors.Join(s.ensureCertificates(), s.ensurePolicy(), writeSecret(s.path(poolsFile), pools)); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	return nil
}

// Deploy deploys the data path, and writes how customers reach the stack and what Up and Status tell of it.
func (i Inside) Deploy(ctx context.Context) (Endpoints, error) {
	s, err := i.stack()
	if err != nil {
		return Endpoints{}, err
	}
	e := endpointsAt(i.Ports)
	e.CAFile = filepath.Join(i.HostDir, tlsDir, caFile)
	path := dataPath{aws: i.AWS, redis: i.Redis, bootstrap: i.Bootstrap, logLevel: s.o.LogLevel}
	if err := path.deploy(ctx, &e, i.Out); err != nil {
		return Endpoints{}, err
	}
	if e.Customers, err = s.credentials(); err != nil {
		return Endpoints{}, err
	}
	r := record{Started: time.Now(), Endpoints: e}
	for _, c := range s.o.Customers {
		r.Customers = append(r.Customers, c.Name)
	}
	return e, errors.Join(s.writeProperties(e), s.writeRecord(r))
}
