package ecs

import (
	"context"
	"slices"
)

// CreateServiceInput says what to make.
type CreateServiceInput struct {
	Cluster                       string                  `json:"cluster"`
	ServiceName                   string                  `json:"serviceName"`
	TaskDefinition                string                  `json:"taskDefinition"`
	LoadBalancers                 []LoadBalancer          `json:"loadBalancers"`
	ServiceRegistries             []ServiceRegistry       `json:"serviceRegistries"`
	DesiredCount                  *int                    `json:"desiredCount"`
	ClientToken                   string                  `json:"clientToken"`
	LaunchType                    string                  `json:"launchType"`
	PlatformVersion               string                  `json:"platformVersion"`
	DeploymentConfiguration       DeploymentConfiguration `json:"deploymentConfiguration"`
	NetworkConfiguration          *NetworkConfiguration   `json:"networkConfiguration"`
	HealthCheckGracePeriodSeconds *int                    `json:"healthCheckGracePeriodSeconds"`
	SchedulingStrategy            string                  `json:"schedulingStrategy"`
	DeploymentController          *DeploymentController   `json:"deploymentController"`
	Tags                          []Tag                   `json:"tags"`
	EnableECSManagedTags          bool                    `json:"enableECSManagedTags"`
	PropagateTags                 string                  `json:"propagateTags"`
	EnableExecuteCommand          bool                    `json:"enableExecuteCommand"`
	AvailabilityZoneRebalancing   string                  `json:"availabilityZoneRebalancing"`
}

// ServiceOutput is a service.
type ServiceOutput struct {
	Service Service `json:"service"`
}

