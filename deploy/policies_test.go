package templates

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// policy returns what in a scenario is against it. A policy holds what no linter finds.
type policy func(s *scenario) []string

var policies = map[string]policy{
	"conforms to its schemas":         conforms,
	"who may reach whom":              reach,
	"least privilege":                 leastPrivilege,
	"no physical names":               noPhysicalNames,
	"state is retained":               retained,
	"logs end":                        logsEnd,
	"encrypted at rest":               encryptedAtRest,
	"encrypted on the way":            encryptedOnTheWay,
	"addresses by the PROXY protocol": proxyProtocol,
	"health is liveness":              liveness,
	"a deployment loses nobody":       drains,
	"a bad deployment is taken back":  circuitBreaker,
	"failed records are kept":         failuresAreKept,
	"private by default":              privateByDefault,
	"secrets stay secret":             secretsStaySecret,
	"the cursor key is 32 bytes":      cursorKey,
	"clients read what is granted":    clientsReadWhatIsGranted,
	"containers are confined":         confined,
	"ports agree":                     portsAgree,
	"scaled by what is measured":      scaledByWhatIsMeasured,
	"alarms tell the topic":           alarmsTell,
	"Redis evicts nothing":            redisEvictsNothing,
	"the dashboard is JSON":           dashboardIsJSON,
}

// complaints collects what is against a policy.
type complaints []string

func (c *complaints) add(format string, args ...any) { *c = append(*c, fmt.Sprintf(format, args...)) }

// of are the resources of a type, by id.
func (s *scenario) of(types ...string) map[string]made {
	out := map[string]made{}
	for id, r := range s.resources {
		if slices.Contains(types, r.Type) {
			out[id] = r
		}
	}
	return out
}

// at follows keys and indexes into v; nil if there is nothing.
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

func (m made) at(path ...any) any { return at(m.Properties, path...) }

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// named are the values of a list of {Name|Key, Value|ValueFrom}.
func named(v any) map[string]string {
	out := map[string]string{}
	for _, e := range list(v) {
		name := at(e, "Name")
		if name == nil {
			name = at(e, "Key")
		}
		value := at(e, "Value")
		if value == nil {
			value = at(e, "ValueFrom")
		}
		out[text(name)] = text(value)
	}
	return out
}

// container is the gateway's; nil in other templates.
func (s *scenario) container() map[string]any {
	c, _ := s.resources["TaskDefinition"].at("ContainerDefinitions", 0).(map[string]any)
	return c
}

func conforms(s *scenario) []string {
	c := slices.Clone(s.mistakes)
	for id, r := range s.resources {
		for _, said := range schemaOf(r.Type).check(r.Properties) {
			c = append(c, id+said)
		}
	}
	return c
}

