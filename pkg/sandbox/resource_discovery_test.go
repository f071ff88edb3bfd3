package sandbox

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/servicediscovery"
)

// namedTemplate is a Redis in a task that is found by a name, as the gateway's template has it.
const namedTemplate = `
Parameters: {TTL: {Type: Number, Default: 5}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Namespace: {Type: AWS::ServiceDiscovery::PrivateDnsNamespace, Properties: {Vpc: !Ref Vpc, Name: shop.internal}}
  Name:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      NamespaceId: !Ref Namespace
      Name: redis
      DnsConfig: {RoutingPolicy: MULTIVALUE, DnsRecords: [{Type: A, TTL: !Ref TTL}]}
      HealthCheckCustomConfig: {FailureThreshold: 1}
  Cluster: {Type: AWS::ECS::Cluster}
  Log: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 1}}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      RequiresCompatibilities: [FARGATE]
      NetworkMode: awsvpc
      Cpu: 256
      Memory: 512
      ExecutionRoleArn: arn:aws:iam::000000000000:role/r
      ContainerDefinitions:
        - Name: redis
          Image: public.ecr.aws/docker/library/redis:8-alpine
          Command: [redis-server, --save, "", --protected-mode, "no"]
          PortMappings: [{ContainerPort: 6379}]
          LogConfiguration: {LogDriver: awslogs, Options: {awslogs-group: !Ref Log, awslogs-region: !Ref AWS::Region, awslogs-stream-prefix: redis}}
  Redis:
    Type: AWS::ECS::Service
    Properties:
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Task
      LaunchType: FARGATE
      DesiredCount: 1
      DeploymentConfiguration: {MinimumHealthyPercent: 0, MaximumPercent: 100}
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-a]}}
      ServiceRegistries: [{RegistryArn: !GetAtt Name.Arn}]
Outputs:
  Zone: {Value: !GetAtt Namespace.HostedZoneId}
  Name: {Value: !Ref Name}
`

// TestRedisInATask: a task of a public image of Redis is found by its name, the one that takes its place is found by the same, and
// nothing is left when the stack goes.
func TestRedisInATask(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed: CI runs this test")
	}
	s, cfg, stop := started(t, Config{StateDir: t.TempDir(), TimeScale: testScale})
	t.Cleanup(stop)
	d := deploying(t, cfg, "named")
	out := d.create(namedTemplate, nil)
	if !strings.HasPrefix(out["Zone"], "Z") {
		t.Errorf("the hosted zone is %q", out["Zone"])
	}
	door := redisDoor{address: s.discovery.Resolve("redis.shop.internal:6379")}
	run := func() string { // tells one Redis from another
		info, err := door.do(t.Context(), []string{"INFO", "server"})
		if err != nil {
			return ""
		}
		_, id, _ := strings.Cut(info, "run_id:")
		id, _, _ = strings.Cut(id, "\r\n")
		return id
	}
	first := run()
	if host, _, _ := net.SplitHostPort(door.address); first == "" || !net.ParseIP(host).IsLoopback() {
		t.Fatalf("Redis at %s is %q", door.address, first)
	}
	wantInstances(t, *cfg.BaseEndpoint, out["Name"], s.tasks()[0].Address)
	if err := syscall.Kill(s.tasks()[0].Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { id := run(); return id != "" && id != first })
	d.update(namedTemplate, map[string]string{"TTL": "60"})
	service := must(s.discovery.GetService(t.Context(), servicediscovery.GetServiceInput{Id: out["Name"]}))(t).Service
	if ttl := service.DnsConfig.DnsRecords[0].TTL; ttl != 60 {
		t.Errorf("the TTL is %d after the update", ttl)
	}
	d.delete()
	if hosts := s.discovery.Hosts(); len(hosts) != 0 || run() != "" {
		t.Errorf("left are %v, and %s at %s", hosts, run(), door.address)
	}
}

// wantInstances asks the stock CLI for the instances of a service.
func wantInstances(t *testing.T, endpoint, service, address string) {
	t.Helper()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("THE AWS CLI IS NOT INSTALLED: that `aws servicediscovery` works is NOT shown by this run")
	}
	cmd := exec.CommandContext(t.Context(), cli, "--endpoint-url", endpoint, "--region", "us-east-1", "--output", "json", "servicediscovery", "list-instances",
		"--service-id", service, "--query", "Instances[].Attributes | [0].[AWS_INSTANCE_IPV4, AWS_INIT_HEALTH_STATUS, AVAILABILITY_ZONE]")
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
	text, err := cmd.Output()
	var got []string
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil {
		t.Fatalf("list-instances: %v: %s", err, text)
	}
	if diff := cmp.Diff([]string{address, "HEALTHY", "us-east-1a"}, got); diff != "" {
		t.Errorf("list-instances (-want +got):\n%s", diff)
	}
}

// TestNoRedisInATask: without redis-server there is nothing that its image could stand for.
func TestNoRedisInATask(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := installedImages{&registryImages{dir: t.TempDir()}}.Open(t.Context(), "public.ecr.aws/docker/library/redis:8-alpine")
	if err == nil || err.Error() != "not found: redis-server stands for it here, and is not installed" {
		t.Errorf("got %v", err)
	}
}
