package templates

import (
	"regexp"
	"slices"
	"strings"
)

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
		case cidr != "" && !out && (id != "LoadBalancerSecurityGroup" || from != text(s.Parameters["ListenPort"])):
			c.add("%s: in from %s", id, cidr)
		}
	}
	for id, r := range s.Of("AWS::EC2::SecurityGroup") {
		if len(list(r.At("SecurityGroupEgress"))) == 0 {
			c.add("%s: no rule for the way out means everywhere", id)
		}
		for _, e := range list(r.At("SecurityGroupIngress")) {
			rule(id, e, false)
		}
		for _, e := range list(r.At("SecurityGroupEgress")) {
			rule(id, e, true)
		}
	}
	for id, r := range s.Of("AWS::EC2::SecurityGroupIngress") {
		rule(id, r.Properties, false)
	}
	for id, r := range s.Of("AWS::EC2::SecurityGroupEgress") {
		rule(id, r.Properties, true)
	}
	public := map[string]bool{} // route tables
	for _, r := range s.Of("AWS::EC2::Route") {
		if r.At("GatewayId") != nil {
			public[text(r.At("RouteTableId"))] = true
		}
	}
	for id, r := range s.Of("AWS::EC2::SubnetRouteTableAssociation") {
		if public[text(r.At("RouteTableId"))] && strings.HasPrefix(text(r.At("SubnetId")), "Private") {
			c.add("%s: a private subnet is public", id)
		}
	}
	for id, r := range s.Of("AWS::ElasticLoadBalancingV2::LoadBalancer") {
		if len(list(r.At("SecurityGroups"))) != 1 {
			c.add("%s: no security group, and none can be added later", id)
		}
	}
	return c
}

// permitting are types that would permit something, too, and are not used: one that is has to be looked at here.
var permitting = regexp.MustCompile(`^AWS::IAM::|Permission|Policy$|^AWS::KMS::Key|^AWS::S3::AccessPoint`)

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
	for id, r := range s.Resources {
		switch r.Type {
		case "AWS::IAM::Role":
			statements(id, r.At("AssumeRolePolicyDocument"))
			for _, p := range list(r.At("Policies")) {
				statements(id, at(p, "PolicyDocument"))
			}
			if r.At("ManagedPolicyArns") != nil {
				c.add("%s: a managed policy allows more than is seen here", id)
			}
		case "AWS::EC2::VPCEndpoint":
			statements(id, r.At("PolicyDocument"))
			if r.At("VpcEndpointType") == "Gateway" && r.At("PolicyDocument") == nil {
				c.add("%s: no policy means everything", id)
			}
		case "AWS::ECS::TaskDefinition":
			if r.At("TaskRoleArn") != nil {
				c.add("%s: has a role, and calls nothing", id)
			}
		case "AWS::ApplicationAutoScaling::ScalingPolicy": // says when, and not who
		default:
			walk(r.Properties, func(m map[string]any) {
				if m["Statement"] != nil {
					c.add("%s: permissions in %s, which are not looked at", id, r.Type)
				}
			})
			if permitting.MatchString(r.Type) {
				c.add("%s: permissions by %s, which are not looked at", id, r.Type)
			}
		}
	}
	return c
}

func privateByDefault(s *scenario) []string {
	var c complaints
	for name, want := range map[string]string{"Scheme": "internal", "ClientCidr": "10.0.0.0/8", "AssignPublicIp": "DISABLED"} {
		if got, declared := s.Template.Default(name); declared && got != want {
			c.add("%s is %s by default", name, got)
		}
	}
	for id, r := range s.Of("AWS::EC2::Subnet") {
		if r.At("MapPublicIpOnLaunch") != false {
			c.add("%s: gives public addresses away", id)
		}
	}
	for id, r := range s.Of("AWS::S3::Bucket") {
		for _, p := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if r.At("PublicAccessBlockConfiguration", p) != true {
				c.add("%s: %s is not on", id, p)
			}
		}
	}
	for id, r := range s.Of("AWS::ECS::Service") {
		if r.At("EnableExecuteCommand") != false {
			c.add("%s: lets operators into its containers", id)
		}
	}
	for id, r := range s.Of("AWS::Cognito::UserPool") {
		if r.At("AdminCreateUserConfig", "AllowAdminCreateUserOnly") != true {
			c.add("%s: anybody may sign up", id)
		}
	}
	return c
}

func secretsStaySecret(s *scenario) []string {
	var c complaints
	shown := map[string]string{} // where anybody who may describe a stack or a task reads
	for id, o := range s.Outputs {
		shown["output "+id] = text(o)
	}
	for id, r := range s.Of("AWS::ECS::TaskDefinition") {
		for _, d := range list(r.At("ContainerDefinitions")) {
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
		for id, p := range s.Template.Parameters {
			if at(p, "NoEcho") == true && value == text(s.Parameters[id]) && strings.HasPrefix(where, "output") {
				c.add("%s tells the parameter %s", where, id)
			}
		}
	}
	if p := s.Template.Parameters["RedisUrl"]; p != nil && at(p, "NoEcho") != true {
		c.add("RedisUrl may hold a password and is shown")
	}
	if g := container(s); g != nil && named(g["Secrets"])["SPILLWAY_CURSOR_KEY"] != "CursorKey" {
		c.add("the cursor key is not the secret's")
	}
	return c
}

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// cursorKey: 43 characters of base64's alphabet are 32 bytes without padding. Secrets Manager draws from letters, digits and
// !"#$%&'()*+,-./:;<=>?@[\]^_`{|}~, which is all of ASCII that is not blank.
func cursorKey(s *scenario) []string {
	var c complaints
	for id, r := range s.Of("AWS::SecretsManager::Secret") {
		g := r.At("GenerateSecretString")
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
	clients := s.Of("AWS::Cognito::UserPoolClient")
	if len(clients) == 0 {
		return nil
	}
	granted := map[string]string{"operator": "[spillway/$spillway.>]"}
	for entry := range strings.SplitSeq(text(s.Parameters["Grants"]), ";") {
		name, patterns, _ := strings.Cut(entry, "=")
		granted[name] = "[spillway/" + strings.ReplaceAll(patterns, " ", " spillway/") + "]"
	}
	var scopes []string
	for _, scope := range list(s.Resources["ResourceServer"].At("Scopes")) {
		scopes = append(scopes, "spillway/"+text(at(scope, "ScopeName")))
	}
	want := 1
	for _, name := range list(s.Parameters["Customers"]) {
		if name != "" {
			want++
		}
	}
	if len(clients) != want {
		c.add("%d clients, want %d", len(clients), want)
	}
	for id, r := range clients {
		name := text(r.At("ClientName"))
		if id != "Client"+name && id != "OperatorClient" {
			c.add("%s is not known by its name %s, so it changes hands when others go", id, name)
		}
		if got := text(r.At("AllowedOAuthScopes")); got != granted[name] {
			c.add("%s: scopes %s, granted %s", id, got, granted[name])
		}
		for _, scope := range list(r.At("AllowedOAuthScopes")) {
			if !slices.Contains(scopes, text(scope)) {
				c.add("%s: no scope %s", id, scope)
			}
		}
		if r.At("GenerateSecret") != true || r.At("AllowedOAuthFlowsUserPoolClient") != true || text(r.At("AllowedOAuthFlows")) != "[client_credentials]" {
			c.add("%s: client credentials are off, or others on", id)
		}
	}
	return c
}