func reach(s *scenario) []string {
	var c complaints
	rule := func(id string, r any, out bool) {
		from, to, cidr := text(at(r, "FromPort")), text(at(r, "ToPort")), text(at(r, "CidrIp"))
		peer := at(r, "SourceSecurityGroupId") != nil || at(r, "DestinationSecurityGroupId") != nil
		switch {
		case cidr == "255.255.255.255/32" && out: // nowhere
		case text(at(r, "IpProtocol")) != "tcp":
			c.add("%s: protocol %s", id, at(r, "IpProtocol"))
		case at(r, "CidrIpv6") != nil || at(r, "SourcePrefixListId") != nil || at(r, "DestinationPrefixListId") != nil:
			c.add("%s: a rule of a kind that is not looked at", id)
		case from == "" || from != to && from+"-"+to != "6379-6380":
			c.add("%s: ports %s to %s", id, from, to)
		case cidr == "" && !peer:
			c.add("%s: no peer", id)
		case cidr != "" && out && (cidr != "0.0.0.0/0" || from != "443" || !slices.Contains([]string{"GatewaySecurityGroup", "FargateRedisOut"}, id)):
			c.add("%s: out to %s port %s", id, cidr, from)
		case cidr != "" && !out && (id != "LoadBalancerSecurityGroup" || from != text(s.parameters["ListenPort"])):
			c.add("%s: in from %s", id, cidr)
		}
	}
	for id, r := range s.of("AWS::EC2::SecurityGroup") {
		if len(list(r.at("SecurityGroupEgress"))) == 0 {
			c.add("%s: no rule for the way out means everywhere", id)
		}
		for _, e := range list(r.at("SecurityGroupIngress")) {
			rule(id, e, false)
		}
		for _, e := range list(r.at("SecurityGroupEgress")) {
			rule(id, e, true)
		}
	}
	for id, r := range s.of("AWS::EC2::SecurityGroupIngress") {
		rule(id, r.Properties, false)
	}
	for id, r := range s.of("AWS::EC2::SecurityGroupEgress") {
		rule(id, r.Properties, true)
	}
	public := map[string]bool{} // route tables
	for _, r := range s.of("AWS::EC2::Route") {
		if r.at("GatewayId") != nil {
			public[text(r.at("RouteTableId"))] = true
		}
	}
	for id, r := range s.of("AWS::EC2::SubnetRouteTableAssociation") {
		if public[text(r.at("RouteTableId"))] && strings.HasPrefix(text(r.at("SubnetId")), "Private") {
			c.add("%s: a private subnet is public", id)
		}
	}
	for id, r := range s.of("AWS::ElasticLoadBalancingV2::LoadBalancer") {
		if len(list(r.at("SecurityGroups"))) != 1 {
			c.add("%s: no security group, and none can be added later", id)
		}
	}
	return c
}

func leastPrivilege(s *scenario) []string {
	var c complaints
	wide := []string{"ListStreams", "NetworkInterfaces", "RegistryLogin"} // actions that know no resource
	statements := func(id string, document any) {
		for _, st := range list(at(document, "Statement")) {
			sid := text(at(st, "Sid"))
			if at(st, "NotAction") != nil || at(st, "NotResource") != nil || at(st, "NotPrincipal") != nil {
				c.add("%s: %s allows what it does not name", id, sid)
			}
			for _, a := range list(at(st, "Action")) {
				if strings.Contains(text(a), "*") {
					c.add("%s: action %s", id, a)
				}
			}
			for _, r := range list(at(st, "Resource")) {
				if t := text(r); strings.Contains(strings.TrimSuffix(t, "/*"), "*") && (t != "*" || !slices.Contains(wide, sid)) {
					c.add("%s: %s is for %s", id, sid, t)
				}
			}
			if p := at(st, "Principal"); p != nil && at(p, "Service") == nil && sid != "ImageLayers" {
				c.add("%s: principal %v", id, p)
			}
		}
	}
	for id, r := range s.resources {
		switch r.Type {
		case "AWS::IAM::Role":
			statements(id, r.at("AssumeRolePolicyDocument"))
			for _, p := range list(r.at("Policies")) {
				statements(id, at(p, "PolicyDocument"))
			}
			if r.at("ManagedPolicyArns") != nil {
				c.add("%s: a managed policy allows more than is seen here", id)
			}
		case "AWS::EC2::VPCEndpoint":
			statements(id, r.at("PolicyDocument"))
			if r.at("VpcEndpointType") == "Gateway" && r.at("PolicyDocument") == nil {
				c.add("%s: no policy means everything", id)
			}
		case "AWS::ECS::TaskDefinition":
			if r.at("TaskRoleArn") != nil {
				c.add("%s: has a role, and calls nothing", id)
			}
		}
	}
	return c
}

