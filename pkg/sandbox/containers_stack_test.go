package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscloudformation "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/spillway/spillway/pkg/sandbox/freeport"
)

// containerTemplate is a service behind a load balancer with the properties that a production template has.
const containerTemplate = `
Parameters:
  Version: {Type: String}
  Role: {Type: String, Default: server}
  Port: {Type: Number}
Resources:
  LoadBalancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties:
      Type: network
      Scheme: internal
      Subnets: [subnet-a, subnet-b]
      SecurityGroups: [sg-1]
      LoadBalancerAttributes: [{Key: load_balancing.cross_zone.enabled, Value: "true"}]
  TargetGroup:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      VpcId: vpc-1
      TargetType: ip
      Protocol: TCP
      Port: 8443
      HealthCheckProtocol: HTTP
      HealthCheckPort: "8081"
      HealthCheckPath: /healthz
      HealthCheckIntervalSeconds: 10
      HealthyThresholdCount: 2
      UnhealthyThresholdCount: 3
      TargetGroupAttributes:
        - {Key: deregistration_delay.timeout_seconds, Value: "120"}
        - {Key: deregistration_delay.connection_termination.enabled, Value: "false"}
        - {Key: target_health_state.unhealthy.connection_termination.enabled, Value: "false"}
        - {Key: preserve_client_ip.enabled, Value: "false"}
        - {Key: proxy_protocol_v2.enabled, Value: "false"}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref LoadBalancer
      Port: !Ref Port
      Protocol: TCP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref TargetGroup}]
  Cluster:
    Type: AWS::ECS::Cluster
    Properties: {ClusterSettings: [{Name: containerInsights, Value: disabled}]}
  Log: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 1}}
  TaskDefinition:
    Type: AWS::ECS::TaskDefinition
    Properties:
      RequiresCompatibilities: [FARGATE]
      NetworkMode: awsvpc
      Cpu: 256
      Memory: 512
      RuntimePlatform: {CpuArchitecture: ARM64, OperatingSystemFamily: LINUX}
      ExecutionRoleArn: arn:aws:iam::000000000000:role/r
      ContainerDefinitions:
        - Name: web
          Image: !Sub ${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/self:1
          Essential: true
          User: 65532:65532
          ReadonlyRootFilesystem: true
          LinuxParameters: {Capabilities: {Drop: [ALL]}}
          StopTimeout: 120
          PortMappings: [{ContainerPort: 8443}]
          Ulimits: [{Name: nofile, SoftLimit: 65535, HardLimit: 65535}]
          LogConfiguration:
            LogDriver: awslogs
            Options: {awslogs-group: !Ref Log, awslogs-region: !Ref AWS::Region, awslogs-stream-prefix: web, mode: non-blocking, max-buffer-size: 4m}
          Secrets: [{Name: SECRET, ValueFrom: "arn:aws:secretsmanager:us-east-1:000000000000:secret:one-AbCdEf:key::"}]
          Environment:
            - {Name: LISTEN, Value: ":8443"}
            - {Name: ADMIN_LISTEN, Value: ":8081"}
            - {Name: VERSION, Value: !Ref Version}
            - {Name: SANDBOX_TEST_ROLE, Value: !Ref Role}
  Service:
    Type: AWS::ECS::Service
    DependsOn: Listener
    Properties:
      Cluster: !Ref Cluster
      TaskDefinition: !Ref TaskDefinition
      LaunchType: FARGATE
      PlatformVersion: LATEST
      AvailabilityZoneRebalancing: DISABLED
      EnableExecuteCommand: false
      HealthCheckGracePeriodSeconds: 60
      DeploymentConfiguration:
        MinimumHealthyPercent: 100
        MaximumPercent: 200
        DeploymentCircuitBreaker: {Enable: true, Rollback: true}
      NetworkConfiguration:
        AwsvpcConfiguration: {Subnets: [subnet-a, subnet-b], SecurityGroups: [sg-1], AssignPublicIp: DISABLED}
      LoadBalancers: [{ContainerName: web, ContainerPort: 8443, TargetGroupArn: !Ref TargetGroup}]
  Scaling:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ServiceNamespace: ecs
      ScalableDimension: ecs:service:DesiredCount
      ResourceId: !Sub service/${Cluster}/${Service.Name}
      MinCapacity: 2
      MaxCapacity: 10
  ScalingByStreams:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: streams
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Scaling
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: 5000
        ScaleInCooldown: 600
        ScaleOutCooldown: 60
        CustomizedMetricSpecification:
          Namespace: Spillway
          MetricName: ActiveStreams
          Dimensions: [{Name: Service, Value: !Ref AWS::StackName}]
          Statistic: Average
  ScalingByCpu:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: cpu
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Scaling
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: 60
        PredefinedMetricSpecification: {PredefinedMetricType: ECSServiceAverageCPUUtilization}
Outputs:
  Url: {Value: !Sub "${LoadBalancer.DNSName}:${Port}"}
  Cluster: {Value: !Ref Cluster}
  Service: {Value: !GetAtt Service.Name}
  Group: {Value: !Ref TargetGroup}
  GroupName: {Value: !GetAtt TargetGroup.TargetGroupFullName}
  Balancer: {Value: !GetAtt LoadBalancer.LoadBalancerFullName}
  Log: {Value: !Ref Log}
`

