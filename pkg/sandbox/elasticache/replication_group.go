package elasticache

import (
	"context"
	"maps"
	"reflect"
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

const (
	// maxReplicationGroup is ElastiCache's longest id of a replication group.
	maxReplicationGroup = 40
	// newestValkey and newestRedis are the versions of a group that names none.
	newestValkey, newestRedis = "8.0", "7.1"
)

// replicationGroup makes AWS::ElastiCache::ReplicationGroup.
type replicationGroup struct{ *Service }

// read makes of properties what is to run.
func (s replicationGroup) read(r cloudformation.Request) (Node, cache, error) {
	c := cache{group: text(r, "CacheParameterGroupName"), subnets: text(r, "CacheSubnetGroupName")}
	if err := s.check(r, c); err != nil {
		return Node{}, c, err
	}
	engine, version := text(r, "Engine"), text(r, "EngineVersion")
	switch {
	case engine == "":
		engine = "redis"
	case engine != "redis" && engine != "valkey":
		return Node{}, c, invalid("Invalid Engine: %s", engine)
	}
	if version == "" {
		version = map[string]string{"redis": newestRedis, "valkey": newestValkey}[engine]
	}
	g, err := s.groupFor(c.group, engine, version)
	if err != nil {
		return Node{}, c, err
	}
	n := Node{
		Name: strings.ToLower(text(r, "ReplicationGroupId")), TLS: flag(r, "TransitEncryptionEnabled"), Password: text(r, "AuthToken"),
		Cluster: g.cluster() || text(r, "ClusterMode") == "enabled" || integer(r, "NumNodeGroups") > 1, Parameters: defaults(),
	}
	maps.Copy(n.Parameters, g.redis())
	return n, c, nil
}

// check makes the checks of CreateReplicationGroup.
func (s replicationGroup) check(r cloudformation.Request, c cache) error {
	if err := refuseProperties(r, "UserGroupIds", "GlobalReplicationGroupId", "SnapshotArns", "SnapshotName", "DataTieringEnabled", "NodeGroupConfiguration"); err != nil {
		return err
	}
	s.mu.Lock()
	found := c.subnets == "" || s.subnets[c.subnets]
	s.mu.Unlock()
	switch {
	case !found:
		return notFound("Cache Subnet Group %s does not exist.", c.subnets)
	case text(r, "TransitEncryptionMode") == "preferred", text(r, "ClusterMode") == "compatible":
		return invalid("%s: TransitEncryptionMode preferred and ClusterMode compatible are not supported by the sandbox", r.LogicalID)
	case text(r, "AuthToken") != "" && !flag(r, "TransitEncryptionEnabled"):
		return invalid("The AUTH token modification is only supported when encryption-in-transit is enabled.")
	case flag(r, "MultiAZEnabled") && !flag(r, "AutomaticFailoverEnabled"):
		return invalid("Automatic Failover needs to be enabled to enable Multi-AZ.")
	case flag(r, "AutomaticFailoverEnabled") && integer(r, "NumCacheClusters") == 1:
		return invalid("Replication group with automatic failover must have at least one replica.")
	}
	return nil
}

func integer(r cloudformation.Request, name string) int64 {
	n, _ := r.Properties[name].(int64)
	return n
}

// Create implements cloudformation.Provisioner.
func (s replicationGroup) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	n, c, err := s.read(r)
	if err != nil {
		return cloudformation.Result{}, err
	}
	if n.Name == "" {
		n.Name = strings.Trim(cloudformation.LowerPhysicalName(r, maxReplicationGroup), "-")
	}
	running, err := s.start(ctx, n, c)
	if err != nil {
		return cloudformation.Result{}, err
	}
	host, port := running.Address()
	attributes := map[string]any{
		"ReadEndPoint.Addresses": "[" + host + "]", "ReadEndPoint.AddressesList": []any{host},
		"ReadEndPoint.Ports": "[" + port + "]", "ReadEndPoint.PortsList": []any{port},
	}
	endpoints := []string{"PrimaryEndPoint", "ReaderEndPoint"}
	if n.Cluster {
		endpoints = []string{"ConfigurationEndPoint"}
	}
	for _, name := range []string{"PrimaryEndPoint", "ReaderEndPoint", "ConfigurationEndPoint"} {
		attributes[name+".Address"], attributes[name+".Port"] = "", "" // of the other kind of group
	}
	for _, name := range endpoints {
		attributes[name+".Address"], attributes[name+".Port"] = host, port
	}
	return cloudformation.Result{PhysicalID: n.Name, Attributes: attributes}, nil
}

// Update implements cloudformation.Provisioner.
func (s replicationGroup) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	for _, name := range []string{"TransitEncryptionEnabled", "TransitEncryptionMode", "AuthToken", "Engine", "ClusterMode", "NumNodeGroups"} {
		if !reflect.DeepEqual(r.Properties[name], r.OldProperties[name]) {
			return cloudformation.Result{}, invalid("a change of %s of %s is not supported by the sandbox", name, r.LogicalID)
		}
	}
	n, c, err := s.read(r)
	if err != nil {
		return cloudformation.Result{}, err
	}
	g := parameterGroup{values: n.Parameters}
	return cloudformation.Result{PhysicalID: r.PhysicalID}, s.use(ctx, r.PhysicalID, c.group, g)
}

// Delete implements cloudformation.Provisioner.
func (s replicationGroup) Delete(ctx context.Context, r cloudformation.Request) error {
	return s.stop(ctx, r.PhysicalID)
}
