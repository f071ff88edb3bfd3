package elasticache

import (
	"context"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// subnetGroup makes AWS::ElastiCache::SubnetGroup.
type subnetGroup struct{ *Service }

func (s subnetGroup) check(r cloudformation.Request) error {
	ids, _ := r.Properties["SubnetIds"].([]any)
	return s.checkSubnets(ids)
}

// checkSubnets wants the subnets to be there.
func (s *Service) checkSubnets(ids []any) error {
	for _, id := range ids {
		if name, _ := id.(string); !s.cfg.SubnetExists(name) {
			return invalid("Some input subnets :[%s] are invalid.", name)
		}
	}
	return nil
}

// Create implements cloudformation.Provisioner.
func (s subnetGroup) Create(_ context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	if err := s.check(r); err != nil {
		return cloudformation.Result{}, err
	}
	name := strings.ToLower(text(r, "CacheSubnetGroupName"))
	if name == "" {
		name = cloudformation.LowerPhysicalName(r, maxGroupName)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subnets[name] {
		return cloudformation.Result{}, &cloudformation.HandlerError{
			Code: cloudformation.CodeAlreadyExists, Message: "Cache subnet group " + name + " already exists.",
		}
	}
	s.subnets[name] = true
	return cloudformation.Result{PhysicalID: name, Attributes: map[string]any{}}, nil
}

// Update implements cloudformation.Provisioner.
func (s subnetGroup) Update(_ context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	return cloudformation.Result{PhysicalID: r.PhysicalID}, s.check(r)
}

// Delete implements cloudformation.Provisioner.
func (s subnetGroup) Delete(_ context.Context, r cloudformation.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.subnets[r.PhysicalID] {
		return notFound("Cache Subnet Group %s does not exist.", r.PhysicalID)
	}
	for name, c := range s.caches {
		if c.subnets == r.PhysicalID {
			return invalid("Cache subnet group %s is currently in use by a cache cluster: %s", r.PhysicalID, name)
		}
	}
	delete(s.subnets, r.PhysicalID)
	return nil
}
