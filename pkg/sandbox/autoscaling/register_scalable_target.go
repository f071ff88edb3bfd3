package autoscaling

import (
	"context"
	"time"
)

// ScalableTarget is what the API shows of a scalable target.
type ScalableTarget struct {
	Target
	MinCapacity       int
	MaxCapacity       int
	RoleARN           string
	CreationTime      Time
	ScalableTargetARN string
}

// RegisterScalableTargetInput names a target and its range; of one that is there, what is nil stays.
type RegisterScalableTargetInput struct {
	Target
	MinCapacity *int
	MaxCapacity *int
	RoleARN     string
}

// RegisterScalableTargetOutput names the target.
type RegisterScalableTargetOutput struct{ ScalableTargetARN string }

// RegisterScalableTarget makes a scalable target or changes its range, and brings the desired count into it.
func (s *Service) RegisterScalableTarget(ctx context.Context, in RegisterScalableTargetInput) (RegisterScalableTargetOutput, error) {
	if e := in.check(); e != nil {
		return RegisterScalableTargetOutput{}, e
	}
	cluster, service := in.names()
	if _, ok := s.cfg.Services.DesiredCount(cluster, service); !ok {
		return RegisterScalableTargetOutput{}, invalid("ECS service doesn't exist: %s", in.ResourceId)
	}
	s.mu.Lock()
	t := s.targets[in.Target]
	if t == nil {
		if e := s.mayAdd(in); e != nil {
			s.mu.Unlock()
			return RegisterScalableTargetOutput{}, e
		}
		t = &scalable{policies: make(map[string]*policy), ScalableTarget: ScalableTarget{
			Target: in.Target, CreationTime: Time{time.Now()},
			RoleARN:           "arn:aws:iam::" + s.cfg.AccountID + ":role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService",
			ScalableTargetARN: s.arn("application-autoscaling", "scalable-target/"+shortID()),
		}}
	}
	least, most := t.MinCapacity, t.MaxCapacity
	if in.MinCapacity != nil {
		least = *in.MinCapacity
	}
	if in.MaxCapacity != nil {
		most = *in.MaxCapacity
	}
	if least < 0 || least > most {
		s.mu.Unlock()
		return RegisterScalableTargetOutput{}, invalid("Maximum capacity cannot be less than minimum capacity, which cannot be negative: %d and %d", most, least)
	}
	t.MinCapacity, t.MaxCapacity = least, most
	s.targets[in.Target] = t
	s.mu.Unlock()
	s.bound(ctx, in.Target, least, most)
	return RegisterScalableTargetOutput{t.ScalableTargetARN}, nil
}

// mayAdd holds to what a new target must have; s.mu is held.
func (s *Service) mayAdd(in RegisterScalableTargetInput) *Error {
	switch {
	case in.MinCapacity == nil || in.MaxCapacity == nil:
		return invalid("MinCapacity and MaxCapacity are required to register a new scalable target")
	case len(s.targets) >= MaxTargets:
		return errorf(CodeLimit, "The sandbox has at most %d scalable targets", MaxTargets)
	}
	return nil
}

// bound brings the desired count into the range.
func (s *Service) bound(ctx context.Context, target Target, least, most int) {
	count, ok := s.cfg.Services.DesiredCount(target.names())
	switch {
	case !ok:
	case count < least:
		s.change(ctx, target, least, "minimum capacity was set to %d", least)
	case count > most:
		s.change(ctx, target, most, "maximum capacity was set to %d", most)
	}
}
