package ecs

import (
	"context"
	"reflect"
)

// UpdateServiceInput names a service and what to change; what is left out stays.
type UpdateServiceInput struct {
	Cluster                       string                   `json:"cluster"`
	Service                       string                   `json:"service"`
	DesiredCount                  *int                     `json:"desiredCount"`
	TaskDefinition                string                   `json:"taskDefinition"`
	DeploymentConfiguration       *DeploymentConfiguration `json:"deploymentConfiguration"`
	NetworkConfiguration          *NetworkConfiguration    `json:"networkConfiguration"`
	PlatformVersion               string                   `json:"platformVersion"`
	ForceNewDeployment            bool                     `json:"forceNewDeployment"`
	HealthCheckGracePeriodSeconds *int                     `json:"healthCheckGracePeriodSeconds"`
	LoadBalancers                 []LoadBalancer           `json:"loadBalancers"`
	ServiceRegistries             []ServiceRegistry        `json:"serviceRegistries"`
	EnableExecuteCommand          *bool                    `json:"enableExecuteCommand"`
	EnableECSManagedTags          *bool                    `json:"enableECSManagedTags"`
	PropagateTags                 string                   `json:"propagateTags"`
	AvailabilityZoneRebalancing   string                   `json:"availabilityZoneRebalancing"`
}

// UpdateService changes a service. A change of what its tasks are begins a deployment; a change of the desired count or of how
// to deploy does not.
func (e *Emulator) UpdateService(_ context.Context, in UpdateServiceInput) (ServiceOutput, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	svc, err := e.findService(in.Cluster, in.Service)
	switch {
	case err != nil:
		return ServiceOutput{}, err
	case svc.Status != statusActive:
		return ServiceOutput{}, errorf(CodeServiceNotActive, "Service was not ACTIVE.")
	}
	td := svc.primary().definition
	if in.TaskDefinition != "" {
		if td = e.findDefinition(in.TaskDefinition); td == nil || td.Status != statusActive {
			return ServiceOutput{}, client(messageNoTaskDef)
		}
	}
	wanted, err := in.apply(svc.Service)
	if err != nil {
		return ServiceOutput{}, err
	}
	if err := e.checkBindings(td, wanted.LoadBalancers, wanted.ServiceRegistries); err != nil {
		return ServiceOutput{}, err
	}
	anew := in.ForceNewDeployment || td != svc.primary().definition || !sameTasks(svc.Service, wanted)
	if wanted.DesiredCount != svc.DesiredCount {
		svc.steady = false
	}
	svc.Service = wanted
	svc.primary().DesiredCount = svc.DesiredCount
	if anew {
		svc.deploy(td)
	}
	svc.wake()
	return ServiceOutput{e.showService(svc)}, nil
}

// sameTasks tells whether two states of a service have the same tasks.
func sameTasks(a, b Service) bool {
	return reflect.DeepEqual(a.LoadBalancers, b.LoadBalancers) && reflect.DeepEqual(a.ServiceRegistries, b.ServiceRegistries) &&
		reflect.DeepEqual(a.NetworkConfiguration, b.NetworkConfiguration) && a.PlatformVersion == b.PlatformVersion
}

// apply returns a service as it will be.
func (in UpdateServiceInput) apply(svc Service) (Service, *Error) {
	if in.EnableExecuteCommand != nil && *in.EnableExecuteCommand {
		return svc, unsupported("enableExecuteCommand")
	}
	if in.DesiredCount != nil {
		if *in.DesiredCount < 0 {
			return svc, invalid("desiredCount must not be negative.")
		}
		svc.DesiredCount = *in.DesiredCount
	}
	if in.DeploymentConfiguration != nil {
		svc.DeploymentConfiguration = in.DeploymentConfiguration.over(svc.DeploymentConfiguration)
		if err := svc.DeploymentConfiguration.check(); err != nil {
			return svc, err
		}
	}
	if in.NetworkConfiguration != nil {
		if err := in.NetworkConfiguration.check(); err != nil {
			return svc, err
		}
		svc.NetworkConfiguration = *in.NetworkConfiguration
	}
	if in.LoadBalancers != nil {
		svc.LoadBalancers = in.LoadBalancers
	}
	if in.ServiceRegistries != nil {
		svc.ServiceRegistries = in.ServiceRegistries
	}
	if in.HealthCheckGracePeriodSeconds != nil {
		svc.HealthCheckGracePeriodSeconds = in.HealthCheckGracePeriodSeconds
		if err := checkGrace(in.HealthCheckGracePeriodSeconds, svc.LoadBalancers); err != nil {
			return svc, err
		}
	}
	if in.EnableECSManagedTags != nil {
		svc.EnableECSManagedTags = *in.EnableECSManagedTags
	}
	for _, text := range []struct{ dst, src *string }{
		{&svc.PlatformVersion, &in.PlatformVersion}, {&svc.PropagateTags, &in.PropagateTags},
		{&svc.AvailabilityZoneRebalancing, &in.AvailabilityZoneRebalancing},
	} {
		if *text.src != "" {
			*text.dst = *text.src
		}
	}
	return svc, checkPlatform(svc.PlatformVersion)
}

// over is the configuration where it says something, and the old one elsewhere.
func (c DeploymentConfiguration) over(old DeploymentConfiguration) DeploymentConfiguration {
	least, most := old.percents()
	least, most = orDefault(c.MinimumHealthyPercent, least), orDefault(c.MaximumPercent, most)
	c.MinimumHealthyPercent, c.MaximumPercent, c.Strategy = &least, &most, old.Strategy
	return c
}
