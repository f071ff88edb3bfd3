package elb

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// hostedZone is the zone of the names of network load balancers in us-east-1.
const hostedZone = "Z26RNL4JYFTOTI"

// loadBalancer is a load balancer. Guarded by Service.mu.
type loadBalancer struct {
	LoadBalancer
	attributes attributes
}

// zones are the availability zones that it is in.
func (lb *loadBalancer) zones() []string {
	var out []string
	for _, z := range lb.AvailabilityZones {
		out = append(out, z.ZoneName)
	}
	return out
}

// LoadBalancer is what the API shows of a load balancer.
type LoadBalancer struct {
	LoadBalancerArn       string
	DNSName               string
	CanonicalHostedZoneId string
	CreatedTime           string
	LoadBalancerName      string
	Scheme                string
	State                 struct{ Code string }
	Type                  string
	AvailabilityZones     []AvailabilityZone `xml:"AvailabilityZones>member"`
	SecurityGroups        []string           `xml:"SecurityGroups>member"`
	IpAddressType         string
}

// AvailabilityZone is a zone of a load balancer.
type AvailabilityZone struct{ ZoneName, SubnetId string }

// CreateLoadBalancerInput says what to make.
type CreateLoadBalancerInput struct {
	Name           string
	Subnets        []string
	SecurityGroups []string
	Scheme         string
	Type           string
	IpAddressType  string
	Tags           []Tag
}

// LoadBalancersOutput are load balancers.
type LoadBalancersOutput struct {
	LoadBalancers []LoadBalancer `xml:"LoadBalancers>member"`
	NextMarker    string         `xml:",omitempty"`
}

// CreateLoadBalancer makes a network load balancer. One of the same name and settings is answered again.
func (s *Service) CreateLoadBalancer(ctx context.Context, in CreateLoadBalancerInput) (LoadBalancersOutput, error) {
	if e := in.check(); e != nil {
		return LoadBalancersOutput{}, e
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, lb := range s.loadBalancers {
		if lb.LoadBalancerName != in.Name {
			continue
		}
		if lb.Scheme != in.Scheme || !slices.Equal(lb.SecurityGroups, in.SecurityGroups) || !slices.EqualFunc(lb.AvailabilityZones, in.Subnets, func(z AvailabilityZone, id string) bool { return z.SubnetId == id }) {
			return LoadBalancersOutput{}, errorf(CodeDuplicateLoadBalancer, "A load balancer with the same name '%s' exists, but with different settings", in.Name)
		}
		return LoadBalancersOutput{LoadBalancers: []LoadBalancer{lb.LoadBalancer}}, nil
	}
	if len(s.loadBalancers) >= MaxLoadBalancers {
		return LoadBalancersOutput{}, errorf(CodeTooManyLoadBalancers, "The maximum number of load balancers has been reached")
	}
	lb := &loadBalancer{attributes: defaults(loadBalancerRules()), LoadBalancer: LoadBalancer{
		LoadBalancerArn: s.arn("loadbalancer", "net/"+in.Name+"/"+newID()), DNSName: s.newAddress(ctx), CanonicalHostedZoneId: hostedZone,
		CreatedTime: time.Now().UTC().Format(time.RFC3339), LoadBalancerName: in.Name, Scheme: in.Scheme,
		Type: "network", SecurityGroups: in.SecurityGroups, IpAddressType: "ipv4",
	}}
	lb.State.Code = "active"
	zones, e := s.zonesOf(in.Subnets)
	if e != nil {
		return LoadBalancersOutput{}, e
	}
	lb.AvailabilityZones = zones
	if e := s.setTags(lb.LoadBalancerArn, in.Tags); e != nil {
		return LoadBalancersOutput{}, e
	}
	s.loadBalancers[lb.LoadBalancerArn] = lb
	return LoadBalancersOutput{LoadBalancers: []LoadBalancer{lb.LoadBalancer}}, nil
}

func (in *CreateLoadBalancerInput) check() *Error {
	if e := checkName("load balancer", in.Name); e != nil {
		return e
	}
	if in.Scheme == "" {
		in.Scheme = "internet-facing"
	}
	switch {
	case in.Type != "network":
		return unsupported(fmt.Sprintf("A load balancer of type '%.40s': it has those of type 'network', and this", in.Type))
	case in.IpAddressType != "" && in.IpAddressType != "ipv4":
		return unsupported("IpAddressType '" + in.IpAddressType + "'")
	case in.Scheme != "internal" && in.Scheme != "internet-facing":
		return invalid("Scheme must be internal or internet-facing, not '%.40s'", in.Scheme)
	}
	return nil
}

var nameExpr = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// checkName holds to the rules of names that load balancers and target groups share.
func checkName(kind, name string) *Error {
	switch {
	case name == "":
		return invalid("A %s name must be specified", kind)
	case len(name) > maxName:
		return invalid("The %s name '%.80s' cannot be longer than '%d' characters", kind, name, maxName)
	case !nameExpr.MatchString(name):
		return invalid("The %s name '%s' can only contain characters that are alphanumeric characters and hyphens(-)", kind, name)
	case strings.HasPrefix(name, "-"), strings.HasSuffix(name, "-"):
		return invalid("The %s name '%s' cannot begin or end with a hyphen", kind, name)
	case kind == "load balancer" && strings.HasPrefix(name, "internal-"):
		return invalid("The load balancer name '%s' cannot begin with 'internal-'", name)
	}
	return nil
}