// waiterDelay is how often the SDK's waiters look.
const waiterDelay = 50 * time.Millisecond

// TestContainerStack: a stack with a service is made, updated, rolled back and deleted, and the stock CLI tells how it is.
func TestContainerStack(t *testing.T) {
	t.Parallel()
	box, cfg, stop := started(t, Config{StateDir: t.TempDir(), Images: selfImage{}, Secrets: oneSecret{}, TimeScale: testScale})
	t.Cleanup(stop)
	st := stackTest{t, awscloudformation.NewFromConfig(cfg)}
	port := strconv.Itoa(freeport.Find(t))
	parameters := func(version, role string) []types.Parameter {
		var out []types.Parameter
		for _, p := range [][2]string{{"Version", version}, {"Role", role}, {"Port", port}} {
			out = append(out, types.Parameter{ParameterKey: aws.String(p[0]), ParameterValue: aws.String(p[1])})
		}
		return out
	}
	name := &awscloudformation.DescribeStacksInput{StackName: aws.String("test")}
	must(st.cfn.CreateStack(t.Context(), &awscloudformation.CreateStackInput{StackName: name.StackName, TemplateBody: aws.String(containerTemplate), Parameters: parameters("1", "server")}))(t)
	if err := awscloudformation.NewStackCreateCompleteWaiter(st.cfn, func(o *awscloudformation.StackCreateCompleteWaiterOptions) {
		o.MinDelay, o.MaxDelay = waiterDelay, waiterDelay
	}).Wait(t.Context(), name, stackPatience); err != nil {
		t.Fatal(err, st.reasons())
	}
	out := st.outputs()
	sh := &shop{t: t, address: out["Url"]}
	expectGreeting(sh, "hello 1")
	if !regexp.MustCompile(`^targetgroup/.+/[0-9a-f]{16}$`).MatchString(out["GroupName"]) || !regexp.MustCompile(`^net/.+/[0-9a-f]{16}$`).MatchString(out["Balancer"]) {
		t.Errorf("full names %s, %s", out["GroupName"], out["Balancer"])
	}
	if err := box.ecs.AwaitSteady(t.Context(), out["Cluster"], out["Service"]); err != nil { // with the second task, which scaling wants
		t.Fatal(err)
	}
	tasks := box.health().Tasks
	if len(tasks) != 2 || tasks[0].Name != "web" || tasks[0].Pid == 0 || tasks[0].Stopping {
		t.Fatalf("tasks in the health: %+v", tasks)
	}
	waitFor(t, func() bool { // what a task writes is there a moment later
		text, err := os.ReadFile(tasks[0].Log)
		return err == nil && string(text) == "listening, secret sesame\n"
	})
	t.Run("CLI", func(t *testing.T) { expectCLI(t, *cfg.BaseEndpoint, out) })

	update := func(version, role string) error {
		must(st.cfn.UpdateStack(t.Context(), &awscloudformation.UpdateStackInput{StackName: name.StackName, UsePreviousTemplate: aws.Bool(true), Parameters: parameters(version, role)}))(t)
		return awscloudformation.NewStackUpdateCompleteWaiter(st.cfn, func(o *awscloudformation.StackUpdateCompleteWaiterOptions) {
			o.MinDelay, o.MaxDelay = waiterDelay, waiterDelay
		}).Wait(t.Context(), name, stackPatience)
	}
	if err := update("2", "server"); err != nil {
		t.Fatal(err, st.reasons())
	}
	expectGreeting(sh, "hello 2")
	if err := update("3", "broken"); err == nil {
		t.Error("an update to a broken program succeeded")
	}
	want := `Resource handler returned message: "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."`
	if reasons := st.reasons(); !strings.Contains(reasons, want) || !strings.Contains(reasons, "HandlerErrorCode: GeneralServiceException") {
		t.Errorf("reasons are %s, want %s", reasons, want)
	}
	waitFor(t, func() bool {
		stacks := must(st.cfn.DescribeStacks(t.Context(), name))(t)
		return stacks.Stacks[0].StackStatus == types.StackStatusUpdateRollbackComplete
	})
	expectGreeting(sh, "hello 2")
	must(st.cfn.DeleteStack(t.Context(), &awscloudformation.DeleteStackInput{StackName: name.StackName}))(t)
	if err := awscloudformation.NewStackDeleteCompleteWaiter(st.cfn, func(o *awscloudformation.StackDeleteCompleteWaiterOptions) {
		o.MinDelay, o.MaxDelay = waiterDelay, waiterDelay
	}).Wait(t.Context(), name, stackPatience); err != nil {
		t.Fatal(err, st.reasons())
	}
	if _, _, _, err := sh.visit(); err == nil {
		t.Error("the load balancer still listens after the deletion")
	}
}

