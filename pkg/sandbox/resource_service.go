package sandbox

import (
	"context"
	"errors"

	"github.com/spillway/spillway/pkg/sandbox/cloudformation"
	"github.com/spillway/spillway/pkg/sandbox/ecs"
)

// breakerMessage is what CloudFormation says of a service whose circuit breaker has tripped.
const breakerMessage = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."

// serviceResource makes AWS::ECS::Service: it waits until the service is steady, and fails when the circuit breaker trips.
type serviceResource struct{ ecs *ecs.Emulator }

// serviceProperties are the members of CreateService, and what begins a deployment without another change.
type serviceProperties struct {
	ecs.CreateServiceInput
	ForceNewDeployment *struct {
		EnableForceNewDeployment bool
		ForceNewDeploymentNonce  string
	}
}

// Create implements cloudformation.Provisioner.
func (s serviceResource) Create(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p serviceProperties
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	if p.ServiceName == "" {
		p.ServiceName = cloudformation.PhysicalName(r, maxECSName)
	}
	out, err := s.ecs.CreateService(ctx, p.CreateServiceInput)
	if err != nil {
		return cloudformation.Result{}, ecsError(err)
	}
	svc := out.Service
	return cloudformation.Result{PhysicalID: svc.ServiceArn, Attributes: map[string]any{"Name": svc.ServiceName, "ServiceArn": svc.ServiceArn}},
		s.await(ctx, p.Cluster, svc.ServiceArn, s.ecs.AwaitSteady)
}

// await waits for a service within its timeout.
func (s serviceResource) await(ctx context.Context, cluster, service string, until func(context.Context, string, string) error) error {
	ctx, cancel := context.WithTimeout(ctx, serviceTimeout)
	defer cancel()
	err := until(ctx, cluster, service)
	if errors.Is(err, ecs.ErrDeploymentFailed) {
		return &cloudformation.HandlerError{Message: breakerMessage} // with the code of a general error, as on AWS
	}
	return ecsError(err)
}

// Update implements cloudformation.Provisioner. A change of tags has no effect. Where the template has no desired count, the one that scaling has set stays.
func (s serviceResource) Update(ctx context.Context, r cloudformation.Request) (cloudformation.Result, error) {
	var p serviceProperties
	if err := decode(r, &p); err != nil {
		return cloudformation.Result{}, err
	}
	_, err := s.ecs.UpdateService(ctx, ecs.UpdateServiceInput{
		Cluster: p.Cluster, Service: r.PhysicalID, DesiredCount: p.DesiredCount, TaskDefinition: p.TaskDefinition,
		DeploymentConfiguration: &p.DeploymentConfiguration, NetworkConfiguration: p.NetworkConfiguration, PlatformVersion: p.PlatformVersion,
		ForceNewDeployment:            p.ForceNewDeployment != nil && p.ForceNewDeployment.EnableForceNewDeployment && changed(r, "ForceNewDeployment"),
		HealthCheckGracePeriodSeconds: p.HealthCheckGracePeriodSeconds, LoadBalancers: p.LoadBalancers, ServiceRegistries: p.ServiceRegistries,
		EnableExecuteCommand: &p.EnableExecuteCommand, EnableECSManagedTags: &p.EnableECSManagedTags, PropagateTags: p.PropagateTags,
		AvailabilityZoneRebalancing: p.AvailabilityZoneRebalancing,
	})
	if err != nil {
		return cloudformation.Result{}, ecsError(err)
	}
	return cloudformation.Result{PhysicalID: r.PhysicalID}, s.await(ctx, p.Cluster, r.PhysicalID, s.ecs.AwaitSteady)
}

// Delete implements cloudformation.Provisioner.
func (s serviceResource) Delete(ctx context.Context, r cloudformation.Request) error {
	cluster := ecs.ClusterOf(r.PhysicalID)
	if _, err := s.ecs.DeleteService(ctx, ecs.DeleteServiceInput{Cluster: cluster, Service: r.PhysicalID, Force: true}); err != nil {
		return ecsError(err)
	}
	return s.await(ctx, cluster, r.PhysicalID, s.ecs.AwaitInactive)
}