// physical are the properties that would name a resource in its account, so that there could be only one.
var physical = map[string]string{
	"AWS::Kinesis::Stream": "Name", "AWS::S3::Bucket": "BucketName", "AWS::Logs::LogGroup": "LogGroupName", "AWS::IAM::Role": "RoleName",
	"AWS::Lambda::Function": "FunctionName", "AWS::ECS::Cluster": "ClusterName", "AWS::ECS::Service": "ServiceName", "AWS::ECS::TaskDefinition": "Family",
	"AWS::ElasticLoadBalancingV2::LoadBalancer": "Name", "AWS::ElasticLoadBalancingV2::TargetGroup": "Name", "AWS::EC2::SecurityGroup": "GroupName",
	"AWS::Cognito::UserPool": "UserPoolName", "AWS::Cognito::UserPoolDomain": "Domain", "AWS::SecretsManager::Secret": "Name", "AWS::CloudWatch::Alarm": "AlarmName",
	"AWS::CloudWatch::Dashboard": "DashboardName", "AWS::ElastiCache::ReplicationGroup": "ReplicationGroupId", "AWS::ElastiCache::ServerlessCache": "ServerlessCacheName",
	"AWS::ElastiCache::SubnetGroup": "CacheSubnetGroupName", "AWS::ElastiCache::ParameterGroup": "CacheParameterGroupName",
	"AWS::ServiceDiscovery::PrivateDnsNamespace": "Name",
}

func noPhysicalNames(s *scenario) []string {
	var c complaints
	for id, r := range s.resources {
		if name := text(r.at(physical[r.Type])); name != "" && !strings.Contains(name, stackSuffix) {
			c.add("%s has the physical name %s", id, name)
		}
	}
	for id, o := range s.tree.Outputs {
		if at(o, "Export") != nil {
			c.add("output %s is exported by a name", id)
		}
	}
	return c
}

// kept is what becomes of resources that hold something, when their stack or a replacement would take it. Reasons for what is
// not Retain are in the template.
var kept = map[string]string{
	"AWS::Kinesis::Stream": "Retain", "AWS::S3::Bucket": "Retain", "AWS::SecretsManager::Secret": "Retain", "AWS::Cognito::UserPool": "Retain",
	"AWS::Cognito::UserPoolDomain": "Retain", "AWS::Cognito::UserPoolResourceServer": "Retain", "AWS::ElastiCache::ReplicationGroup": "Snapshot",
	"AWS::ElastiCache::ServerlessCache": "Delete", "AWS::Logs::LogGroup": "Delete",
}

// held are types that would hold something, too, and are not used: one that is has to be decided on.
var held = regexp.MustCompile(`DynamoDB|RDS|EFS|SQS|SNS|KMS|ECR|SSM|DocDB|Neptune|Backup|ElastiCache::CacheCluster`)

func retained(s *scenario) []string {
	var c complaints
	for id, r := range s.resources {
		if want := kept[r.Type]; want != r.DeletionPolicy || want != r.UpdateReplacePolicy {
			c.add("%s: DeletionPolicy %q, UpdateReplacePolicy %q, want %q", id, r.DeletionPolicy, r.UpdateReplacePolicy, want)
		}
		if held.MatchString(r.Type) {
			c.add("%s: decide what becomes of %s", id, r.Type)
		}
	}
	return c
}

func logsEnd(s *scenario) []string {
	var c complaints
	groups := s.of("AWS::Logs::LogGroup")
	for id, r := range groups {
		if r.at("RetentionInDays") == nil {
			c.add("%s: kept for ever", id)
		}
	}
	ours := func(id string, group any) {
		if _, ok := groups[text(group)]; !ok {
			c.add("%s: logs to %q, which nobody ends", id, text(group))
		}
	}
	for id, r := range s.of("AWS::Lambda::Function") {
		ours(id, r.at("LoggingConfig", "LogGroup"))
	}
	for id, r := range s.of("AWS::ECS::TaskDefinition") {
		for _, d := range list(r.at("ContainerDefinitions")) {
			ours(id, at(d, "LogConfiguration", "Options", "awslogs-group"))
		}
	}
	return c
}