func expectGreeting(s *shop, want string) {
	s.t.Helper()
	conn, _, greeting, err := s.visit()
	if err != nil || greeting != want {
		s.t.Fatalf("greeting %q, %v, want %q", greeting, err, want)
	}
	_ = conn.Close()
}

// expectCLI asks the stock CLI how the stack's service is.
func expectCLI(t *testing.T, endpoint string, out map[string]string) {
	t.Helper()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("THE AWS CLI IS NOT INSTALLED: that `aws ecs` and `aws elbv2` work is NOT shown by this run")
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), cli, append([]string{"--cli-read-timeout", "0", "--endpoint-url", endpoint, "--region", "us-east-1", "--output", "text"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
		text, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v: %s", args, err, text)
		}
		return strings.TrimSpace(string(text))
	}
	cluster, service := out["Cluster"], out["Service"]
	got := run("application-autoscaling", "describe-scaling-activities", "--service-namespace", "ecs", "--query", "ScalingActivities[].[Cause,StatusCode]")
	if got != "minimum capacity was set to 2\tSuccessful" {
		t.Errorf("describe-scaling-activities: %s", got)
	}
	run("ecs", "wait", "services-stable", "--cluster", cluster, "--services", service)
	got = run("ecs", "describe-services", "--cluster", cluster, "--services", service, "--query",
		"services[0].[status,desiredCount,runningCount,pendingCount,deployments[0].rolloutState,events[0].message]")
	want := fmt.Sprintf("ACTIVE\t2\t2\t0\tCOMPLETED\t(service %s) has reached a steady state.", service)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("describe-services (-want +got):\n%s", diff)
	}
	tasks := run("ecs", "list-tasks", "--cluster", cluster, "--service-name", service, "--query", "taskArns")
	got = run("ecs", "describe-tasks", "--cluster", cluster, "--tasks", strings.Fields(tasks)[0], strings.Fields(tasks)[1], "--query",
		"sort_by(tasks, &availabilityZone)[0].[lastStatus,healthStatus,availabilityZone,launchType,containers[0].lastStatus,containers[0].networkInterfaces[0].privateIpv4Address]")
	address := got[strings.LastIndex(got, "\t")+1:]
	if diff := cmp.Diff("RUNNING\tUNKNOWN\tus-east-1a\tFARGATE\tRUNNING\t"+address, got); diff != "" || !strings.HasPrefix(address, "127.") {
		t.Errorf("describe-tasks (-want +got):\n%s", diff)
	}
	got = run("elbv2", "describe-target-health", "--target-group-arn", out["Group"], "--query", "TargetHealthDescriptions[?Target.AvailabilityZone=='us-east-1a'].[Target.Id,Target.Port,HealthCheckPort,TargetHealth.State]")
	if diff := cmp.Diff(address+"\t8443\t8081\thealthy", got); diff != "" {
		t.Errorf("describe-target-health (-want +got):\n%s", diff)
	}
	if got = run("elbv2", "describe-load-balancers", "--query", "LoadBalancers[].[Type,Scheme,State.Code,DNSName]"); got != "network\tinternal\tactive\t127.0.0.1" {
		t.Errorf("describe-load-balancers: %s", got)
	}
	if got = run("logs", "filter-log-events", "--log-group-name", out["Log"], "--query", "events[].message"); !strings.Contains(got, "listening, secret sesame") {
		t.Errorf("log: %s", got)
	}
}
