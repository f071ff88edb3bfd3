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
	for id, r := range s.of("AWS::ElastiCache::ReplicationGroup") {
		if r.at("TransitEncryptionEnabled") != true || r.at("TransitEncryptionMode") != "required" {
			c.add("%s: in the clear", id)
		}
	}
	gateway := s.container()
	if gateway == nil {
		return c
	}
	env, secrets := named(gateway["Environment"]), named(gateway["Secrets"])
	if url := env["SPILLWAY_REDIS_URL"]; !strings.HasPrefix(url, "rediss://") && s.parameters["RedisMode"] != "fargate" {
		c.add("Redis by %s", url)
	}
	if env["SPILLWAY_REDIS_URL"] != text(s.outputs["REDURL"]) {
		c.add("the gateway's Redis is %s, the consumer's %v", env["SPILLWAY_REDIS_URL"], s.outputs["REDURL"])
	}
	if cluster := strings.HasSuffix(env["SPILLWAY_REDIS_URL"], "?cluster=true"); cluster != (s.parameters["RedisMode"] == "serverless") {
		c.add("%s in mode %s", env["SPILLWAY_REDIS_URL"], s.parameters["RedisMode"])
	}
	inGateway := secrets["SPILLWAY_TLS_CERT"] != "" && secrets["SPILLWAY_TLS_KEY"] != "" && env["SPILLWAY_PLAINTEXT"] == "false"
	for id, r := range s.of("AWS::ElasticLoadBalancingV2::Listener") {
		switch {
		case s.parameters["TlsAt"] == "gateway" && (r.at("Protocol") != "TCP" || !inGateway || r.at("SslPolicy") != nil):
			c.add("%s: is not passed through to a gateway with TLS", id)
		case s.parameters["TlsAt"] == "listener" && (r.at("Protocol") != "TLS" || r.at("SslPolicy") != newest || text(r.at("AlpnPolicy")) != "[HTTP2Preferred]" || r.at("Certificates", 0, "CertificateArn") == nil):
			c.add("%s: is not TLS as gRPC needs it: %v", id, r.Properties)
		case s.parameters["TlsAt"] == "listener" && (env["SPILLWAY_PLAINTEXT"] != "true" || secrets["SPILLWAY_TLS_CERT"] != ""):
			c.add("%s: the gateway expects TLS behind a listener that ended it", id)
		}
	}
	if (s.parameters["TlsClientCertificates"] == "true") != (secrets["SPILLWAY_TLS_CLIENT_CA"] != "") {
		c.add("certificates of clients: asked for %v", secrets["SPILLWAY_TLS_CLIENT_CA"])
	}
	return c
}

func (s *scenario) targets() map[string]string {
	return named(s.resources["TargetGroup"].at("TargetGroupAttributes"))
}

func proxyProtocol(s *scenario) []string {
	var c complaints
	gateway := s.container()
	if gateway == nil {
		return nil
	}
	told := named(gateway["Environment"])["SPILLWAY_PROXY_PROTOCOL"]
	if sent := s.targets()["proxy_protocol_v2.enabled"]; sent != told || told != s.parameters["ProxyProtocol"] {
		c.add("the load balancer says %q, the gateway expects %q", sent, told)
	}
	if d, _ := s.tree.declaredDefault("ProxyProtocol"); d != "true" {
		c.add("by default, the limits of addresses hold for everybody together")
	}
	return c
}

func liveness(s *scenario) []string {
	var c complaints
	for id, r := range s.of("AWS::ElasticLoadBalancingV2::TargetGroup") {
		protocol, port, path := text(r.at("HealthCheckProtocol")), text(r.at("HealthCheckPort")), text(r.at("HealthCheckPath"))
		admin, listens := named(s.container()["Environment"])["SPILLWAY_ADMIN_LISTEN"]
		_, in := s.resources["HealthCheckIn"]
		_, out := s.resources["HealthCheckOut"]
		switch s.targets()["proxy_protocol_v2.enabled"] {
		case "true": // its header comes with health checks, too
			if protocol != "TCP" || port != "traffic-port" || path != "" || listens || in || out {
				c.add("%s: %s %s %s, operators' port at %q, open %v %v", id, protocol, port, path, admin, in, out)
			}
		default:
			if protocol != "HTTP" || ":"+port != admin || path != "/healthz" || !in || !out {
				c.add("%s: %s %s %s, operators' port at %q, open %v %v", id, protocol, port, path, admin, in, out)
			}
		}
		if s.targets()["target_health_state.unhealthy.connection_termination.enabled"] != "false" {
			c.add("%s: a target that is not healthy has all its streams cut", id)
		}
	}
	return c
}

