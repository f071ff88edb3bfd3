package sandbox

import (
	"context"
	"errors"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/servicediscovery"
)

// namespaceResource makes AWS::ServiceDiscovery::PrivateDnsNamespace. Tags are ignored.
type namespaceResource struct{ discovery *servicediscovery.Emulator }

type namespaceProperties struct {
	Name, Vpc, Description string
	Properties             struct {
		DnsProperties struct{ SOA struct{ TTL int } }
	}
}

// Create implements cloudformation.Provisioner.
func (n namespaceResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p namespaceProperties
	if err := decode(r, &p, "Tags"); err != nil {
		return cloudformation.Result{}, err
	}
	made, err := n.discovery.CreatePrivateDnsNamespace(ctx, servicediscovery.CreatePrivateDnsNamespaceInput{
		Name: p.Name, Vpc: p.Vpc, Description: p.Description, SOATTL: p.Properties.DnsProperties.SOA.TTL,
	})
	if err != nil {
		return cloudformation.Result{}, discoveryError(err)
	}
	return cloudformation.Result{PhysicalID: made.Id, Attributes: map[string]any{
		"Id": made.Id, "Arn": made.Arn, "HostedZoneId": made.Properties.DnsProperties.HostedZoneId,
	}}, nil
}

// Update implements cloudformation.Provisioner.
func (n namespaceResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p namespaceProperties
	if err := decode(r, &p, "Tags"); err != nil {
		return cloudformation.Result{}, err
	}
	err := n.discovery.UpdatePrivateDnsNamespace(ctx, r.PhysicalID, p.Description, p.Properties.DnsProperties.SOA.TTL)
	return cloudformation.Result{PhysicalID: r.PhysicalID}, discoveryError(err)
}

// Delete implements cloudformation.Provisioner.
func (n namespaceResource) Delete(ctx context.Context, r cloudformation.Request) error {
	return discoveryError(n.discovery.DeleteNamespace(ctx, r.PhysicalID))
}

// nameResource makes AWS::ServiceDiscovery::Service. Tags are ignored.
type nameResource struct{ discovery *servicediscovery.Emulator }

// Create implements cloudformation.Provisioner.
func (n nameResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p servicediscovery.CreateServiceInput
	if err := decode(r, &p, "Tags"); err != nil {
		return cloudformation.Result{}, err
	}
	made, err := n.discovery.CreateService(ctx, p)
	if err != nil {
		return cloudformation.Result{}, discoveryError(err)
	}
	return cloudformation.Result{PhysicalID: made.Id, Attributes: map[string]any{"Id": made.Id, "Arn": made.Arn, "Name": made.Name}}, nil
}

// Update implements cloudformation.Provisioner.
func (n nameResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p servicediscovery.CreateServiceInput
	if err := decode(r, &p, "Tags"); err != nil {
		return cloudformation.Result{}, err
	}
	if p.DnsConfig == nil {
		return cloudformation.Result{}, invalid("%s: a service that DNS does not know is not supported by the sandbox", r.LogicalID)
	}
	return cloudformation.Result{PhysicalID: r.PhysicalID}, discoveryError(n.discovery.UpdateService(ctx, r.PhysicalID, p.Description, *p.DnsConfig))
}

// Delete implements cloudformation.Provisioner.
func (n nameResource) Delete(ctx context.Context, r cloudformation.Request) error {
	return discoveryError(n.discovery.DeleteService(ctx, r.PhysicalID))
}

// discoveryError gives an error of Cloud Map the code that a resource handler would.
func discoveryError(err error) error {
	var e *servicediscovery.Error
	if !errors.As(err, &e) {
		return err
	}
	code := cloudformation.CodeInvalidRequest
	switch e.Code {
	case servicediscovery.CodeNoNamespace, servicediscovery.CodeNoService:
		code = cloudformation.CodeNotFound
	case servicediscovery.CodeNamespaceExists, servicediscovery.CodeServiceExists:
		code = cloudformation.CodeAlreadyExists
	}
	return &cloudformation.HandlerError{Code: code, Message: e.Message}
}
