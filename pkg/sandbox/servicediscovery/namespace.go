package servicediscovery

import (
	"context"
	"regexp"
	"strings"
)

// Namespace is a private DNS namespace as the API shows it.
type Namespace struct {
	Id           string
	Arn          string
	Name         string
	Type         string
	Description  string `json:",omitempty"`
	ServiceCount int
	Properties   NamespaceProperties
	CreateDate   Time

	vpc string
}

// NamespaceProperties are what depends on the kind of a namespace.
type NamespaceProperties struct {
	DnsProperties  DnsProperties
	HttpProperties HttpProperties
}

// DnsProperties name the hosted zone.
type DnsProperties struct {
	HostedZoneId string
	SOA          SOA
}

// SOA is the start of the zone.
type SOA struct{ TTL int }

// HttpProperties is the name for DiscoverInstances.
type HttpProperties struct{ HttpName string }

// typePrivate is the type of a namespace here.
const typePrivate = "DNS_PRIVATE"

// defaultSOA is the TTL of a start of authority that nobody chose, in seconds.
const defaultSOA = 15

// CreatePrivateDnsNamespaceInput says what to make.
type CreatePrivateDnsNamespaceInput struct {
	Name, Vpc, Description string
	SOATTL                 int // seconds; 0 means AWS's default
}

// domain is a name of at least one label.
var domain = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,63}(\.[a-zA-Z0-9_-]{1,63})*$`)

// maxNamespaceName is the longest name of a namespace.
const maxNamespaceName = 253

// CreatePrivateDnsNamespace makes a namespace, at once.
func (e *Emulator) CreatePrivateDnsNamespace(_ context.Context, in CreatePrivateDnsNamespaceInput) (Namespace, error) {
	in.Name = strings.TrimSuffix(in.Name, ".")
	switch {
	case len(in.Name) > maxNamespaceName || !domain.MatchString(in.Name):
		return Namespace{}, invalid("The name of a namespace must be a domain name, not %.300q", in.Name)
	case !e.cfg.VPCExists(in.Vpc):
		return Namespace{}, invalid("The VPC %.100q does not exist", in.Vpc)
	}
	if in.SOATTL == 0 {
		in.SOATTL = defaultSOA
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.namespaces) >= MaxNamespaces {
		return Namespace{}, errorf(CodeLimit, "There are at most %d namespaces", MaxNamespaces)
	}
	for _, other := range e.namespaces {
		if other.vpc == in.Vpc && strings.EqualFold(other.Name, in.Name) {
			return Namespace{}, errorf(CodeNamespaceExists, "The VPC %s has a namespace %s already: %s", in.Vpc, in.Name, other.Id)
		}
	}
	id := newID("ns")
	n := &Namespace{
		Id: id, Arn: e.arn("namespace/" + id), Name: in.Name, Type: typePrivate, Description: in.Description, CreateDate: now(), vpc: in.Vpc,
		Properties: NamespaceProperties{DnsProperties{"Z" + strings.ToUpper(newID("z")[2:]), SOA{in.SOATTL}}, HttpProperties{in.Name}},
	}
	e.namespaces[id] = n
	return *n, nil
}

// UpdatePrivateDnsNamespace changes what may be changed: the description, and the SOA's TTL in seconds.
func (e *Emulator) UpdatePrivateDnsNamespace(_ context.Context, id, description string, ttl int) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, err := e.namespace(id)
	if err != nil {
		return err
	}
	if ttl == 0 {
		ttl = defaultSOA
	}
	n.Description, n.Properties.DnsProperties.SOA.TTL = description, ttl
	return nil
}

// DeleteNamespace deletes a namespace without services.
func (e *Emulator) DeleteNamespace(_ context.Context, id string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, err := e.namespace(id)
	if err != nil {
		return err
	}
	if n.ServiceCount > 0 {
		return errorf(CodeInUse, "The namespace %s has %d services", n.Id, n.ServiceCount)
	}
	delete(e.namespaces, n.Id)
	return nil
}

// namespace finds one by id or ARN; e.mu is held.
func (e *Emulator) namespace(id string) (*Namespace, error) {
	if n := e.namespaces[lastPart(id)]; n != nil {
		return n, nil
	}
	return nil, errorf(CodeNoNamespace, "There is no namespace %.200q", id)
}

// lastPart is the id in an ARN, or the id.
func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