// CreateService makes a service and begins to start its tasks.
func (e *Emulator) CreateService(_ context.Context, in CreateServiceInput) (ServiceOutput, error) {
	if err := in.check(); err != nil {
		return ServiceOutput{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c, err := e.findCluster(in.Cluster)
	if err != nil {
		return ServiceOutput{}, err
	}
	td := e.findDefinition(in.TaskDefinition)
	if td == nil || td.Status != statusActive {
		return ServiceOutput{}, client(messageNoTaskDef)
	}
	if err := e.checkBindings(td, in.LoadBalancers, in.ServiceRegistries); err != nil {
		return ServiceOutput{}, err
	}
	key := serviceKey{c.ClusterName, in.ServiceName}
	switch old := e.services[key]; {
	case old != nil && old.Status != statusInactive:
		return ServiceOutput{}, invalid(messageNotIdempotent)
	case old == nil && len(e.services) >= MaxServices:
		return ServiceOutput{}, errorf(CodeLimit, "The sandbox has at most %d services.", MaxServices)
	case e.closed:
		return ServiceOutput{}, errorf(CodeServer, "The sandbox is stopping.")
	}
	svc := in.service(c)
	svc.ServiceArn = e.arn("service", c.ClusterName+"/"+in.ServiceName)
	svc.deploy(td)
	e.services[key] = svc
	e.spawn(func(ctx context.Context) { e.schedule(ctx, svc) })
	return ServiceOutput{e.showService(svc)}, nil
}

func (in CreateServiceInput) service(c *cluster) *service {
	if in.AvailabilityZoneRebalancing == "" {
		in.AvailabilityZoneRebalancing = "ENABLED"
	}
	if in.PlatformVersion == "" {
		in.PlatformVersion = "LATEST"
	}
	if in.PropagateTags == "" {
		in.PropagateTags = "NONE"
	}
	in.DeploymentConfiguration.Strategy = "ROLLING"
	least, most := in.DeploymentConfiguration.percents()
	in.DeploymentConfiguration.MinimumHealthyPercent, in.DeploymentConfiguration.MaximumPercent = &least, &most
	return &service{cluster: c, kick: make(chan struct{}, 1), Service: Service{
		ServiceName: in.ServiceName, ClusterArn: c.ClusterArn, LoadBalancers: in.LoadBalancers, ServiceRegistries: in.ServiceRegistries,
		Status: statusActive, DesiredCount: orDefault(in.DesiredCount, 1), LaunchType: launchFargate, PlatformVersion: in.PlatformVersion,
		PlatformFamily: "Linux", DeploymentConfiguration: in.DeploymentConfiguration, CreatedAt: now(),
		NetworkConfiguration: *in.NetworkConfiguration, HealthCheckGracePeriodSeconds: in.HealthCheckGracePeriodSeconds,
		SchedulingStrategy: replicaStrategy, DeploymentController: DeploymentController{"ECS"}, Tags: in.Tags,
		EnableECSManagedTags: in.EnableECSManagedTags, PropagateTags: in.PropagateTags,
		AvailabilityZoneRebalancing: in.AvailabilityZoneRebalancing, Events: []ServiceEvent{},
	}}
}

func (in CreateServiceInput) check() *Error {
	switch {
	case !nameExpr.MatchString(in.ServiceName):
		return invalid("Service name must have 1 to 255 letters, digits, hyphens and underscores, not %.100q.", in.ServiceName)
	case in.LaunchType != launchFargate:
		return unsupported("The launch type %.40q", in.LaunchType)
	case in.SchedulingStrategy != "" && in.SchedulingStrategy != replicaStrategy:
		return unsupported("The scheduling strategy %.40q", in.SchedulingStrategy)
	case in.DeploymentController != nil && in.DeploymentController.Type != "ECS":
		return unsupported("The deployment controller %.40q", in.DeploymentController.Type)
	case in.EnableExecuteCommand:
		return unsupported("enableExecuteCommand")
	case orDefault(in.DesiredCount, 1) < 0:
		return invalid("desiredCount must not be negative.")
	}
	if err := in.NetworkConfiguration.check(); err != nil {
		return err
	}
	if err := checkPlatform(in.PlatformVersion); err != nil {
		return err
	}
	if err := checkGrace(in.HealthCheckGracePeriodSeconds, in.LoadBalancers); err != nil {
		return err
	}
	return in.DeploymentConfiguration.check()
}

func checkPlatform(version string) *Error {
	if !slices.Contains([]string{"", "LATEST", "1.4.0", "1.3.0"}, version) {
		return errorf(CodePlatformUnknown, "The specified platform version %.40q does not exist.", version)
	}
	return nil
}

// checkGrace holds to the rules of the grace of health checks.
func checkGrace(seconds *int, lbs []LoadBalancer) *Error {
	switch {
	case seconds == nil:
		return nil
	case *seconds < 0:
		return invalid("healthCheckGracePeriodSeconds must not be negative.")
	case len(lbs) == 0:
		return invalid("Health check grace period is only valid for services configured to use load balancers")
	}
	return nil
}

// checkBindings holds to what target groups and registries of a service must be; e.mu is held.
func (e *Emulator) checkBindings(td *taskDefinition, lbs []LoadBalancer, registries []ServiceRegistry) *Error {
	for _, lb := range lbs {
		c := td.container(lb.ContainerName)
		if c == nil {
			return invalid("The container %.100s does not exist in the task definition.", lb.ContainerName)
		}
		if !slices.ContainsFunc(c.PortMappings, func(p PortMapping) bool { return p.ContainerPort == lb.ContainerPort }) {
			return invalid("The container %s did not have a container port %d defined.", lb.ContainerName, lb.ContainerPort)
		}
		if e.cfg.LoadBalancers == nil {
			return unsupported("A service with a load balancer")
		}
		attached, ok := e.cfg.LoadBalancers.Attached(lb.TargetGroupArn)
		if !ok {
			return invalid("The specified target group %.200s does not exist.", lb.TargetGroupArn)
		}
		if !attached {
			return invalid("The target group with targetGroupArn %s does not have an associated load balancer.", lb.TargetGroupArn)
		}
	}
	if len(registries) > 1 {
		return invalid("serviceRegistries cannot have more than 1 elements.")
	}
	if len(registries) > 0 && e.cfg.Registries == nil {
		return unsupported("A service with a service registry")
	}
	for _, r := range registries {
		if !e.cfg.Registries.Exists(r.RegistryArn) {
			return invalid("The service registry %.200s does not exist.", r.RegistryArn)
		}
	}
	return nil
}
