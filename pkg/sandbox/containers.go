package sandbox

import (
	"context"
	"errors"
	"maps"
	"path/filepath"

	"github.com/spillway/spillway/pkg/sandbox/autoscaling"
	"github.com/spillway/spillway/pkg/sandbox/ecr"
	"github.com/spillway/spillway/pkg/sandbox/ecs"
	"github.com/spillway/spillway/pkg/sandbox/elb"
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
	s.elb, err = elb.New(elb.Config{
		Region: cfg.Region, AccountID: cfg.AccountID, Address: cfg.LoadBalancerAddress, Certificates: cfg.Certificates,
		TimeScale: cfg.TimeScale, Logger: cfg.Logger,
	})
	if err != nil {
		return err
	}
	images := cfg.Images
	if images == nil {
		images = noImages{}
	}
	secrets := cfg.Secrets
	if secrets == nil {
		secrets = containerSecrets{s.secrets, s.parameters}
	}
	environment := s.environment()
	environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"] = "local", "local"
	maps.Copy(environment, cfg.TaskEnvironment)
	s.ecs, err = ecs.New(ecs.Config{
		Region: cfg.Region, AccountID: cfg.AccountID, Images: images, Secrets: secrets, Logs: taskLogs{s}, LoadBalancers: targetGroups{s.elb},
		Registries: cfg.Registries, Environment: environment, TimeScale: cfg.TimeScale, Logger: cfg.Logger,
	})
	if err != nil {
		return err
	}
	s.autoscaling, err = autoscaling.New(autoscaling.Config{
		Region: cfg.Region, AccountID: cfg.AccountID, Services: s.ecs, TimeScale: cfg.TimeScale, Logger: cfg.Logger,
	})
	return err
}

// taskLogs takes what containers write to CloudWatch Logs, and the metrics out of it.
type taskLogs struct{ *Sandbox }

// CreateLogStream implements ecs.Logs.
func (l taskLogs) CreateLogStream(ctx context.Context, group, stream string) error {
	return l.logs.CreateLogStream(ctx, group, stream)
}

// Append implements ecs.Logs.
func (l taskLogs) Append(group, stream string, lines ...string) error {
	for _, line := range lines {
		l.autoscaling.Read(line)
	}
	return l.logs.Append(group, stream, lines...)
}

// noImages is where no image comes from.
type noImages struct{}

// Open implements ecs.ImageSource.
func (noImages) Open(context.Context, string) (ecs.Image, error) { return ecs.Image{}, ecs.ErrNoImage }

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