func encryptedAtRest(s *scenario) []string {
	var c complaints
	for id, r := range s.resources {
		switch r.Type {
		case "AWS::Kinesis::Stream":
			if r.at("StreamEncryption", "EncryptionType") != "KMS" {
				c.add("%s: not encrypted", id)
			}
		case "AWS::S3::Bucket":
			if r.at("BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm") == nil {
				c.add("%s: not encrypted", id)
			}
		case "AWS::ElastiCache::ReplicationGroup":
			if r.at("AtRestEncryptionEnabled") != true {
				c.add("%s: not encrypted", id)
			}
		}
	}
	return c
}

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

func failuresAreKept(s *scenario) []string {
	var c complaints
	for id, r := range s.of("AWS::Lambda::EventSourceMapping") {
		if !strings.HasPrefix(text(r.at("DestinationConfig", "OnFailure", "Destination")), "FailureBucket") {
			c.add("%s: what fails is gone", id)
		}
		if text(r.at("FunctionResponseTypes")) != "[ReportBatchItemFailures]" || r.at("BisectBatchOnFunctionError") != true {
			c.add("%s: one bad record takes its batch with it", id)
		}
		if age, _ := strconv.Atoi(text(r.at("MaximumRecordAgeInSeconds"))); age <= 0 || age >= 24*3600 {
			c.add("%s: tries for %d s, longer than the stream keeps records", id, age)
		}
		mapping, function := text(r.at("ParallelizationFactor")), text(s.resources["Consumer"].at("Environment", "Variables", "SPILLWAY_PARALLELIZATION"))
		if mapping == "" || mapping != function {
			c.add("%s: parallelization %s, the consumer knows of %s", id, mapping, function)
		}
	}
	return c
}

func privateByDefault(s *scenario) []string {
	var c complaints
	for name, want := range map[string]string{"Scheme": "internal", "ClientCidr": "10.0.0.0/8", "AssignPublicIp": "DISABLED"} {
		if got, declared := s.tree.declaredDefault(name); declared && got != want {
			c.add("%s is %s by default", name, got)
		}
	}
	for id, r := range s.of("AWS::EC2::Subnet") {
		if r.at("MapPublicIpOnLaunch") != false {
			c.add("%s: gives public addresses away", id)
		}
	}
	for id, r := range s.of("AWS::S3::Bucket") {
		for _, p := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if r.at("PublicAccessBlockConfiguration", p) != true {
				c.add("%s: %s is not on", id, p)
			}
		}
	}
	for id, r := range s.of("AWS::ECS::Service") {
		if r.at("EnableExecuteCommand") != false {
			c.add("%s: lets operators into its containers", id)
		}
	}
	for id, r := range s.of("AWS::Cognito::UserPool") {
		if r.at("AdminCreateUserConfig", "AllowAdminCreateUserOnly") != true {
			c.add("%s: anybody may sign up", id)
		}
	}
	return c
}

