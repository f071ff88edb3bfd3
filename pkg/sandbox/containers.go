package sandbox

import (
	"context"
	"errors"
	"path/filepath"
	"sync"

	"github.com/spillway/spillway/pkg/sandbox/autoscaling"
	"github.com/spillway/spillway/pkg/sandbox/ecr"
	"github.com/spillway/spillway/pkg/sandbox/ecs"
	"github.com/spillway/spillway/pkg/sandbox/elb"
	"github.com/spillway/spillway/pkg/sandbox/servicediscovery"
)

// emulateContainers makes ECS and the load balancers that its services have.
func (s *Sandbox) emulateContainers() (err error) {
	cfg := s.cfg
	s.ecr, err = ecr.New(ecr.Config{
		Region: cfg.Region, AccountID: cfg.AccountID, Endpoint: cfg.Endpoint, Dir: filepath.Join(cfg.StateDir, "ecr"), Clock: s.kinesis.Clock().Now,
	})
	if err != nil {
		return err
	}
	certificates := cfg.Certificates
	if certificates == nil && cfg.ListenerTLS != (KeyPairFiles{}) {
		certificates = managedCertificates{cfg}
	}
	s.discovery, err = servicediscovery.New(servicediscovery.Config{
		Region: cfg.Region, AccountID: cfg.AccountID, Logger: cfg.Logger,
		VPCExists: func(id string) bool { return s.account.Exists("AWS::EC2::VPC", id) },
	})
	if err != nil {
		return err
	}
	s.elb, err = elb.New(elb.Config{
		Region: cfg.Region, AccountID: cfg.AccountID, Address: cfg.LoadBalancerAddress, Certificates: certificates,
		TimeScale: cfg.TimeScale, Logger: cfg.Logger,
	})
	if err != nil {
		return err
	}
	images := cfg.Images
	if images == nil {
		dir := filepath.Join(cfg.StateDir, "images")
		images = installedImages{&registryImages{registry: s.ecr, dir: dir, opened: map[string]*sync.Mutex{}}}
	}
	secrets := cfg.Secrets
	if secrets == nil {
		secrets = containerSecrets{s.secrets, s.parameters}
	}
	environment := s.environment()
	environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"] = "local", "local"
	s.ecs, err = ecs.New(ecs.Config{
		Region: cfg.Region, AccountID: cfg.AccountID, Images: images, Secrets: secrets, Logs: newTaskLogs(s), LoadBalancers: targetGroups{s.elb},
		Registries: registries{s.discovery}, Endpoint: cfg.Endpoint, Environment: environment, Derived: s.derive, Resolve: s.discovery.Resolve, TimeScale: cfg.TimeScale, Logger: cfg.Logger,
	})
	if err != nil {
		return err
	}
	s.autoscaling, err = autoscaling.New(autoscaling.Config{
		Region: cfg.Region, AccountID: cfg.AccountID, Services: s.ecs, TimeScale: cfg.TimeScale, Logger: cfg.Logger,
	})
	return err
}

// targetGroups are the target groups of load balancers as ECS wants them.
type targetGroups struct{ elb *elb.Service }

// Attached implements ecs.LoadBalancers.
func (t targetGroups) Attached(group string) (attached, ok bool) {
	out, err := t.elb.DescribeTargetGroups(context.Background(), elb.DescribeTargetGroupsInput{TargetGroupArns: []string{group}})
	if err != nil {
		return false, false
	}
	return len(out.TargetGroups[0].LoadBalancerArns) > 0, true
}

func description(t ecs.Target) elb.TargetDescription {
	return elb.TargetDescription{Id: t.Address, Port: t.Port, AvailabilityZone: t.Zone}
}

// Register implements ecs.LoadBalancers.
func (t targetGroups) Register(ctx context.Context, group string, target ecs.Target) error {
	return t.elb.RegisterTargets(ctx, elb.TargetsInput{TargetGroupArn: group, Targets: []elb.TargetDescription{description(target)}})
}

// Deregister implements ecs.LoadBalancers. A target or group that is gone has been drained.
func (t targetGroups) Deregister(ctx context.Context, group string, target ecs.Target) (<-chan struct{}, error) {
	err := t.elb.DeregisterTargets(ctx, elb.TargetsInput{TargetGroupArn: group, Targets: []elb.TargetDescription{description(target)}})
	var e *elb.Error
	if err != nil && (!errors.As(err, &e) || e.Code != elb.CodeInvalidTarget && e.Code != elb.CodeTargetGroupNotFound) {
		return nil, err
	}
	return t.elb.Drained(group, description(target)), nil
}

// Health implements ecs.LoadBalancers.
func (t targetGroups) Health(group string, target ecs.Target) (state, reason string) {
	h := t.elb.TargetHealth(group, description(target))
	return h.State, h.Description
}

// Changed implements ecs.LoadBalancers.
func (t targetGroups) Changed() <-chan struct{} { return t.elb.Changed() }
