package evaluate

import (
	"fmt"
	"maps"
)

const (
	digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	topic  = "arn:aws:sns:us-east-1:123456789012:topic"
	tls    = "arn:aws:secretsmanager:us-east-1:123456789012:secret:tls-AbCdEf"
)

// required are values of the parameters that have no default, of any template.
func required() map[string]string {
	return map[string]string{
		"VPCID": "vpc-1", "LoadBalancerSubnetIds": "subnet-1,subnet-2", "TaskSubnetIds": "subnet-3,subnet-4", "CacheSubnetIds": "subnet-3,subnet-4",
		"LoadBalancerSecurityGroup": "sg-1", "GatewaySecurityGroup": "sg-2", "RedisSecurityGroup": "sg-3",
		"CertificateArn":  "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef",
		"ImageRepository": "spillway/gateway", "ImageDigest": digest, "Issuer": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc",
		"CodeBucket": "code", "CodeKey": "consumer/1.zip", "RedisUrl": "rediss://cache:6379",
		"MetricsService": "spillway", "ClusterName": "cluster", "ServiceName": "service", "LoadBalancerFullName": "net/lb/1", "TargetGroupFullName": "targetgroup/tg/1",
		"RedisId": "redis", "StreamName": "stream", "FunctionName": "function", "EventSourceMappingId": "uuid", "TemplateUrl": "https://templates.example",
	}
}

// choices are the parameters under which a template is looked at, beside its defaults: each of its conditions holds in one and
// not in another.
func choices() map[string][]map[string]string {
	return map[string][]map[string]string{
		"network.yaml": {
			{"Egress": "nat-single"}, {"Egress": "public-ip", "InterfaceEndpoints": "true", "ClientCidr": "0.0.0.0/0", "ListenPort": "8443"},
		},
		"cognito.yaml": {
			{"Customers": "newschannel,institute", "Grants": "institute=weather.us.>;newschannel=weather.us.ny weather.us.nj", "Patterns": "weather.us.ny,weather.us.nj,weather.us.>"},
			{"Customers": "a", "Grants": "aa=0;a=1.* x", "Patterns": "0,1.*,2,3,4,5,6,7,8,9,10,11,12,13,14,x"},
		},
		"gateway.yaml": {
			{"TlsAt": "gateway", "CertificateArn": tls, "RedisMode": "serverless", "ProxyProtocol": "false", "Architecture": "x86_64"},
			{"TlsAt": "gateway", "CertificateArn": tls, "TlsClientCertificates": "true", "RedisMode": "fargate", "DrainWindow": "100s", "Scheme": "internet-facing", "AssignPublicIp": "ENABLED"},
		},
		"data.yaml": {
			{"StreamMode": "PROVISIONED", "SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1", "EventMetrics": "true", "MaxRecordKib": "10240"},
		},
		"watch.yaml": {
			{"AlarmTopicArn": topic, "RedisMode": "serverless", "TlsAt": "gateway"}, {"RedisMode": "fargate"},
		},
		"all-steps.yaml": {
			{"Scheme": "internet-facing", "Customers": "newschannel,institute"},
		},
	}
}

// Scenarios are a template under its defaults and under parameters that together meet and fail each of its conditions. The name is
// the file's.
func Scenarios(name, text string, attributes func(typ string) []string) ([]*Scenario, error) {
	d, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var out []*Scenario
	for _, choice := range append([]map[string]string{{}}, choices()[name]...) {
		s, err := d.under(name, choice, attributes)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Under is a template under parameters; those without a default have a value that is possible.
func Under(name, text string, parameters map[string]string, attributes func(typ string) []string) (*Scenario, error) {
	d, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return d.under(name, parameters, attributes)
}

func (d Template) under(name string, parameters map[string]string, attributes func(typ string) []string) (*Scenario, error) {
	all := map[string]string{}
	for id, v := range required() {
		if d.Parameters[id] != nil {
			all[id] = v
		}
	}
	maps.Copy(all, parameters)
	return Evaluate(name, d, all, attributes)
}
