package inert

import (
	"strings"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
)

const (
	typeNamespace = "AWS::ServiceDiscovery::PrivateDnsNamespace"
	typeNames     = "AWS::ServiceDiscovery::Service"
)

func discoveryKinds() map[string]kind {
	return map[string]kind{
		typeNamespace: {references: []reference{{"Vpc", typeVPC}}, make: func(a *Account, _ cloudformation.Request) (made, error) {
			id := wordID("ns")
			return made{id: id, attributes: map[string]any{
				"Id": id, "Arn": a.arn("servicediscovery", "namespace/"+id), "HostedZoneId": "Z" + cloudformation.RandomID(20),
			}}, nil
		}},
		typeNames: {
			references: []reference{{"NamespaceId", typeNamespace}, {"DnsConfig.NamespaceId", typeNamespace}},
			make: func(a *Account, r cloudformation.Request) (made, error) {
				id := wordID("srv")
				arn := a.arn("servicediscovery", "service/"+id)
				return made{id: id, attributes: map[string]any{"Id": id, "Arn": arn, "Name": text(r.Properties, "Name")}, aliases: []string{arn}}, nil
			},
		},
	}
}

// HostName is the name by which the instances of a Cloud Map service are found, of which the ARN is given; ok is false where
// there is no such service. Nobody resolves it: whoever starts what registers there says it to those who look for it.
func (a *Account) HostName(serviceARN string) (name string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	service, ok := a.find(typeNames, serviceARN)
	if !ok {
		return "", false
	}
	id := text(service.properties, "NamespaceId")
	if inner, isMap := service.properties["DnsConfig"].(map[string]any); isMap && id == "" {
		id = text(inner, "NamespaceId")
	}
	namespace, ok := a.find(typeNamespace, id)
	return strings.TrimSuffix(text(service.properties, "Name")+"."+text(namespace.properties, "Name"), "."), ok
}