func secretsStaySecret(s *scenario) []string {
	var c complaints
	shown := map[string]string{} // where anybody who may describe a stack or a task reads
	for id, o := range s.outputs {
		shown["output "+id] = text(o)
	}
	for id, r := range s.of("AWS::ECS::TaskDefinition") {
		for _, d := range list(r.at("ContainerDefinitions")) {
			for name, value := range named(at(d, "Environment")) {
				shown[id+" "+name] = value
				if regexp.MustCompile(`CURSOR_KEY|TLS_KEY|PASSWORD|TOKEN`).MatchString(name) {
					c.add("%s: %s is in the clear", id, name)
				}
			}
		}
	}
	for where, value := range shown {
		if strings.Contains(value, "resolve:") || strings.Contains(value, "ClientSecret") || strings.Contains(value, "@") {
			c.add("%s: %s", where, value)
		}
		for id, p := range s.tree.Parameters {
			if at(p, "NoEcho") == true && value == text(s.parameters[id]) && strings.HasPrefix(where, "output") {
				c.add("%s tells the parameter %s", where, id)
			}
		}
	}
	if p := s.tree.Parameters["RedisUrl"]; p != nil && at(p, "NoEcho") != true {
		c.add("RedisUrl may hold a password and is shown")
	}
	if g := s.container(); g != nil && named(g["Secrets"])["SPILLWAY_CURSOR_KEY"] != "CursorKey" {
		c.add("the cursor key is not the secret's")
	}
	return c
}

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// cursorKey: 43 characters of base64's alphabet are 32 bytes without padding. Secrets Manager draws from letters, digits and
// !"#$%&'()*+,-./:;<=>?@[\]^_`{|}~, which is all of ASCII that is not blank.
func cursorKey(s *scenario) []string {
	var c complaints
	for id, r := range s.of("AWS::SecretsManager::Secret") {
		g := r.at("GenerateSecretString")
		var drawn string
		for b := byte('!'); b <= '~'; b++ {
			if !strings.ContainsRune(text(at(g, "ExcludeCharacters")), rune(b)) {
				drawn += string(b)
			}
		}
		same := len(drawn) == len(base64Alphabet) && !strings.ContainsFunc(drawn, func(r rune) bool { return !strings.ContainsRune(base64Alphabet, r) })
		if !same || text(at(g, "PasswordLength")) != "43" || at(g, "IncludeSpace") != false || at(g, "RequireEachIncludedType") != false {
			c.add("%s: draws %v of %s", id, at(g, "PasswordLength"), drawn)
		}
	}
	return c
}

