package sandbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

// cacheTemplate has the caches of the gateway's template, with as little network as they need.
const cacheTemplate = `
Parameters:
  Policy: {Type: String, Default: noeviction}
  Mode: {Type: String}
Conditions:
  Replicated: !Equals [!Ref Mode, replication-group]
  Serverless: !Equals [!Ref Mode, serverless]
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Subnets: {Type: AWS::ElastiCache::SubnetGroup, Properties: {Description: all, SubnetIds: [!Ref Subnet]}}
  Parameters:
    Type: AWS::ElastiCache::ParameterGroup
    Properties: {Description: none, CacheParameterGroupFamily: valkey8, Properties: {maxmemory-policy: !Ref Policy}}
  Group:
    Type: AWS::ElastiCache::ReplicationGroup
    Condition: Replicated
    Properties:
      ReplicationGroupDescription: log
      Engine: valkey
      EngineVersion: "8.0"
      CacheNodeType: cache.t4g.small
      CacheParameterGroupName: !Ref Parameters
      CacheSubnetGroupName: !Ref Subnets
      NumCacheClusters: 2
      AutomaticFailoverEnabled: true
      MultiAZEnabled: true
      TransitEncryptionEnabled: true
      TransitEncryptionMode: required
  Cache:
    Type: AWS::ElastiCache::ServerlessCache
    Condition: Serverless
    Properties: {ServerlessCacheName: log, Engine: valkey, MajorEngineVersion: "8", SubnetIds: [!Ref Subnet]}
Outputs:
  Address: {Value: !If [Serverless, !Sub "${Cache.Endpoint.Address}:${Cache.Endpoint.Port}", !Sub "${Group.PrimaryEndPoint.Address}:${Group.PrimaryEndPoint.Port}"]}
`

func trust(t *testing.T, files CertificateFiles) *tls.Config {
	t.Helper()
	text, err := os.ReadFile(files.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

// TestCaches makes each kind of cache, embedded and of redis-server.
func TestCaches(t *testing.T) {
	for _, kind := range []RedisKind{RedisEmbedded, RedisServer} {
		for _, mode := range []string{"replication-group", "serverless"} {
			t.Run(string(kind)+"/"+mode, func(t *testing.T) {
				if _, err := exec.LookPath("redis-server"); kind == RedisServer && err != nil {
					t.Skip("redis-server is not installed: CI runs this test")
				}
				testCache(t, kind, mode)
			})
		}
	}
}

func testCache(t *testing.T, kind RedisKind, mode string) {
	files := certificates(t)
	s, cfg, stop := started(t, Config{StateDir: t.TempDir(), LocalTLS: files, Redis: RedisNone})
	t.Cleanup(stop)
	s.nodes.cfg.Redis = kind
	d := deploying(t, cfg, "caches")
	address := d.create(cacheTemplate, map[string]string{"Mode": mode})["Address"]
	var client redis.UniversalClient = redis.NewClient(&redis.Options{Addr: address, TLSConfig: trust(t, files)})
	if mode == "serverless" {
		client = redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{address}, TLSConfig: trust(t, files)})
	}
	t.Cleanup(func() { _ = client.Close() })
	if err := client.Set(t.Context(), "{a}:1", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	plain := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1})
	t.Cleanup(func() { _ = plain.Close() })
	if err := plain.Ping(t.Context()).Err(); err == nil {
		t.Error("it answers without TLS")
	}
	if kind == RedisServer && mode == "replication-group" {
		policy(t, client, "noeviction")
		d.update(cacheTemplate, map[string]string{"Mode": mode, "Policy": "allkeys-lru"})
		policy(t, client, "allkeys-lru")
	}
	if got, err := client.Get(t.Context(), "{a}:1").Result(); err != nil || got != "x" {
		t.Errorf("reads %q, %v", got, err)
	}
	d.delete()
	if conn, err := new(net.Dialer).DialContext(context.WithoutCancel(t.Context()), "tcp", address); err == nil {
		_ = conn.Close()
		t.Error("the cache is still there after its deletion")
	}
}

func policy(t *testing.T, client redis.UniversalClient, want string) {
	t.Helper()
	got, err := client.ConfigGet(t.Context(), "maxmemory-policy").Result()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"maxmemory-policy": want}, got); diff != "" {
		t.Error(diff)
	}
}

// TestCacheRefusals: what ElastiCache or the sandbox refuses, and why.
func TestCacheRefusals(t *testing.T) {
	for _, tt := range []struct {
		name, old, new, want string
		files                CertificateFiles
	}{
		{"no certificate", "", "", "encryption in transit needs a certificate", CertificateFiles{}},
		{"unknown parameter", "maxmemory-policy:", "maxmemory-polizy:", "Parameter maxmemory-polizy of family valkey8 does not exist", certificates(t)},
		{"wrong value", "Default: noeviction", "Default: never", "The parameter value never is not valid for parameter maxmemory-policy", certificates(t)},
		{"another family", "CacheParameterGroupFamily: valkey8", "CacheParameterGroupFamily: redis7", "Expected a parameter group of family valkey8 but found one of family redis7", certificates(t)},
		{"one node", "NumCacheClusters: 2", "NumCacheClusters: 1", "must have at least one replica", certificates(t)},
		{"no failover", "AutomaticFailoverEnabled: true", "AutomaticFailoverEnabled: false", "Automatic Failover needs to be enabled", certificates(t)},
		{"unknown subnet", "SubnetIds: [!Ref Subnet]}}", "SubnetIds: [subnet-0]}}", "Some input subnets :[subnet-0] are invalid.", certificates(t)},
		{"users", "TransitEncryptionMode: required", "UserGroupIds: [g]", "UserGroupIds of Group is not supported by the sandbox", certificates(t)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, cfg, stop := started(t, Config{StateDir: t.TempDir(), LocalTLS: tt.files})
			t.Cleanup(stop)
			body := strings.Replace(cacheTemplate, "Mode: {Type: String}", "Mode: {Type: String, Default: replication-group}", 1)
			if tt.old != "" && !strings.Contains(body, tt.old) {
				t.Fatalf("the template has no %q", tt.old)
			}
			deploying(t, cfg, "caches").fails(strings.Replace(body, tt.old, tt.new, 1), tt.want)
		})
	}
}