func drains(s *scenario) []string {
	var c complaints
	gateway := s.container()
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
	if s.targets()["deregistration_delay.timeout_seconds"] != "120" || s.targets()["deregistration_delay.connection_termination.enabled"] != "false" {
		c.add("deregistration: %v", s.targets())
	}
	service := s.resources["Service"]
	if text(service.at("DeploymentConfiguration", "MinimumHealthyPercent")) != "100" || text(service.at("DeploymentConfiguration", "MaximumPercent")) != "200" {
		c.add("a deployment stops tasks before it has others")
	}
	if service.at("DesiredCount") != nil {
		c.add("a deployment sets the scaling back")
	}
	for id, r := range s.of("AWS::ECS::Service") {
		if r.at("AvailabilityZoneRebalancing") != "DISABLED" {
			c.add("%s: rebalancing stops tasks", id)
		}
	}
	return c
}

func circuitBreaker(s *scenario) []string {
	var c complaints
	for id, r := range s.of("AWS::ECS::Service") {
		if b := r.at("DeploymentConfiguration", "DeploymentCircuitBreaker"); at(b, "Enable") != true || at(b, "Rollback") != true {
			c.add("%s: %v", id, b)
		}
	}
	return c
}

func confined(s *scenario) []string {
	var c complaints
	gateway := s.container()
	if gateway == nil {
		return nil
	}
	if gateway["ReadonlyRootFilesystem"] != true || text(at(gateway, "LinuxParameters", "Capabilities", "Drop")) != "[ALL]" {
		c.add("can write, or do more than serve")
	}
	if user := text(gateway["User"]); user == "" || strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
		c.add("runs as %q", user)
	}
	if !strings.HasSuffix(text(gateway["Image"]), "@"+digest) {
		c.add("image %s is not by its digest", gateway["Image"])
	}
	files, _ := strconv.Atoi(text(at(gateway, "Ulimits", 0, "SoftLimit")))
	connections, _ := strconv.Atoi(text(at(s.tree.Parameters["MaxConnections"], "MaxValue")))
	if files < 2*connections || connections == 0 {
		c.add("%d file descriptors for up to %d connections", files, connections)
	}
	return c
}

func portsAgree(s *scenario) []string {
	var c complaints
	if gateway := s.container(); gateway != nil {
		_, port, _ := strings.Cut(named(gateway["Environment"])["SPILLWAY_LISTEN"], ":")
		for where, got := range map[string]any{
			"container": at(gateway, "PortMappings", 0, "ContainerPort"), "target group": s.resources["TargetGroup"].at("Port"),
			"service": s.resources["Service"].at("LoadBalancers", 0, "ContainerPort"), "the network's rule": gatewayPort,
		} {
			if text(got) != port {
				c.add("%s: port %v, the gateway listens on %s", where, got, port)
			}
		}
	}
	if r, ok := s.resources["GatewayFromLoadBalancer"]; ok && text(r.at("FromPort")) != gatewayPort {
		c.add("the load balancer may reach port %v, the gateway listens on %s", r.at("FromPort"), gatewayPort)
	}
	if r, ok := s.resources["LoadBalancerSecurityGroup"]; ok && text(r.at("SecurityGroupEgress", 0, "FromPort")) != gatewayPort {
		c.add("the load balancer may go out to port %v, the gateway listens on %s", r.at("SecurityGroupEgress", 0, "FromPort"), gatewayPort)
	}
	return c
}

// gatewayPort is where the gateway listens; network.yaml and gateway.yaml have to agree on it.
const gatewayPort = "8443"
