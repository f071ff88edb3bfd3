package servicediscovery

import (
	"context"
	"regexp"
	"strings"
)

// Service is what instances are found by, as the API shows it.
type Service struct {
	Id                      string
	Arn                     string
	Name                    string
	NamespaceId             string
	Description             string `json:",omitempty"`
	InstanceCount           int
	DnsConfig               DnsConfig
	Type                    string
	HealthCheckCustomConfig *HealthCheckCustomConfig `json:",omitempty"`
	CreateDate              Time
}

// DnsConfig says which records a service has.
type DnsConfig struct {
	NamespaceId   string `json:",omitempty"`
	RoutingPolicy string `json:",omitempty"`
	DnsRecords    []DnsRecord
}

// DnsRecord is a kind of record, with its time to live in seconds.
type DnsRecord struct {
	Type string
	TTL  int
}

// HealthCheckCustomConfig has health told by who registers. AWS looks at no threshold but 1.
type HealthCheckCustomConfig struct{ FailureThreshold int }

// CreateServiceInput says what to make.
type CreateServiceInput struct {
	Name, Description, NamespaceId string
	DnsConfig                      *DnsConfig
	HealthCheckConfig              *struct {
		Type, ResourcePath string
		FailureThreshold   int
	}
	HealthCheckCustomConfig *HealthCheckCustomConfig
	Type                    string
}

// service is a service with its instances and its door. Guarded by Emulator.mu.
type service struct {
	Service
	host      string // its name in the namespace, lower-case
	address   string // what stands for the name here
	instances map[string]*instance
	doors     map[int]*door // by port
}

// The routing policies.
const (
	multivalue = "MULTIVALUE"
	weighted   = "WEIGHTED"
)

// label is the name of a service.
var label = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,63}(\.[a-zA-Z0-9_-]{1,63})*$`)

// CreateService makes a service with a name in a private namespace.
func (e *Emulator) CreateService(_ context.Context, in CreateServiceInput) (Service, error) {
	if err := in.check(); err != nil {
		return Service{}, err
	}
	if in.NamespaceId == "" {
		in.NamespaceId = in.DnsConfig.NamespaceId
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	n, err := e.namespace(in.NamespaceId)
	if err != nil {
		return Service{}, err
	}
	if len(e.services) >= MaxServices {
		return Service{}, errorf(CodeLimit, "There are at most %d services", MaxServices)
	}
	for _, other := range e.services {
		if other.NamespaceId == n.Id && strings.EqualFold(other.Name, in.Name) {
			return Service{}, errorf(CodeServiceExists, "The namespace %s has a service %s already: %s", n.Name, in.Name, other.Id)
		}
	}
	address, err := e.takeAddress()
	if err != nil {
		return Service{}, err
	}
	id := newID("srv")
	if in.DnsConfig.RoutingPolicy == "" {
		in.DnsConfig.RoutingPolicy = multivalue
	}
	s := &service{
		host: strings.ToLower(in.Name + "." + n.Name), address: address, instances: map[string]*instance{}, doors: map[int]*door{},
		Service: Service{
			Id: id, Arn: e.arn("service/" + id), Name: in.Name, NamespaceId: n.Id, Description: in.Description, DnsConfig: *in.DnsConfig,
			Type: "DNS_HTTP", HealthCheckCustomConfig: in.HealthCheckCustomConfig, CreateDate: now(),
		},
	}
	s.DnsConfig.NamespaceId = n.Id
	e.services[id] = s
	n.ServiceCount++
	return s.Service, nil
}

func (in CreateServiceInput) check() *Error {
	switch {
	case !label.MatchString(in.Name):
		return invalid("The name of a service must be one of a domain, not %.100q", in.Name)
	case in.DnsConfig == nil || in.Type == "HTTP":
		return unsupported("A service that DNS does not know")
	case in.HealthCheckConfig != nil:
		return invalid("A service of a private namespace cannot have a HealthCheckConfig")
	}
	return in.DnsConfig.check()
}

func (c DnsConfig) check() *Error {
	if c.RoutingPolicy != "" && c.RoutingPolicy != multivalue && c.RoutingPolicy != weighted {
		return invalid("The routing policy must be %s or %s, not %.40q", multivalue, weighted, c.RoutingPolicy)
	}
	if len(c.DnsRecords) != 1 || c.DnsRecords[0].Type != "A" {
		return unsupported("A service without a record of the type A, or with others")
	}
	if c.DnsRecords[0].TTL < 0 {
		return invalid("A TTL must not be negative")
	}
	return nil
}

// UpdateService changes what may be changed: the description, and the records' time to live.
func (e *Emulator) UpdateService(_ context.Context, id, description string, dns DnsConfig) error {
	if err := dns.check(); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := e.service(id)
	if err != nil {
		return err
	}
	if dns.RoutingPolicy != "" && dns.RoutingPolicy != s.DnsConfig.RoutingPolicy {
		return invalid("The routing policy of a service cannot be changed")
	}
	s.Description, s.DnsConfig.DnsRecords = description, dns.DnsRecords
	return nil
}

// DeleteService deletes a service without instances.
func (e *Emulator) DeleteService(_ context.Context, id string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := e.service(id)
	if err != nil {
		return err
	}
	if len(s.instances) > 0 {
		return errorf(CodeInUse, "Service contains registered instances; delete the instances before deleting the service")
	}
	delete(e.services, s.Id)
	e.namespaces[s.NamespaceId].ServiceCount--
	return nil
}

// service finds one by id or ARN; e.mu is held.
func (e *Emulator) service(id string) (*service, error) {
	if s := e.services[lastPart(id)]; s != nil {
		return s, nil
	}
	return nil, errorf(CodeNoService, "There is no service %.200q", id)
}

// show is the service as the API shows it; Emulator.mu is held.
func (s *service) show() Service {
	out := s.Service
	out.InstanceCount = len(s.instances)
	return out
}
