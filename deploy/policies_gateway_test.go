package templates

import (
	"strconv"
	"strings"
	"time"
)

// newest is the policy of TLS; what an NLB has without one is an old one.
const newest = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"

func encryptedOnTheWay(s *scenario) []string {
	var c complaints
	for id, r := range s.Of("AWS::ElastiCache::ReplicationGroup") {
		if r.At("TransitEncryptionEnabled") != true || r.At("TransitEncryptionMode") != "required" {
			c.add("%s: in the clear", id)
		}
	}
	gateway := container(s)
	if gateway == nil {
		return c
	}
	env, secrets := named(gateway["Environment"]), named(gateway["Secrets"])
	if url := env["SPILLWAY_REDIS_URL"]; !strings.HasPrefix(url, "rediss://") && s.Parameters["RedisMode"] != "fargate" {
		c.add("Redis by %s", url)
	}
	if env["SPILLWAY_REDIS_URL"] != text(s.Outputs["REDURL"]) {
		c.add("the gateway's Redis is %s, the consumer's %v", env["SPILLWAY_REDIS_URL"], s.Outputs["REDURL"])
	}
	if cluster := strings.HasSuffix(env["SPILLWAY_REDIS_URL"], "?cluster=true"); cluster != (s.Parameters["RedisMode"] == "serverless") {
		c.add("%s in mode %s", env["SPILLWAY_REDIS_URL"], s.Parameters["RedisMode"])
	}
	inGateway := secrets["SPILLWAY_TLS_CERT"] != "" && secrets["SPILLWAY_TLS_KEY"] != "" && env["SPILLWAY_PLAINTEXT"] == "false"
	for id, r := range s.Of("AWS::ElasticLoadBalancingV2::Listener") {
		switch {
		case s.Parameters["TlsAt"] == "gateway" && (r.At("Protocol") != "TCP" || !inGateway || r.At("SslPolicy") != nil):
			c.add("%s: is not passed through to a gateway with TLS", id)
		case s.Parameters["TlsAt"] == "listener" && (r.At("Protocol") != "TLS" || r.At("SslPolicy") != newest || text(r.At("AlpnPolicy")) != "[HTTP2Preferred]" || r.At("Certificates", 0, "CertificateArn") == nil):
			c.add("%s: is not TLS as gRPC needs it: %v", id, r.Properties)
		case s.Parameters["TlsAt"] == "listener" && (env["SPILLWAY_PLAINTEXT"] != "true" || secrets["SPILLWAY_TLS_CERT"] != ""):
			c.add("%s: the gateway expects TLS behind a listener that ended it", id)
		}
	}
	if (s.Parameters["TlsClientCertificates"] == "true") != (secrets["SPILLWAY_TLS_CLIENT_CA"] != "") {
		c.add("certificates of clients: asked for %v", secrets["SPILLWAY_TLS_CLIENT_CA"])
	}
	return c
}

func targets(s *scenario) map[string]string {
	return named(s.Resources["TargetGroup"].At("TargetGroupAttributes"))
}

func proxyProtocol(s *scenario) []string {
	var c complaints
	gateway := container(s)
	if gateway == nil {
		return nil
	}
	told := named(gateway["Environment"])["SPILLWAY_PROXY_PROTOCOL"]
	if sent := targets(s)["proxy_protocol_v2.enabled"]; sent != told || told != s.Parameters["ProxyProtocol"] {
		c.add("the load balancer says %q, the gateway expects %q", sent, told)
	}
	if d, _ := s.Template.Default("ProxyProtocol"); d != "true" {
		c.add("by default, the limits of addresses hold for everybody together")
	}
	return c
}

func liveness(s *scenario) []string {
	var c complaints
	for id, r := range s.Of("AWS::ElasticLoadBalancingV2::TargetGroup") {
		protocol, port, path := text(r.At("HealthCheckProtocol")), text(r.At("HealthCheckPort")), text(r.At("HealthCheckPath"))
		admin, listens := named(container(s)["Environment"])["SPILLWAY_ADMIN_LISTEN"]
		_, in := s.Resources["HealthCheckIn"]
		_, out := s.Resources["HealthCheckOut"]
		switch targets(s)["proxy_protocol_v2.enabled"] {
		case "true": // its header comes with health checks, too
			if protocol != "TCP" || port != "traffic-port" || path != "" || listens || in || out {
				c.add("%s: %s %s %s, operators' port at %q, open %v %v", id, protocol, port, path, admin, in, out)
			}
		default:
			if protocol != "HTTP" || ":"+port != admin || path != "/healthz" || !in || !out {
				c.add("%s: %s %s %s, operators' port at %q, open %v %v", id, protocol, port, path, admin, in, out)
			}
		}
		if targets(s)["target_health_state.unhealthy.connection_termination.enabled"] != "false" {
			c.add("%s: a target that is not healthy has all its streams cut", id)
		}
	}
	return c
}

