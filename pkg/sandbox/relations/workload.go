package relations

import (
	"strconv"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

const (
	typeFunction = "AWS::Lambda::Function"
	typeService  = "AWS::ECS::Service"
	typeTask     = "AWS::ECS::TaskDefinition"
	httpsPort    = 443
)

// workload is what runs a program: a function, or a service with its task definition.
type workload struct {
	*resource
	task    *resource // of a service; nil if the tree has it not
	network map[string]any
}

// workloads lists the functions and services.
func (t *tree) workloads() []workload {
	var all []workload
	for _, f := range t.of(typeFunction) {
		network, _ := f.at("VpcConfig").(map[string]any)
		all = append(all, workload{resource: f, network: network})
	}
	return append(all, t.services()...)
}

func (t *tree) services() []workload {
	var all []workload
	for _, s := range t.of(typeService) {
		network, _ := s.at("NetworkConfiguration", "AwsvpcConfiguration").(map[string]any)
		all = append(all, workload{resource: s, task: t.made(s.at("TaskDefinition")), network: network})
	}
	return all
}

// inVPC is whether it has network interfaces in a VPC.
func (w workload) inVPC() bool { return len(list(w.subnets())) > 0 }

func (w workload) subnets() any {
	if w.typ == typeFunction {
		return w.network["SubnetIds"]
	}
	return w.network["Subnets"]
}

func (w workload) groups() any {
	if w.typ == typeFunction {
		return w.network["SecurityGroupIds"]
	}
	return w.network["SecurityGroups"]
}

func (w workload) peer() peer { return peer{name: w.path, groups: w.groups(), subnets: w.subnets()} }

// containers are those of a service's task definition.
func (w workload) containers() []any {
	if w.task == nil {
		return nil
	}
	return list(w.task.at("ContainerDefinitions"))
}

// environment are the values of its variables.
func (w workload) environment() []string {
	var values []string
	variables, _ := w.at("Environment", "Variables").(map[string]any)
	for _, v := range variables {
		values = append(values, text(v))
	}
	for _, c := range w.containers() {
		for _, e := range list(at(c, "Environment")) {
			values = append(values, text(at(e, "Value")))
		}
	}
	return values
}

// cache is a Redis: of ElastiCache, or a service that Cloud Map has a name for.
type cache struct {
	*resource
	peer  peer
	ports []int
	host  string // of a service: its name
}

func (t *tree) caches() []cache {
	const port, readerPort = 6379, 6380
	var all []cache
	for _, r := range t.of("AWS::ElastiCache::ReplicationGroup") {
		c := cache{resource: r, ports: []int{port}}
		if n, ok := number(r.at("Port")); ok {
			c.ports = []int{n}
		}
		var subnets any
		if g := t.made(r.at("CacheSubnetGroupName")); g != nil {
			subnets = g.at("SubnetIds")
		}
		c.peer = peer{name: r.path, groups: r.at("SecurityGroupIds"), subnets: subnets}
		all = append(all, c)
	}
	for _, r := range t.of("AWS::ElastiCache::ServerlessCache") {
		all = append(all, cache{resource: r, ports: []int{port, readerPort}, peer: peer{name: r.path, groups: r.at("SecurityGroupIds"), subnets: r.at("SubnetIds")}})
	}
	for _, w := range t.services() {
		c := cache{resource: w.resource, peer: w.peer(), host: t.hostName(w)}
		for _, container := range w.containers() {
			for _, m := range list(at(container, "PortMappings")) {
				if n, ok := number(at(m, "ContainerPort")); ok {
					c.ports = append(c.ports, n)
				}
			}
		}
		if c.host != "" {
			all = append(all, c)
		}
	}
	return all
}

// hostName is the name in Cloud Map of a service's tasks, or empty.
func (t *tree) hostName(w workload) string {
	for _, r := range list(w.at("ServiceRegistries")) {
		service := t.made(at(r, "RegistryArn"))
		if service == nil {
			continue
		}
		if namespace := t.made(service.at("NamespaceId")); namespace != nil {
			return text(service.at("Name")) + "." + text(namespace.at("Name"))
		}
	}
	return ""
}

// usedBy tells whether a workload is given the cache's address.
func (c cache) usedBy(w workload) bool {
	if w.resource == c.resource {
		return false
	}
	for _, v := range w.environment() {
		if c.host != "" && strings.Contains(v, c.host) {
			return true
		}
		for _, p := range cloudformation.Placeholders(v) {
			if p.Path == c.path && p.Attribute != "" {
				return true
			}
		}
	}
	return false
}

func index(property string, i int, more string) string {
	return property + "/" + strconv.Itoa(i) + more
}
