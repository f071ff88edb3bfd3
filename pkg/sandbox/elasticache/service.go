package elasticache

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// Node is a Redis that is to run.
type Node struct {
	// Name is unique among the caches that run.
	Name string
	// TLS is the only way to speak to it, if it is set; then there is no plaintext.
	TLS bool
	// Cluster makes it speak the cluster protocol, as the one node that has all slots.
	Cluster bool
	// Password must be given by clients, unless it is empty.
	Password string
	// Parameters are Redis' own, by name.
	Parameters map[string]string
}

// Running is a Redis that runs.
type Running interface {
	// Address is where it is.
	Address() (host, port string)
	// Set changes parameters.
	Set(ctx context.Context, parameters map[string]string) error
	// Stop ends it; what it holds is gone.
	Stop(ctx context.Context)
}

// Nodes runs Redis.
type Nodes interface {
	// Start returns once the node can be used.
	Start(ctx context.Context, n Node) (Running, error)
}

// Config is what a [Service] needs. All of it is required.
type Config struct {
	Region, AccountID string
	Nodes             Nodes
	// SubnetExists tells whether there is a subnet of that id.
	SubnetExists func(id string) bool
}

// Service is the emulator. Make one with [New].
type Service struct {
	cfg Config

	mu         sync.Mutex // guards what follows
	parameters map[string]parameterGroup
	subnets    map[string]bool   // names of subnet groups
	caches     map[string]*cache // by name
}

// cache is a Redis with what it was made of. Guarded by Service.mu.
type cache struct {
	running Running // nil while it starts
	group   string  // its parameter group; empty for none
	subnets string  // its subnet group
}

// New returns a service without caches.
func New(cfg Config) (*Service, error) {
	if cfg.Region == "" || cfg.AccountID == "" || cfg.Nodes == nil || cfg.SubnetExists == nil {
		return nil, errors.New("elasticache: Region, AccountID, Nodes and SubnetExists must be set")
	}
	return &Service{cfg: cfg, parameters: map[string]parameterGroup{}, subnets: map[string]bool{}, caches: map[string]*cache{}}, nil
}

// Provisioners are those of the types that the service makes.
func (s *Service) Provisioners() map[string]cloudformation.Provisioner {
	return map[string]cloudformation.Provisioner{
		"AWS::ElastiCache::ReplicationGroup": replicationGroup{s},
		"AWS::ElastiCache::ServerlessCache":  serverlessCache{s},
		"AWS::ElastiCache::SubnetGroup":      subnetGroup{s},
		"AWS::ElastiCache::ParameterGroup":   parameterGroups{s},
	}
}

// Close ends every Redis.
func (s *Service) Close(ctx context.Context) {
	s.mu.Lock()
	var all []Running
	for _, c := range s.caches {
		if c.running != nil {
			all = append(all, c.running)
		}
	}
	s.caches = map[string]*cache{}
	s.mu.Unlock()
	for _, running := range all {
		running.Stop(ctx)
	}
}

// start makes a cache. Its name is taken while it starts.
func (s *Service) start(ctx context.Context, n Node, c cache) (Running, error) {
	s.mu.Lock()
	_, taken := s.caches[n.Name]
	if !taken {
		s.caches[n.Name] = &c
	}
	s.mu.Unlock()
	if taken {
		return nil, &cloudformation.HandlerError{Code: cloudformation.CodeAlreadyExists, Message: "A cache named " + n.Name + " already exists."}
	}
	running, err := s.cfg.Nodes.Start(ctx, n)
	s.mu.Lock()
	wanted := s.caches[n.Name] == &c // unless Close was meanwhile
	switch {
	case err == nil:
		c.running = running
	case wanted:
		delete(s.caches, n.Name)
	}
	s.mu.Unlock()
	if err == nil && !wanted {
		running.Stop(ctx)
		err = errors.New("the sandbox is stopping")
	}
	if err != nil {
		return nil, fmt.Errorf("start cache %s: %w", n.Name, err)
	}
	return running, nil
}

// stop ends a cache.
func (s *Service) stop(ctx context.Context, name string) error {
	s.mu.Lock()
	var running Running
	if c := s.caches[name]; c != nil && c.running != nil {
		running = c.running
		delete(s.caches, name)
	}
	s.mu.Unlock()
	if running == nil {
		return notFound("Cache %s not found.", name)
	}
	running.Stop(ctx)
	return nil
}

// use gives a cache the parameters of a group.
func (s *Service) use(ctx context.Context, name, group string, g parameterGroup) error {
	s.mu.Lock()
	var running Running
	if c := s.caches[name]; c != nil {
		c.group, running = group, c.running
	}
	s.mu.Unlock()
	if running == nil {
		return notFound("Cache %s not found.", name)
	}
	all := defaults()
	maps.Copy(all, g.redis())
	return running.Set(ctx, all)
}

func (s *Service) arn(kind, name string) string {
	return "arn:aws:elasticache:" + s.cfg.Region + ":" + s.cfg.AccountID + ":" + kind + ":" + name
}

// refuseProperties refuses properties that would do nothing and are not harmless.
func refuseProperties(r cloudformation.Request, names ...string) error {
	for _, name := range names {
		if _, ok := r.Properties[name]; ok {
			return invalid("%s of %s is not supported by the sandbox", name, r.LogicalID)
		}
	}
	return nil
}

func text(r cloudformation.Request, name string) string {
	s, _ := r.Properties[name].(string)
	return s
}

func flag(r cloudformation.Request, name string) bool {
	b, _ := r.Properties[name].(bool)
	return b
}

func invalid(format string, args ...any) error {
	return &cloudformation.HandlerError{Code: cloudformation.CodeInvalidRequest, Message: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &cloudformation.HandlerError{Code: cloudformation.CodeNotFound, Message: fmt.Sprintf(format, args...)}
}