func clientsReadWhatIsGranted(s *scenario) []string {
	var c complaints
	clients := s.of("AWS::Cognito::UserPoolClient")
	if len(clients) == 0 {
		return nil
	}
	granted := map[string]string{"operator": "[spillway/$spillway.>]"}
	for entry := range strings.SplitSeq(text(s.parameters["Grants"]), ";") {
		name, patterns, _ := strings.Cut(entry, "=")
		granted[name] = "[spillway/" + strings.ReplaceAll(patterns, " ", " spillway/") + "]"
	}
	var scopes []string
	for _, scope := range list(s.resources["ResourceServer"].at("Scopes")) {
		scopes = append(scopes, "spillway/"+text(at(scope, "ScopeName")))
	}
	want := 1
	for _, name := range list(s.parameters["Customers"]) {
		if name != "" {
			want++
		}
	}
	if len(clients) != want {
		c.add("%d clients, want %d", len(clients), want)
	}
	for id, r := range clients {
		name := text(r.at("ClientName"))
		if id != "Client"+name && id != "OperatorClient" {
			c.add("%s is not known by its name %s, so it changes hands when others go", id, name)
		}
		if got := text(r.at("AllowedOAuthScopes")); got != granted[name] {
			c.add("%s: scopes %s, granted %s", id, got, granted[name])
		}
		for _, scope := range list(r.at("AllowedOAuthScopes")) {
			if !slices.Contains(scopes, text(scope)) {
				c.add("%s: no scope %s", id, scope)
			}
		}
		if r.at("GenerateSecret") != true || r.at("AllowedOAuthFlowsUserPoolClient") != true || text(r.at("AllowedOAuthFlows")) != "[client_credentials]" {
			c.add("%s: client credentials are off, or others on", id)
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

// written are the names of the metrics that gateway and consumer write, from their sources.
func written(path string) []string {
	source, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(`\{"([A-Z][A-Za-z]+)", "`).FindAllSubmatch(source, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

func scaledByWhatIsMeasured(s *scenario) []string {
	var c complaints
	gateway, consumer := written("../cmd/gateway/emf.go"), written("../pkg/ingest/metrics.go")
	measured := func(id string, m any) {
		if text(at(m, "Namespace")) != "Spillway" {
			return
		}
		by := map[string][]string{"Service": gateway, "Stream": consumer}[text(at(m, "Dimensions", 0, "Name"))]
		if !slices.Contains(by, text(at(m, "MetricName"))) {
			c.add("%s: nobody writes %v by %v", id, at(m, "MetricName"), at(m, "Dimensions"))
		}
	}
	for id, r := range s.of("AWS::CloudWatch::Alarm") {
		measured(id, r.Properties)
		for _, m := range list(r.at("Metrics")) {
			measured(id, at(m, "MetricStat", "Metric"))
		}
	}
	for id, r := range s.of("AWS::CloudWatch::Dashboard") {
		for _, m := range regexp.MustCompile(`\["Spillway", "(\w+)", "(\w+)"`).FindAllStringSubmatch(text(r.at("DashboardBody")), -1) {
			measured(id, map[string]any{"Namespace": "Spillway", "MetricName": m[1], "Dimensions": []any{map[string]any{"Name": m[2]}}})
		}
	}
	policies := s.of("AWS::ApplicationAutoScaling::ScalingPolicy")
	for id, r := range policies {
		tracking := r.at("TargetTrackingScalingPolicyConfiguration")
		measured(id, at(tracking, "CustomizedMetricSpecification"))
		if seconds, _ := strconv.Atoi(text(at(tracking, "ScaleInCooldown"))); seconds < 600 {
			c.add("%s: scales in after %d s, and moves streams each time", id, seconds)
		}
	}
	if gateway := s.container(); gateway != nil {
		m := s.resources["ScalingByStreams"].at("TargetTrackingScalingPolicyConfiguration", "CustomizedMetricSpecification")
		if service := named(gateway["Environment"])["SPILLWAY_METRICS_SERVICE"]; service == "" || service != named(at(m, "Dimensions"))["Service"] || at(m, "Statistic") != "Average" {
			c.add("scaled by %v, but the gateway writes for %q", m, service)
		}
	}
	return c
}

func alarmsTell(s *scenario) []string {
	var c complaints
	want := text(s.parameters["AlarmTopicArn"])
	for id, r := range s.of("AWS::CloudWatch::Alarm") {
		for _, actions := range []string{"AlarmActions", "OKActions"} {
			if got := text(at(r.Properties, actions, 0)); got != want {
				c.add("%s: %s %q, want %q", id, actions, got, want)
			}
		}
		if r.at("TreatMissingData") == nil {
			c.add("%s: does not say what silence means", id)
		}
	}
	return c
}

func redisEvictsNothing(s *scenario) []string {
	var c complaints
	for id, r := range s.of("AWS::ElastiCache::ReplicationGroup") {
		group := s.resources[text(r.at("CacheParameterGroupName"))]
		if group.at("Properties", "maxmemory-policy") != "noeviction" {
			c.add("%s: evicts", id)
		}
		if text(r.at("NumCacheClusters")) != "2" || r.at("AutomaticFailoverEnabled") != true || r.at("MultiAZEnabled") != true {
			c.add("%s: is lost with a node", id)
		}
	}
	for id, r := range s.of("AWS::ECS::TaskDefinition") {
		command := text(r.at("ContainerDefinitions", 0, "Command"))
		if strings.Contains(command, "redis-server") && !strings.Contains(command, "--maxmemory-policy noeviction") {
			c.add("%s: evicts", id)
		}
	}
	return c
}

func dashboardIsJSON(s *scenario) []string {
	var c complaints
	for id, r := range s.of("AWS::CloudWatch::Dashboard") {
		var body struct{ Widgets []map[string]any }
		if err := json.Unmarshal([]byte(text(r.at("DashboardBody"))), &body); err != nil || len(body.Widgets) == 0 {
			c.add("%s: %d widgets, %v", id, len(body.Widgets), err)
		}
	}
	return c
}

// sortedPolicies are the names of the policies.
func sortedPolicies() []string { return slices.Sorted(maps.Keys(policies)) }
