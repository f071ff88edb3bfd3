package elasticache

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// maxGroupName is ElastiCache's longest name of a parameter or subnet group.
const maxGroupName = 255

// parameterGroup is a parameter group. Its values are never changed, but replaced.
type parameterGroup struct {
	family string
	values map[string]string
}

// redis are the parameters that Redis itself has.
func (g parameterGroup) redis() map[string]string {
	all := map[string]string{}
	known := parameters()
	for name, v := range g.values {
		if known[name].standard != "" || name == "notify-keyspace-events" {
			all[name] = v
		}
	}
	return all
}

func (g parameterGroup) cluster() bool { return g.values["cluster-enabled"] == "yes" }

// parameterGroups makes AWS::ElastiCache::ParameterGroup.
type parameterGroups struct{ *Service }

func readGroup(r cloudformation.Request) (parameterGroup, error) {
	g := parameterGroup{family: text(r, "CacheParameterGroupFamily"), values: map[string]string{}}
	families := []string{"redis6.x", "redis7", "valkey7", "valkey8"}
	if !slices.Contains(families, g.family) {
		return g, invalid("CacheParameterGroupFamily %s is not a valid parameter group family: want one of %s", g.family, strings.Join(families, ", "))
	}
	given, _ := r.Properties["Properties"].(map[string]any)
	known := parameters()
	for _, name := range slices.Sorted(maps.Keys(given)) {
		v := fmt.Sprint(given[name])
		p, ok := known[name]
		switch {
		case !ok:
			return g, invalid("Parameter %s of family %s does not exist, or is not supported by the sandbox", name, g.family)
		case !p.values.MatchString(v):
			return g, invalid("The parameter value %s is not valid for parameter %s", v, name)
		}
		g.values[name] = v
	}
	return g, nil
}

// Create implements cloudformation.Provisioner.
func (s parameterGroups) Create(_ context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	g, err := readGroup(r)
	if err != nil {
		return cloudformation.Result{}, err
	}
	name := strings.ToLower(text(r, "CacheParameterGroupName"))
	if name == "" {
		name = cloudformation.LowerPhysicalName(r, maxGroupName)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.parameters[name]; taken {
		return cloudformation.Result{}, &cloudformation.HandlerError{
			Code: cloudformation.CodeAlreadyExists, Message: "Cache parameter group " + name + " already exists.",
		}
	}
	s.parameters[name] = g
	return cloudformation.Result{PhysicalID: name, Attributes: map[string]any{"CacheParameterGroupName": name}}, nil
}

// Update implements cloudformation.Provisioner. The caches of the group change at once.
func (s parameterGroups) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	g, err := readGroup(r)
	if err != nil {
		return cloudformation.Result{}, err
	}
	s.mu.Lock()
	old := s.parameters[r.PhysicalID]
	s.parameters[r.PhysicalID] = g
	var users []string
	for name, c := range s.caches {
		if c.group == r.PhysicalID {
			users = append(users, name)
		}
	}
	s.mu.Unlock()
	if len(users) > 0 && old.cluster() != g.cluster() {
		return cloudformation.Result{}, invalid("Parameter cluster-enabled of a group in use cannot be changed")
	}
	for _, name := range users {
		if err := s.use(ctx, name, r.PhysicalID, g); err != nil {
			return cloudformation.Result{}, err
		}
	}
	return cloudformation.Result{PhysicalID: r.PhysicalID}, nil
}

// Delete implements cloudformation.Provisioner.
func (s parameterGroups) Delete(_ context.Context, r cloudformation.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.parameters[r.PhysicalID]; !ok {
		return notFound("CacheParameterGroup %s not found.", r.PhysicalID)
	}
	for name, c := range s.caches {
		if c.group == r.PhysicalID {
			return invalid("One or more cache clusters are still members of this parameter group %s: %s", r.PhysicalID, name)
		}
	}
	delete(s.parameters, r.PhysicalID)
	return nil
}

// groupFor finds the parameter group of a cache: one of the account, or one of ElastiCache's own, whose names begin with default.
func (s *Service) groupFor(name, engine, version string) (parameterGroup, error) {
	family := engine + strings.SplitN(version, ".", 2)[0]
	if family == "redis6" {
		family = "redis6.x"
	}
	if name == "" {
		return parameterGroup{family: family}, nil
	}
	if rest, own := strings.CutPrefix(name, "default."); own {
		g := parameterGroup{family: strings.TrimSuffix(rest, ".cluster.on")}
		if g.family != rest {
			g.values = map[string]string{"cluster-enabled": "yes"}
		}
		return g, checkFamily(g, family)
	}
	s.mu.Lock()
	g, ok := s.parameters[name]
	s.mu.Unlock()
	if !ok {
		return g, notFound("CacheParameterGroup not found: %s", name)
	}
	return g, checkFamily(g, family)
}

func checkFamily(g parameterGroup, want string) error {
	if g.family != want {
		return invalid("Expected a parameter group of family %s but found one of family %s", want, g.family)
	}
	return nil
}
