package elasticache

import (
	"context"
	"reflect"
	"strings"
	"time"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

// serverlessCache makes AWS::ElastiCache::ServerlessCache: always with TLS and the cluster protocol, and nothing is evicted
// but what has an expiry, as "Serverless cache: parameters" of the user guide says.
type serverlessCache struct{ *Service }

func (s serverlessCache) check(r cloudformation.Request) error {
	if err := refuseProperties(r, "UserGroupId", "SnapshotArnsToRestore"); err != nil {
		return err
	}
	if engine := text(r, "Engine"); engine != "valkey" && engine != "redis" {
		return invalid("Engine %s is not supported by the sandbox: want valkey or redis", engine)
	}
	ids, _ := r.Properties["SubnetIds"].([]any)
	return s.checkSubnets(ids)
}

// Create implements cloudformation.Provisioner.
func (s serverlessCache) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	if err := s.check(r); err != nil {
		return cloudformation.Result{}, err
	}
	name := strings.ToLower(text(r, "ServerlessCacheName"))
	running, err := s.start(ctx, Node{Name: name, TLS: true, Cluster: true, Parameters: defaults()}, cache{})
	if err != nil {
		return cloudformation.Result{}, err
	}
	host, port := running.Address()
	version := text(r, "MajorEngineVersion")
	if version == "" {
		version = strings.SplitN(map[string]string{"redis": newestRedis, "valkey": newestValkey}[text(r, "Engine")], ".", 2)[0]
	}
	return cloudformation.Result{PhysicalID: name, Attributes: map[string]any{
		"ARN": s.arn("serverlesscache", name), "Status": "available", "FullEngineVersion": version,
		"CreateTime":       time.Now().UTC().Format(time.RFC3339),
		"Endpoint.Address": host, "Endpoint.Port": port, "ReaderEndpoint.Address": host, "ReaderEndpoint.Port": port,
	}}, nil
}

// Update implements cloudformation.Provisioner.
func (s serverlessCache) Update(_ context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	for _, name := range []string{"Engine", "MajorEngineVersion"} {
		if !reflect.DeepEqual(r.Properties[name], r.OldProperties[name]) {
			return cloudformation.Result{}, invalid("a change of %s of %s is not supported by the sandbox", name, r.LogicalID)
		}
	}
	return cloudformation.Result{PhysicalID: r.PhysicalID}, s.check(r)
}

// Delete implements cloudformation.Provisioner.
func (s serverlessCache) Delete(ctx context.Context, r cloudformation.Request) error {
	return s.stop(ctx, r.PhysicalID)
}