func drains(s *scenario) []string {
	var c complaints
	gateway := container(s)
	if gateway == nil {
		return nil
	}
	const (
		grace = 5 * time.Second // that the gateway takes after its window
		most  = 120             // seconds that Fargate waits
	)
	window, err := time.ParseDuration(named(gateway["Environment"])["SPILLWAY_DRAIN_WINDOW"])
	stop, _ := strconv.Atoi(text(gateway["StopTimeout"]))
	if err != nil || stop > most || time.Duration(stop)*time.Second < window+2*grace {
		c.add("stops after %d s, drains for %s (%v)", stop, window, err)
	}
	if targets(s)["deregistration_delay.timeout_seconds"] != "120" || targets(s)["deregistration_delay.connection_termination.enabled"] != "false" {
		c.add("deregistration: %v", targets(s))
	}
	service := s.Resources["Service"]
	if text(service.At("DeploymentConfiguration", "MinimumHealthyPercent")) != "100" || text(service.At("DeploymentConfiguration", "MaximumPercent")) != "200" {
		c.add("a deployment stops tasks before it has others")
	}
	if service.At("DesiredCount") != nil {
		c.add("a deployment sets the scaling back")
	}
	for id, r := range s.Of("AWS::ECS::Service") {
		if r.At("AvailabilityZoneRebalancing") != "DISABLED" {
			c.add("%s: rebalancing stops tasks", id)
		}
	}
	return c
}

func circuitBreaker(s *scenario) []string {
	var c complaints
	for id, r := range s.Of("AWS::ECS::Service") {
		if b := r.At("DeploymentConfiguration", "DeploymentCircuitBreaker"); at(b, "Enable") != true || at(b, "Rollback") != true {
			c.add("%s: %v", id, b)
		}
	}
	return c
}

func confined(s *scenario) []string {
	var c complaints
	for id, r := range s.Of("AWS::ECS::TaskDefinition") {
		for _, d := range list(r.At("ContainerDefinitions")) {
			if at(d, "ReadonlyRootFilesystem") != true || text(at(d, "LinuxParameters", "Capabilities", "Drop")) != "[ALL]" {
				c.add("%s: %s can write, or do more than serve", id, at(d, "Name"))
			}
			if user := text(at(d, "User")); user == "" || strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
				c.add("%s: %s runs as %q", id, at(d, "Name"), user)
			}
			if at(d, "Privileged") == true || at(d, "LinuxParameters", "Capabilities", "Add") != nil {
				c.add("%s: %s has more than others", id, at(d, "Name"))
			}
		}
	}
	gateway := container(s)
	if gateway == nil {
		return c
	}
	if !strings.HasSuffix(text(gateway["Image"]), "@"+text(s.Parameters["ImageDigest"])) {
		c.add("image %s is not by its digest", gateway["Image"])
	}
	files, _ := strconv.Atoi(text(at(gateway, "Ulimits", 0, "SoftLimit")))
	connections, _ := strconv.Atoi(text(at(s.Template.Parameters["MaxConnections"], "MaxValue")))
	if files < 2*connections || connections == 0 {
		c.add("%d file descriptors for up to %d connections", files, connections)
	}
	return c
}

// redisIsFound: where Redis is a task, its name is the one that the gateway asks for, and is there before the gateway.
func redisIsFound(s *scenario) []string {
	var c complaints
	for id, r := range s.Of("AWS::ServiceDiscovery::Service") {
		host := text(r.At("Name")) + "." + text(s.Resources[text(r.At("NamespaceId"))].At("Name"))
		if url := named(container(s)["Environment"])["SPILLWAY_REDIS_URL"]; url != "redis://"+host+":6379" {
			c.add("%s: is %s, the gateway asks for %s", id, host, url)
		}
		if named(s.Resources["Service"].At("Tags"))["redis"] != id {
			c.add("%s: the gateway may ask before there is a name", id)
		}
		if text(r.At("DnsConfig", "DnsRecords", 0, "Type")) != "A" || len(list(r.At("DnsConfig", "DnsRecords"))) != 1 {
			c.add("%s: is no address", id)
		}
		redis := s.Resources["FargateRedis"]
		if got := text(redis.At("ServiceRegistries", 0, "RegistryArn")); !strings.HasPrefix(got, id) {
			c.add("%s: Redis is registered as %q", id, got)
		}
		if deployed := redis.At("DeploymentConfiguration"); text(at(deployed, "MaximumPercent")) != "100" || text(redis.At("DesiredCount")) != "1" {
			c.add("%s: there may be two logs", id)
		}
	}
	return c
}

func portsAgree(s *scenario) []string {
	var c complaints
	if gateway := container(s); gateway != nil {
		_, port, _ := strings.Cut(named(gateway["Environment"])["SPILLWAY_LISTEN"], ":")
		for where, got := range map[string]any{
			"container": at(gateway, "PortMappings", 0, "ContainerPort"), "target group": s.Resources["TargetGroup"].At("Port"),
			"service": s.Resources["Service"].At("LoadBalancers", 0, "ContainerPort"), "the network's rule": gatewayPort,
		} {
			if text(got) != port {
				c.add("%s: port %v, the gateway listens on %s", where, got, port)
			}
		}
	}
	if r, ok := s.Resources["GatewayFromLoadBalancer"]; ok && text(r.At("FromPort")) != gatewayPort {
		c.add("the load balancer may reach port %v, the gateway listens on %s", r.At("FromPort"), gatewayPort)
	}
	if r, ok := s.Resources["LoadBalancerSecurityGroup"]; ok && text(r.At("SecurityGroupEgress", 0, "FromPort")) != gatewayPort {
		c.add("the load balancer may go out to port %v, the gateway listens on %s", r.At("SecurityGroupEgress", 0, "FromPort"), gatewayPort)
	}
	return c
}

// gatewayPort is where the gateway listens; network.yaml and gateway.yaml have to agree on it.
const gatewayPort = "8443"
